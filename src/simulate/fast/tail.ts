import type { KernelModule } from "../../array/simd/module.js";
import type { Plan } from "../../array/simd/plan.js";
import type { Graph } from "../../graph/types.js";
import type { LayerMatrix } from "../../lower/matrices.js";
import type { LayerStep } from "./steps.js";
import { quantizerConstants, slack, type Value } from "./values.js";

/** Where the residual of a layer lies: nothing, codes, or f32 elements. */
export interface Residual {
  readonly kind: 0 | 1 | 2;
  readonly at: number;
  readonly zeroPoint: number;
  readonly step: number;
}

/** The constants of one matrix's outputs. */
interface Channel {
  /** Taken off an accumulator: what the input's zero point added. */
  readonly shift: number;
  readonly bias: number;
  /** Batch norm: ((y − centre) / deviation) · gain + offset */
  readonly centre: number;
  readonly deviation: number;
  readonly gain: number;
  readonly offset: number;
}

/** `Tail` and [columns] `Channel` (array/assembly/digital.ts) in the kernels' memory, and what they are made of. */
export interface TailSpace {
  readonly tail: number;
  readonly channels: number;
  readonly constants: readonly Channel[];
  /** What was written last, since it depends on a residual that is known only as the network runs. */
  written: string;
}

const channelBytes = 80;

export function tailSpace(
  module: KernelModule,
  graph: Graph,
  step: LayerStep,
  matrix: LayerMatrix,
  columnSums: Float64Array,
): TailSpace {
  const stored = (name: string | undefined) => (name ? graph.initializers.get(name)?.data : undefined);
  const bias = stored(step.node.inputs[2]);
  const norm = step.batchNorm;
  const [gain, offset, mean, variance] = norm ? [1, 2, 3, 4].map((i) => stored(norm.inputs[i])!) : [];
  const constants = Array.from({ length: matrix.columns }, (_, c): Channel => {
    const k = matrix.firstOutput + c;
    return {
      shift: matrix.layer.input.zeroPoint * columnSums[c]!,
      bias: bias ? bias[k]! : 0,
      centre: norm ? mean![k]! : 0,
      deviation: norm ? Math.sqrt(variance![k]! + norm.attributes.epsilon) : 1,
      gain: norm ? gain![k]! : 1,
      offset: norm ? offset![k]! : 0,
    };
  });
  return {
    tail: module.allocate(80),
    channels: module.allocate(channelBytes * matrix.columns),
    constants,
    written: "",
  };
}

export function placeResidual(module: KernelModule, residual: Value | null): Residual {
  if (residual === null) return { kind: 0, at: 0, zeroPoint: 0, step: 0 };
  if (residual.kind === "codes") {
    const { zeroPoint, scale } = residual.quantizer;
    return { kind: 1, at: residual.at, zeroPoint, step: Math.fround(scale) };
  }
  const { data } = residual.tensor;
  const at = module.allocate(4 * data.length + slack);
  module.f32(at, data.length).set(data as Float32Array);
  return { kind: 2, at, zeroPoint: 0, step: 0 };
}

/** Writes a matrix's tail into the kernels' memory, unless it is there. */
export function prepareTail(
  module: KernelModule,
  step: LayerStep,
  matrix: LayerMatrix,
  plan: Plan,
  codeBytes: number,
  space: TailSpace,
  residual: Residual,
): void {
  const state = `${residual.kind} ${residual.zeroPoint} ${residual.step}`;
  if (space.written === state) return;
  space.written = state;
  const { program } = plan;
  const { input, weightScale } = matrix.layer;
  const scale = input.scale * weightScale;
  const quantizer = step.quantizer?.attributes;
  const { perStep, low, high } = quantizer ? quantizerConstants(quantizer) : { perStep: 1, low: 0, high: 0 };
  module.f64(space.tail, 3).set([program.adc?.step ?? 1, program.digitalOffset, scale]);
  const words = module.i32(space.tail + 24, 12);
  const floats = module.f32(space.tail + 24, 12);
  words.set([Number(program.adc === null), codeBytes, Number(step.batchNorm !== null), residual.kind]);
  words[4] = residual.zeroPoint;
  floats[5] = residual.step;
  words[6] = Number(step.relu);
  words[7] = Number(quantizer !== undefined);
  floats.set([perStep, low, high], 8);
  words[11] = quantizer?.zeroPoint ?? 0;
  for (const [c, channel] of space.constants.entries()) {
    const at = space.channels + c * channelBytes;
    const { shift, bias, centre, deviation, gain, offset } = channel;
    module.f64(at, 7).set([plan.constants[c]!, shift, bias, centre, deviation, gain, offset]);
    module.f32(at + 56, 5).set(quickSum(plan, channel, plan.constants[c]!, scale, perStep, residual));
    module.i32(at + 76, 1)[0] = plan.drivenRowOf[c]!;
  }
}

/**
 * Roundings to single precision on either way from accumulators to a quantiser's input: five on the exact one, in
 * which doubles add next to nothing, ten in the quick sum. Each is at most 2⁻²⁴ of the largest term; twice what they
 * come to together is allowed for.
 */
const quickError = 2 ** -19;

/**
 * A tail as one sum in units of the quantiser's step: [perCode, start, perDriven, perResidual, sure], where a sum
 * that lies within `sure` of a whole number rounds to it on the exact way as well.
 */
function quickSum(
  { program, largestCode, largestDriven }: Plan,
  { shift, bias, centre, deviation, gain, offset }: Channel,
  constant: number,
  scale: number,
  perStep: number,
  residual: Residual,
): number[] {
  const norm = gain / deviation;
  const unit = norm * perStep;
  const perCode = (program.adc?.step ?? 1) * scale * unit;
  const perDriven = program.digitalOffset * scale * unit;
  const perResidual = residual.step * perStep;
  const zero = residual.zeroPoint * perResidual;
  const start = ((constant - shift) * scale + bias - centre) * unit + offset * perStep - zero;
  const terms = [
    perCode * largestCode,
    perDriven * largestDriven,
    constant * scale * unit,
    shift * scale * unit,
    bias * unit,
    centre * unit,
    offset * perStep,
    255 * perResidual,
    zero,
  ];
  const largest = terms.reduce((sum, term) => sum + Math.abs(term), 0);
  return [perCode, start, perDriven, perResidual, 0.5 - quickError * largest];
}
