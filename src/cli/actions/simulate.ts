import { InputError, losslessBitsOf, type Saturation, widestConverter } from "../../index.js";
import { type LoadedRun, loadRun, type SimulatedChip, simulateChips } from "../../node/index.js";
import type { CommonFlags } from "../command.js";
import { columns, print, readCommon, wholeNumber } from "../output.js";

export interface SimulateFlags {
  readonly images?: string;
  readonly adcBits?: string;
  readonly branchGainSigma?: string;
  readonly branchGainSeed?: string;
  readonly chips?: string;
  readonly saturation?: true;
  readonly dataDir?: string;
}

export async function simulateRun(directory: string, flags: SimulateFlags & CommonFlags): Promise<void> {
  const common = readCommon(flags);
  const given = settings(flags);
  const run = await loadRun(directory);
  const chips = await simulateChips(run, {
    ...given.options,
    ...(flags.dataDir === undefined ? {} : { dataDir: flags.dataDir }),
    saturation: flags.saturation === true,
    chips: given.chips ?? 1,
    threads: common.threads ?? run.recipe.threads,
    progress: common.progress,
  });
  const { adcBits = run.placed.hardware.adc.bits } = given.options;
  const found = {
    directory,
    adcBits,
    ...accuracyOf(chips),
    ...(given.chips === undefined ? {} : { chips: chips.map(chipData) }),
    ...(flags.saturation ? { layers: layerData(run, chips) } : {}),
  };
  print(common, found, () => text(found));
}

function settings(flags: SimulateFlags) {
  const images = wholeNumber("--images", flags.images, 1, 10_000_000);
  const widest = widestConverter("analog");
  const adcBits =
    flags.adcBits === "ideal" ? null : wholeNumber("--adc-bits", flags.adcBits, 1, widest, ", or ideal");
  const branchGainSigma = shareOf(flags.branchGainSigma);
  const branchGainSeed = wholeNumber("--branch-gain-seed", flags.branchGainSeed, 0, 2 ** 31 - 1);
  return {
    chips: wholeNumber("--chips", flags.chips, 1, 1000),
    options: {
      ...(images === undefined ? {} : { images }),
      ...(adcBits === undefined ? {} : { adcBits }),
      ...(branchGainSigma === undefined ? {} : { branchGainSigma }),
      ...(branchGainSeed === undefined ? {} : { branchGainSeed }),
    },
  };
}

function shareOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= 0 && value <= 0.25) return value;
  throw new InputError(`--branch-gain-sigma is ${text}`, {
    hint: "choose a number from 0 to 0.25, such as 0.01 for 1 %",
  });
}

interface Found {
  readonly adcBits: number | null;
  /** Of all chips together. */
  readonly accuracy: number;
  readonly correct: number;
  readonly images: number;
  /** Sample standard deviation over chips, where there are several. */
  readonly standardDeviation?: number;
  readonly chips?: readonly ReturnType<typeof chipData>[];
  readonly layers?: readonly LayerSaturation[];
}

function accuracyOf(chips: readonly SimulatedChip[]) {
  const [first] = chips;
  const { images } = first!.result;
  if (chips.length === 1) {
    const { accuracy, correct } = first!.result;
    return { accuracy, correct, images };
  }
  const accuracies = chips.map(({ result }) => result.accuracy);
  const accuracy = accuracies.reduce((a, b) => a + b, 0) / chips.length;
  const squares = accuracies.reduce((sum, x) => sum + (x - accuracy) ** 2, 0);
  return {
    accuracy,
    correct: chips.reduce((sum, { result }) => sum + result.correct, 0),
    images,
    standardDeviation: Math.sqrt(squares / (chips.length - 1)),
  };
}

const chipData = ({ branchGainSeed, result: { accuracy, correct } }: SimulatedChip) => ({
  branchGainSeed,
  accuracy,
  correct,
});

/** What became of a layer's sums in the converters, over all chips. */
interface LayerSaturation extends Saturation {
  readonly layer: string;
  /** Bits of a converter that would lose no sum. */
  readonly losslessBits: number;
}

function layerData({ placed }: LoadedRun, chips: readonly SimulatedChip[]): LayerSaturation[] {
  const total = (m: number, key: keyof Saturation) =>
    chips.reduce((sum, { result }) => sum + result.saturation![m]![key], 0);
  const inputBits = (m: number): number => chips[0]!.result.activity.matrices[m]!.inputBits;
  return placed.matrices.map((matrix, m) => ({
    layer: matrix.matrix,
    losslessBits: losslessBitsOf(matrix, placed.hardware, inputBits(m)),
    below: total(m, "below"),
    above: total(m, "above"),
    conversions: total(m, "conversions"),
  }));
}

function text({ adcBits, accuracy, images, standardDeviation, chips, layers }: Found): string {
  const converters = adcBits === null ? "ideal converters" : `${adcBits}-bit converters`;
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const spread =
    standardDeviation === undefined
      ? ""
      : ` (mean of ${chips!.length} chips, standard deviation ${(100 * standardDeviation).toFixed(2)} points)`;
  const head = `${percent(accuracy)} of ${images.toLocaleString("en")} images are right, with ${converters}${spread}`;
  if (!layers) return head;
  const share = (count: number, { conversions }: Saturation) =>
    `${((100 * count) / Math.max(1, conversions)).toFixed(3)} %`;
  const rows = layers.map((layer) => [
    layer.layer,
    String(layer.losslessBits),
    adcBits === null ? "ideal" : String(adcBits),
    layer.conversions.toLocaleString("en"),
    share(layer.below, layer),
    share(layer.above, layer),
  ]);
  const names = ["layer", "lossless bits", "bits", "conversions", "cut off below", "above"];
  return [head, "", columns(names, rows)].join("\n");
}
