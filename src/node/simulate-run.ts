import { InputError } from "../errors.js";
import { type HardwareOverrides, type HardwareSpec, withOverrides } from "../hardware/index.js";
import type { AdcRanges, SimulationResult } from "../simulate/index.js";
import { type LoadedRun, loadRanges } from "./load-run.js";
import type { Progress } from "./progress.js";
import { checkInput, WorkSession } from "./session.js";
import { simulateOnThreads } from "./simulation.js";

export interface SimulateRunOptions {
  /** First test images. Default: those of the run's recipe. */
  readonly images?: number;
  /** Width of the converters, null for ideal ones; their ranges stay those of the run. Default: the run's. */
  readonly adcBits?: number | null;
  /** Standard deviation of the branches' gains under analog composition. Default: the run's. */
  readonly branchGainSigma?: number;
  /** Seed of the first chip's gains. Default: the run's. */
  readonly branchGainSeed?: number;
  /** Counts the conversions that saturate. */
  readonly saturation?: boolean;
  readonly threads: number;
  readonly dataDir?: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** One chip of several, which differ in the gains of their branches. */
export interface SimulatedChip {
  readonly branchGainSeed: number;
  readonly result: SimulationResult;
}

/** Simulates a run's placed network again, on other images or with other analog parts; the run stays as it is. */
export async function simulateRun(run: LoadedRun, options: SimulateRunOptions): Promise<SimulationResult> {
  const [chip] = await simulateChips(run, { ...options, chips: 1 });
  return chip!.result;
}

/**
 * The same on several chips, whose branch gains have seeds one after another. The converters keep the ranges of the run,
 * which were found once, not for each chip.
 */
export async function simulateChips(
  run: LoadedRun,
  options: SimulateRunOptions & { readonly chips: number },
): Promise<SimulatedChip[]> {
  const { placed, recipe } = run;
  const hardware = variantOf(placed.hardware, options);
  const { branchGainSigma = 0, branchGainSeed: first = 1 } = hardware.encoding;
  if (options.chips > 1 && branchGainSigma === 0) {
    throw new InputError(`there are ${options.chips} chips, but their branches have no gain error`, {
      hint: "give a branch gain sigma above 0, or simulate one chip",
    });
  }
  const images = options.images ?? recipe.simulate.images;
  const session = new WorkSession(recipe.data, options);
  checkInput(placed.model.graph, await session.dataset("test"), recipe.data.normalization.layout);
  const batches = await session.images("test", images, "--images");
  const ranges = await loadRanges(run.directory);
  checkWidth(ranges, hardware);
  const found: SimulatedChip[] = [];
  for (let branchGainSeed = first; branchGainSeed < first + options.chips; branchGainSeed++) {
    const chip = branchGainSigma === 0 ? hardware : withOverrides(hardware, { branchGainSeed });
    const name = options.chips > 1 ? `simulate chip ${branchGainSeed}` : "simulate";
    const result = await simulateOnThreads(
      { placed: { ...placed, hardware: chip }, ranges, saturation: options.saturation === true },
      batches,
      options,
      options.progress.stage(name, images),
    );
    found.push({ branchGainSeed, result });
  }
  return found;
}

function variantOf(hardware: HardwareSpec, options: SimulateRunOptions): HardwareSpec {
  const { adcBits, branchGainSigma, branchGainSeed } = options;
  const overrides: HardwareOverrides = {
    ...(adcBits === undefined ? {} : { adcBits }),
    ...(branchGainSigma === undefined ? {} : { branchGainSigma }),
    ...(branchGainSeed === undefined ? {} : { branchGainSeed }),
  };
  return Object.keys(overrides).length === 0 ? hardware : withOverrides(hardware, overrides);
}

/** Under the rule "mse" each width has its own range; runs of before wide converters have none for them. */
function checkWidth(ranges: AdcRanges, { adc: { bits } }: HardwareSpec): void {
  const known = ranges.matrices[0]?.widths?.length;
  if (bits === null || known === undefined || bits <= known) return;
  throw new InputError(`the converters have ${bits} bits, but the run's calibration goes to ${known}`, {
    hint: "run its recipe again, or choose fewer bits, or ideal",
  });
}
