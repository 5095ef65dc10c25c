import { invariant } from "../errors.js";
import type { LayerMatrix } from "../lower/matrices.js";
import type { Tensor } from "../tensor.js";

/** The unsigned integers on the word lines: the quantised activation over its scale, plus the zero point. */
export function inputCodes(x: Tensor, matrix: LayerMatrix): Uint8Array {
  const { scale, zeroPoint, bits } = matrix.layer.input;
  const codes = new Uint8Array(x.data.length);
  const top = 2 ** bits - 1;
  for (let i = 0; i < codes.length; i++) {
    // A quantised value is a multiple of the scale but for float rounding, so ties cannot occur.
    const code = Math.round(x.data[i]! / scale) + zeroPoint;
    invariant(code >= 0 && code <= top, `input ${x.data[i]} of "${matrix.name}" is no ${bits}-bit code`);
    codes[i] = code;
  }
  return codes;
}
