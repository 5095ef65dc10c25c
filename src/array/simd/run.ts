import { inputSliceCount } from "../../hardware/input-slices.js";
import type { MultiplyOptions, SumHistogram } from "../types.js";
import type { KernelModule } from "./module.js";
import type { GroupPlan, LineSum, Plan } from "./plan.js";

/** Input codes of some positions. */
export interface Tile {
  /** [blocks × 4] u32 in the module's memory: where the codes at row offset 0 lie, for each run of eight positions. */
  readonly runs: number;
  /** Bytes from one input to the next. */
  readonly inputStep: number;
  /** [groups] inputs to use instead of a group's own, as offsets in bytes / inputStep; null: its own */
  readonly inputs: readonly number[] | null;
  readonly positions: number;
}

/** Where every sum is counted in passing, in the module's memory. */
type PlacedHistogram = SumHistogram & { readonly at: number };

function placeHistogram(module: KernelModule, histogram: SumHistogram | undefined): PlacedHistogram | null {
  if (!histogram) return null;
  const at = module.allocate(8 * histogram.counts.length);
  module.f64(at, histogram.counts.length).fill(0);
  return { ...histogram, at };
}

/** Adds what was counted to the histogram's own counts. */
function takeHistogram(module: KernelModule, histogram: PlacedHistogram | null): void {
  if (!histogram) return;
  const counted = module.f64(histogram.at, histogram.counts.length);
  for (let i = 0; i < counted.length; i++) histogram.counts[i]! += counted[i]!;
}

/** What the kernels count beside multiplying, in the module's memory. */
export interface Counting {
  readonly histogram: PlacedHistogram | null;
  /** [2] f64, conversions below the first code and above the last; 0: none. */
  readonly saturation: number;
}

export function placeCounting(module: KernelModule, options: MultiplyOptions): Counting | null {
  if (!options.histogram && !options.saturation) return null;
  const histogram = placeHistogram(module, options.histogram);
  if (!options.saturation) return { histogram, saturation: 0 };
  const saturation = module.allocate(16);
  module.f64(saturation, 2).fill(0);
  return { histogram, saturation };
}

/** Adds what was counted to the options' own counts. */
export function takeCounting(
  module: KernelModule,
  counting: Counting | null,
  options: MultiplyOptions,
  { program, groups }: Plan,
  positions: number,
): void {
  if (!counting) return;
  takeHistogram(module, counting.histogram);
  const { saturation } = options;
  if (!saturation) return;
  const columns = groups.reduce((sum, group) => sum + group.columns, 0);
  saturation.conversions += columns * inputSliceCount(program.inputBits, program.inputSliceBits) * positions;
  if (!program.adc) return;
  const [below, above] = module.f64(counting.saturation, 2);
  saturation.below += below!;
  saturation.above += above!;
}

/** Memory that one tile after another is worked on in. */
export interface TileSpace {
  /** Positions that it has room for, a multiple of 32. */
  readonly stride: number;
  /** [outputs × stride] of `codeBytes` each */
  readonly accumulators: number;
  /** [rows of driven inputs × stride] i32 */
  readonly driven: number;
  readonly indices: number;
  readonly lists: number;
  readonly counts: number;
  readonly codeBytes: 2 | 4 | 8;
  /** [stride] u16, sums of a group's inputs */
  readonly sums: number;
  readonly lines: number;
  readonly scratch: number;
  /** [groups] `Job` of each row group */
  readonly jobs: readonly number[];
}

export function tileSpace(
  module: KernelModule,
  plan: Plan,
  stride: number,
  counting: Counting | null = null,
): TileSpace {
  const { outputs, inputBits } = plan.program;
  // Up to four planes are written at once.
  const planes = (stride / 32) * inputBits + 3;
  // Sums are counted on the exact path, which does not add to sixteen bits.
  const codeBytes = counting && plan.codeBytes === 2 ? 4 : plan.codeBytes;
  const space = {
    stride,
    codeBytes,
    accumulators: module.allocate(outputs * stride * codeBytes),
    driven: module.allocate(plan.drivenRows * stride * 4),
    indices: module.allocate(planes * plan.quads * 32),
    lists: module.allocate((planes + 1) * plan.quads * 4),
    counts: module.allocate(planes * 4),
    sums: module.allocate(stride * 2),
    lines: module.allocate(inputBits * stride * 2),
    scratch: module.allocate(Math.max(1024, 4 * stride)),
  };
  const jobs = plan.groups.map((group) => placeJob(module, plan, group, space, counting));
  return { ...space, jobs };
}

/** Four runs of eight positions per block, one behind the other from `codes` on. */
export function straightRuns(codes: number, stride: number): number[] {
  return Array.from({ length: stride / 8 }, (_, run) => codes + 8 * run);
}

/** Shift-added codes of all outputs and sums of driven inputs of a tile, in the space's accumulators. */
export function runGroups(
  module: KernelModule,
  plan: Plan,
  space: TileSpace,
  tile: Tile,
  skipSilent: boolean,
): void {
  const { stride } = space;
  const { outputs } = plan.program;
  module.exports.clearBytes(space.accumulators, outputs * stride * space.codeBytes);
  module.exports.clearBytes(space.driven, plan.drivenRows * stride * 4);
  for (const [g, group] of plan.groups.entries()) {
    const inputs = tile.inputs?.[g] ?? group.inputs;
    runGroup(module, plan, group, inputs, space.jobs[g]!, space, tile, skipSilent);
  }
}

function runGroup(
  module: KernelModule,
  plan: Plan,
  group: GroupPlan,
  inputs: number,
  job: number,
  space: TileSpace,
  tile: Tile,
  skipSilent: boolean,
): void {
  const { inputBits } = plan.program;
  const { exports } = module;
  const blocks = Math.ceil(tile.positions / 32);
  // Codes of four bits are summed in passing; 4,096 of them fit sixteen bits.
  const summed = group.driven !== null && inputBits <= 4 && group.rows <= 4096;
  exports.indexRows(
    tile.runs,
    inputs,
    tile.inputStep,
    group.rows,
    blocks,
    inputBits,
    Number(skipSilent),
    space.indices,
    space.lists,
    space.counts,
    summed ? space.sums : 0,
  );
  exports.lookUp(job, blocks, tile.positions);
  if (group.driven && summed) {
    const { targets, targetCount } = group.driven;
    exports.addDriven(space.sums, space.stride, targets, targetCount, space.driven);
  }
  if (group.dummies.length === 0 && (summed || !group.driven)) return;
  exports.countLines(job, space.lines, blocks);
  const add = (sum: LineSum, rows: number, bytes: number) =>
    exports.addRows(
      space.lines,
      sum.weights,
      inputBits,
      sum.sliceBits,
      sum.counts,
      space.stride,
      sum.targets,
      sum.targetCount,
      rows,
      bytes,
      space.scratch,
    );
  for (const dummy of group.dummies) add(dummy, space.accumulators, space.codeBytes);
  if (group.driven && !summed) add(group.driven, space.driven, 4);
}

/** From `inBytes` to `byteTieMultiplier`. */
function byteFields({ inBytes, byteForm: form }: Plan): number[] {
  if (!form) return [Number(inBytes), 0, 0, 0, 0, 0, 0];
  const { doubled, least, span, multiplier, tieMultiplier } = form;
  const kind = tieMultiplier !== multiplier ? 3 : doubled || least > 0 ? 2 : 1;
  return [1, kind, least, span, doubled, multiplier, tieMultiplier];
}

/** The fields of `Job` (../assembly/job.ts), in its order. */
function placeJob(
  module: KernelModule,
  plan: Plan,
  group: GroupPlan,
  space: Omit<TileSpace, "jobs">,
  counting: Counting | null,
): number {
  const { program, digits } = plan;
  const histogram = counting?.histogram;
  // Sums are counted where they are put together, which the fused conversion does not do.
  const fixed = plan.fixedPoint;
  const fused = !counting && (fixed !== null || plan.byteForm !== null);
  const integers = [
    group.tables,
    group.tiles,
    group.quads,
    group.columns,
    space.stride / 32,
    space.stride,
    program.inputBits,
    program.inputSliceBits,
    inputSliceCount(program.inputBits, program.inputSliceBits),
    space.indices,
    space.lists,
    space.counts,
    group.gains,
    space.accumulators,
    space.stride,
    Number(plan.packed),
    group.chunks,
    digits.start,
    space.scratch,
    Number(fused),
    fixed?.fraction ?? 0,
    fixed?.lowest ?? 0,
    fixed?.span ?? 0,
    fixed?.scale ?? 0,
    fixed?.multiplier ?? 0,
    fixed?.offset ?? 0,
    fixed?.tieOffset ?? 0,
    ...byteFields(plan),
    digits.digits,
    digits.radixBits,
    space.codeBytes,
    Number(program.adc === null),
    program.adc ? 2 ** program.adc.bits - 1 : 0,
    histogram?.at ?? 0,
    // An ideal converter cuts nothing off.
    program.adc ? (counting?.saturation ?? 0) : 0,
  ];
  const doubles = [
    digits.unit,
    program.adc?.low ?? 0,
    program.adc?.step ?? 1,
    histogram?.low ?? 0,
    histogram?.width ?? 1,
    Number(histogram?.weighted ?? false),
  ];
  const job = module.allocate(216);
  module.i32(job, integers.length).set(integers);
  module.f32(job + 4 * integers.length, 1)[0] = counting ? 0 : plan.sure;
  const aligned = 8 * Math.ceil((integers.length + 1) / 2);
  module.f64(job + aligned, doubles.length).set(doubles);
  return job;
}
