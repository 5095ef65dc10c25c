import type { KernelModule } from "../../array/simd/module.js";
import type { InputQuantizer } from "../../graph/types.js";
import { elementCount, type Tensor, tensor } from "../../tensor.js";

/** What a quantiser gave, as its codes: [shape] u8 in the kernels' memory, the first dimension being images. */
export interface Codes {
  readonly kind: "codes";
  readonly at: number;
  readonly shape: readonly number[];
  readonly quantizer: InputQuantizer;
}

export interface Plain {
  readonly kind: "tensor";
  readonly tensor: Tensor;
}

/** A value on its way through the network. */
export type Value = Codes | Plain;

/** Bytes that a kernel may read or write behind the end of a buffer. */
export const slack = 64;

/** The f32 tensor that a value means: code − zero point times the scale, rounded as the quantiser rounds. */
export function asTensor(module: KernelModule, value: Value): Tensor {
  if (value.kind === "tensor") return value.tensor;
  const { zeroPoint, scale } = value.quantizer;
  const step = Math.fround(scale);
  const codes = module.u8(value.at, elementCount(value.shape));
  const data = new Float32Array(codes.length);
  for (let i = 0; i < data.length; i++) data[i] = (codes[i]! - zeroPoint) * step;
  return tensor("f32", value.shape, data);
}

export const sameQuantizer = (a: InputQuantizer, b: InputQuantizer): boolean =>
  a.bits === b.bits && a.scale === b.scale && a.zeroPoint === b.zeroPoint;

/** A quantiser's arithmetic in single precision (graph/evaluate). */
export function quantizerConstants({ bits, scale, zeroPoint }: InputQuantizer) {
  return { perStep: Math.fround(1 / scale), low: 0 - zeroPoint, high: 2 ** bits - 1 - zeroPoint };
}

/** Codes of an f32 tensor. */
export function quantized(module: KernelModule, x: Tensor, quantizer: InputQuantizer): Codes {
  const count = x.data.length;
  const at = module.allocate(count + slack);
  const mark = module.used;
  const source = module.allocate(4 * count + slack);
  module.f32(source, count).set(x.data as Float32Array);
  const { perStep, low, high } = quantizerConstants(quantizer);
  module.exports.quantize(source, perStep, low, high, quantizer.zeroPoint, count, at);
  module.release(mark);
  return { kind: "codes", at, shape: x.shape, quantizer };
}
