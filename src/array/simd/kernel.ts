import { InputError } from "../../errors.js";
import { tableKernel } from "../tables.js";
import type { ArrayKernel, ArrayProgram, MultiplyOptions } from "../types.js";
import { KernelModule, supportedVariants, type Variant } from "./module.js";
import { type Plan, planProgram } from "./plan.js";
import {
  placeCounting,
  runGroups,
  straightRuns,
  type Tile,
  type TileSpace,
  takeCounting,
  tileSpace,
} from "./run.js";

/** Positions that are worked on together: their indices and one tile's tables stay in the first-level cache. */
const tilePositions = 128;

/** Tables that are kept before all are forgotten and built again as they are needed. */
const keptBytes = 2 ** 30;

export interface SimdOptions {
  /** Default: the fastest that the engine runs. */
  readonly variant?: Variant;
  /** Leaves out look-ups of four lines that are not driven at any of 32 positions. Default: true. */
  readonly skipSilent?: boolean;
}

/** Programs laid out in one module's memory. */
export class PlannedPrograms {
  readonly module: KernelModule;
  private plans = new WeakMap<ArrayProgram, Plan | null>();
  /** Of programs whose sums are counted, where the others' tables are packed. */
  private counted = new WeakMap<ArrayProgram, Plan | null>();
  private readonly bottom: number;

  constructor(
    variant: Variant,
    readonly skipSilent: boolean,
  ) {
    this.module = new KernelModule(variant);
    this.bottom = this.module.used;
  }

  /** null where only the plain kernels hold the program's numbers. @param counted for one that counts sums */
  planOf(program: ArrayProgram, counted: boolean): Plan | null {
    const usual = this.plans.get(program);
    if (usual !== undefined && !(counted && usual?.packed)) return usual;
    const known = counted ? this.counted.get(program) : undefined;
    if (known !== undefined) return known;
    if (this.module.used > keptBytes) {
      this.plans = new WeakMap();
      this.counted = new WeakMap();
      this.module.release(this.bottom);
    }
    const plan = planProgram(this.module, program, counted);
    (counted ? this.counted : this.plans).set(program, plan);
    return plan;
  }
}

/**
 * The array kernel in WebAssembly with SIMD. It returns exactly what the reference does; programs whose numbers it
 * does not hold (planProgram) go through the plain tables.
 * @throws InputError where the engine has no WebAssembly SIMD
 */
export function simdKernel(options: SimdOptions = {}): ArrayKernel {
  const variant = options.variant ?? supportedVariants()[0];
  if (!variant) {
    throw new InputError("this JavaScript engine has no WebAssembly SIMD", {
      hint: "use Node 20 or a browser of 2023 or later, or the kernel in plain TypeScript",
    });
  }
  const programs = new PlannedPrograms(variant, options.skipSilent ?? true);
  return {
    name: `simd-${variant}`,
    multiply(program, inputs, positions, multiplyOptions = {}) {
      const { histogram, saturation } = multiplyOptions;
      const plan = programs.planOf(program, histogram !== undefined || saturation !== undefined);
      if (!plan) return tableKernel.multiply(program, inputs, positions, multiplyOptions);
      return multiply(programs, plan, inputs, positions, multiplyOptions);
    },
  };
}

function multiply(
  { module, skipSilent }: PlannedPrograms,
  plan: Plan,
  inputs: Uint8Array,
  positions: number,
  options: MultiplyOptions,
): Float64Array {
  const { program } = plan;
  const mark = module.used;
  const codes = module.allocate(inputs.length + tilePositions);
  const stride = Math.min(tilePositions, Math.ceil(positions / 32) * 32);
  const counting = placeCounting(module, options);
  const space = tileSpace(module, plan, stride, counting);
  const runs = module.allocate(stride / 2);
  const values = module.allocate(8 * program.outputs * stride);
  module.u8(codes, inputs.length).set(inputs);
  const out = new Float64Array(program.outputs * positions);
  for (let first = 0; first < positions; first += stride) {
    module.i32(runs, stride / 8).set(straightRuns(codes + first, stride));
    const tile: Tile = {
      runs,
      inputStep: positions,
      inputs: null,
      positions: Math.min(stride, positions - first),
    };
    runGroups(module, plan, space, tile, skipSilent);
    finish(module, plan, space, tile.positions, values);
    const view = module.f64(values, program.outputs * stride);
    for (let o = 0; o < program.outputs; o++)
      out.set(view.subarray(o * stride, o * stride + tile.positions), o * positions + first);
  }
  takeCounting(module, counting, options, plan, positions);
  module.release(mark);
  return out;
}

function finish(
  module: KernelModule,
  plan: Plan,
  { accumulators, driven, stride, codeBytes }: TileSpace,
  positions: number,
  values: number,
): void {
  const { program, constants, drivenRowOf } = plan;
  for (let o = 0; o < program.outputs; o++) {
    const row = drivenRowOf[o]!;
    module.exports.finishValues(
      accumulators + o * stride * codeBytes,
      codeBytes,
      Number(program.adc === null),
      program.adc?.step ?? 1,
      constants[o]!,
      program.digitalOffset,
      row < 0 ? 0 : driven + row * stride * 4,
      positions,
      values + o * stride * 8,
    );
  }
}
