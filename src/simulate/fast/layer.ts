import type { KernelModule } from "../../array/simd/module.js";
import { type Plan, placeInputs } from "../../array/simd/plan.js";
import {
  placeCounting,
  runGroups,
  straightRuns,
  type Tile,
  type TileSpace,
  takeCounting,
  tileSpace,
} from "../../array/simd/run.js";
import type { SumHistogram } from "../../array/types.js";
import type { Graph } from "../../graph/types.js";
import { positionsOf } from "../../lower/gather.js";
import type { LayerMatrix } from "../../lower/matrices.js";
import { elementCount, type Tensor, tensor } from "../../tensor.js";
import type { LayerStep } from "./steps.js";
import { placeResidual, prepareTail, type Residual, type TailSpace, tailSpace } from "./tail.js";
import { type Codes, slack, type Value } from "./values.js";
import { countOnes, gather, liesStraight, paddedPlanes, runsOf, type Window, windowOf } from "./windows.js";

/** Positions that are worked on together. Fewer cost more calls; the indices of more leave the second-level cache. */
const tilePositions = 512;

/** One matrix of a layer and what its outputs become. */
export interface MatrixPlan {
  readonly matrix: LayerMatrix;
  readonly plan: Plan;
  readonly window: Window;
  /** [groups] the inputs of each row group as offsets in padded planes, where positions lie straight; null elsewhere. */
  readonly inputs: readonly number[] | null;
  readonly tail: TailSpace;
}

/** @param columnSums [columns] Σ of each column's weight codes */
export function planMatrix(
  module: KernelModule,
  graph: Graph,
  step: LayerStep,
  matrix: LayerMatrix,
  plan: Plan,
  columnSums: Float64Array,
): MatrixPlan {
  const window = windowOf(module, matrix);
  const offsets = (rows: Int32Array) => rows.map((row) => window.rowOffsets[row]!);
  return {
    matrix,
    plan,
    window,
    inputs: liesStraight(window)
      ? plan.groups.map(({ inputRows }) => placeInputs(module, offsets(inputRows)))
      : null,
    tail: tailSpace(module, graph, step, matrix, columnSums),
  };
}

export interface LayerRun {
  readonly module: KernelModule;
  readonly skipSilent: boolean;
  /** Wraps the work of the array kernels, whose time may be taken. */
  readonly timed: (work: () => void) => void;
  /** Counts every column sum of a matrix, by its name, for calibration. */
  readonly histograms: ReadonlyMap<string, SumHistogram> | null;
}

/** Runs a layer with its tail; `ones` receives each matrix's counts of driven rows. */
export function runLayer(
  run: LayerRun,
  step: LayerStep,
  matrices: readonly MatrixPlan[],
  input: Codes,
  residual: Value | null,
  ones: Map<string, Float64Array>,
): Value {
  const { module } = run;
  const images = input.shape[0]!;
  const { geometry } = matrices[0]!.matrix;
  const channels = matrices.reduce((sum, m) => sum + m.matrix.columns, 0);
  const shape =
    geometry.kind === "dense"
      ? [images, channels]
      : [images, channels, geometry.outHeight, geometry.outWidth];
  const out = module.allocate(elementCount(shape) * (step.quantizer ? 1 : 4) + slack);
  const mark = module.used;
  const added = placeResidual(module, residual);
  for (const m of matrices) {
    const padded = paddedPlanes(module, m.window, input, images);
    const { rows, layer, name } = m.matrix;
    ones.set(name, countOnes(module, m.window, input, images, rows, layer.input.bits));
    runMatrix(run, step, m, { padded, images, channels, residual: added, out });
  }
  if (step.quantizer) {
    module.release(mark);
    return { kind: "codes", at: out, shape, quantizer: step.quantizer.attributes };
  }
  const y: Tensor = tensor("f32", shape, module.f32(out, elementCount(shape)).slice());
  module.release(out);
  return { kind: "tensor", tensor: y };
}

interface MatrixRun {
  /** The layer's input codes with their padding. */
  readonly padded: number;
  readonly images: number;
  /** Output channels of the layer. */
  readonly channels: number;
  readonly residual: Residual;
  readonly out: number;
}

function runMatrix(run: LayerRun, step: LayerStep, m: MatrixPlan, work: MatrixRun): void {
  const { module } = run;
  const mark = module.used;
  const total = work.images * positionsOf(m.matrix.geometry);
  const stride = Math.min(tilePositions, Math.ceil(total / 32) * 32);
  const histogram = run.histograms?.get(m.matrix.name);
  const options = histogram ? { histogram } : {};
  const counting = placeCounting(module, options);
  const space = tileSpace(module, m.plan, stride, counting);
  prepareTail(module, step, m.matrix, m.plan, space.codeBytes, m.tail, work.residual);
  const place = placeTile(module, m, space, work);
  const gathered = m.inputs ? null : gatherSpace(module, m, stride);
  const runs = module.allocate(stride / 2);
  if (gathered) module.i32(runs, stride / 8).set(straightRuns(gathered.codes, stride));
  for (let first = 0; first < total; first += stride) {
    const count = Math.min(stride, total - first);
    if (gathered)
      gather(module, m.window, work.padded, m.matrix.rows, first, count, gathered.codes, gathered.inputStep);
    else runsOf(m.window, work.padded, first, total, module.i32(runs, stride / 8));
    const tile: Tile = {
      runs,
      inputStep: gathered?.inputStep ?? 1,
      inputs: m.inputs,
      positions: count,
    };
    run.timed(() => runGroups(module, m.plan, space, tile, run.skipSilent));
    module.exports.finishTile(place, first, count);
  }
  takeCounting(module, counting, options, m.plan, total);
  module.release(mark);
}

function gatherSpace(module: KernelModule, m: MatrixPlan, stride: number) {
  // An odd number of vectors from row to row, so that rows do not all fall into the same lines of the cache.
  const inputStep = stride + 16;
  return { codes: module.allocate(m.matrix.rows * inputStep + slack), inputStep };
}

/** The fields of `TilePlace` (array/assembly/digital.ts), in its order. */
function placeTile(
  module: KernelModule,
  { matrix, tail }: MatrixPlan,
  space: TileSpace,
  work: MatrixRun,
): number {
  return module.place([
    tail.tail,
    tail.channels,
    matrix.columns,
    space.accumulators,
    space.driven,
    space.stride,
    work.residual.at,
    work.out,
    positionsOf(matrix.geometry),
    work.channels,
    matrix.firstOutput,
  ]);
}
