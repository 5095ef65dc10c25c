/** A path in a recipe: ["stages", 0, "weights", "bits"]. */
export type Path = readonly (string | number)[];

/** An option of `compress`, and the value of a recipe that it sets. */
export interface RecipeFlag {
  readonly flag: string;
  /** What `--help` calls the value; absent for switches. */
  readonly value?: string;
  readonly about: string;
  readonly path: Path;
  /** A second value that it sets. */
  readonly also?: Path;
  /** Words it may be, for shell completion. */
  readonly choices?: readonly string[];
  readonly read: (text: string) => unknown;
  readonly heading: string;
}

/** What looks like a number is one; anything else stays a text, for the recipe's schema to judge. */
const numberOr = (text: string): unknown =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : text;
const words = (text: string): unknown => text;
const list = (text: string): unknown => text.split(",").map((part) => numberOr(part.trim()));

/** "/conv1/Conv=9,/fc/Gemm=16" as an object; a part without a number stays, for the recipe's schema to judge. */
const pairs = (text: string): unknown =>
  Object.fromEntries(
    text.split(",").map((part) => {
      const at = part.lastIndexOf("=");
      return at < 0 ? [part.trim(), null] : [part.slice(0, at).trim(), numberOr(part.slice(at + 1).trim())];
    }),
  );

/** 1024x256 as rows and columns; anything else is for the schema to judge. */
const size = (text: string): unknown => {
  const [, rows, columns] = /^(\d+)x(\d+)$/.exec(text.trim()) ?? [];
  return rows === undefined ? text : { rows: Number(rows), columns: Number(columns) };
};

const heading = {
  images: "Images:",
  network: "Quantisation:",
  chip: "Hardware:",
  steps: "Placement, calibration, simulation:",
} as const;

export const recipeFlags: readonly RecipeFlag[] = [
  {
    flag: "--data",
    value: "<name>",
    about: "data set (cifar10, mnist, drawn-digits, imagenet), or the folder that holds one",
    path: ["data", "name"],
    choices: ["cifar10", "mnist", "drawn-digits", "imagenet"],
    read: words,
    heading: heading.images,
  },
  {
    flag: "--normalization",
    value: "<name>",
    about:
      "how pixels were normalised in training: imagenet, cifar10, mnist, drawn-digits (default: the data set's)",
    path: ["data", "normalization"],
    choices: ["imagenet", "cifar10", "mnist", "drawn-digits"],
    read: words,
    heading: heading.images,
  },
  {
    flag: "--mean",
    value: "<a,b,c>",
    about: "the same in numbers: mean of each channel, after scaling",
    path: ["data", "normalization", "mean"],
    read: list,
    heading: heading.images,
  },
  {
    flag: "--std",
    value: "<a,b,c>",
    about: "standard deviation of each channel, after scaling",
    path: ["data", "normalization", "std"],
    read: list,
    heading: heading.images,
  },
  {
    flag: "--scale",
    value: "<s>",
    about: "factor on the pixel bytes (default: 1/255)",
    path: ["data", "normalization", "scale"],
    read: numberOr,
    heading: heading.images,
  },
  {
    flag: "--layout",
    value: "<order>",
    about: "the model's input is NCHW or NHWC (default: NCHW)",
    path: ["data", "normalization", "layout"],
    choices: ["NCHW", "NHWC"],
    read: words,
    heading: heading.images,
  },
  {
    flag: "--weight-bits",
    value: "<bits>",
    about: "bits of a weight, 2 to 9: a sign, and a magnitude of the other bits (default: 4)",
    path: ["stages", 0, "weights", "bits"],
    read: numberOr,
    heading: heading.network,
  },
  {
    flag: "--weight-range",
    value: "<rule>",
    about: "where weights are clipped: mse, mean, sawb, max (default: mse)",
    path: ["stages", 0, "weights", "range"],
    choices: ["mse", "mean", "sawb", "max"],
    read: words,
    heading: heading.network,
  },
  {
    flag: "--weight-range-factor",
    value: "<k>",
    about: "clips at k times the mean magnitude, with --weight-range mean (default: 2)",
    path: ["stages", 0, "weights", "factor"],
    read: numberOr,
    heading: heading.network,
  },
  {
    flag: "--activation-bits",
    value: "<bits>",
    about: "bits of an activation, 2 to 8 (default: 4)",
    path: ["stages", 0, "activations", "bits"],
    read: numberOr,
    heading: heading.network,
  },
  {
    flag: "--activation-range",
    value: "<rule>",
    about: "where activations are clipped: mse, percentile, max (default: mse)",
    path: ["stages", 0, "activations", "range"],
    choices: ["mse", "percentile", "max"],
    read: words,
    heading: heading.network,
  },
  {
    flag: "--input-bits",
    value: "<bits>",
    about: "bits of the image on the first layer's word lines, 2 to 8 (default: 8)",
    path: ["stages", 0, "input", "bits"],
    read: numberOr,
    heading: heading.network,
  },
  {
    flag: "--group-rows",
    value: "<rows>",
    about: "rows of a prunable column group, or none (default: 72)",
    path: ["groups", "rows"],
    choices: ["144", "72", "36", "none"],
    read: numberOr,
    heading: heading.network,
  },
  {
    flag: "--no-equalize-filters",
    about: "leave the magnitudes of folded filters as they are",
    path: ["stages", 0, "equalizeFilters"],
    read: () => false,
    heading: heading.network,
  },
  {
    flag: "--no-correct-bias",
    about: "leave each layer's output mean as quantising made it",
    path: ["stages", 0, "correctBias"],
    read: () => false,
    heading: heading.network,
  },
  {
    flag: "--hardware",
    value: "<name>",
    about: "a preset, or a hardware file (default: meng2021)",
    path: ["hardware", "base"],
    choices: ["analytic-32nm", "isaac", "lin2019", "meng2021", "neurosim-reference", "prime"],
    read: words,
    heading: heading.chip,
  },
  {
    flag: "--rows",
    value: "<n>",
    about: "word lines of an array",
    path: ["hardware", "rows"],
    read: numberOr,
    heading: heading.chip,
  },
  {
    flag: "--columns",
    value: "<n>",
    about: "bit lines of an array",
    path: ["hardware", "columns"],
    read: numberOr,
    heading: heading.chip,
  },
  {
    flag: "--active-rows",
    value: "<n>",
    about: "word lines driven together at most",
    path: ["hardware", "activeRows"],
    read: numberOr,
    heading: heading.chip,
  },
  {
    flag: "--input-slice-bits",
    value: "<bits>",
    about: "bits of an input on a word line at a time, 1 to 8",
    path: ["hardware", "inputSliceBits"],
    read: numberOr,
    heading: heading.chip,
  },
  {
    flag: "--cell-bits",
    value: "<bits>",
    about: "bits of a cell, 1 to 4",
    path: ["hardware", "cellBits"],
    read: numberOr,
    heading: heading.chip,
  },
  {
    flag: "--sign",
    value: "<encoding>",
    about: "signed weights by: offset, splitArrays, pairedColumns",
    path: ["hardware", "sign"],
    choices: ["offset", "splitArrays", "pairedColumns"],
    read: words,
    heading: heading.chip,
  },
  {
    flag: "--compose",
    value: "<where>",
    about: "cell columns are put together: digital, analog",
    path: ["hardware", "compose"],
    choices: ["digital", "analog"],
    read: words,
    heading: heading.chip,
  },
  {
    flag: "--offset-by",
    value: "<how>",
    about: "the offset is taken off: digital, dummyColumn",
    path: ["hardware", "offsetBy"],
    choices: ["digital", "dummyColumn"],
    read: words,
    heading: heading.chip,
  },
  {
    flag: "--branch-gain-sigma",
    value: "<share>",
    about: "with --compose analog: standard deviation of each bit line's branch, such as 0.01 (default: 0)",
    path: ["hardware", "branchGainSigma"],
    read: numberOr,
    heading: heading.chip,
  },
  {
    flag: "--branch-gain-seed",
    value: "<n>",
    about: "which chip: the seed that those gains are drawn from (default: 1)",
    path: ["hardware", "branchGainSeed"],
    read: numberOr,
    heading: heading.chip,
  },
  {
    flag: "--adc-bits",
    value: "<bits>",
    about: "width of the converters, 1 to 12 (with --compose analog to 20), or ideal",
    path: ["hardware", "adcBits"],
    choices: ["4", "5", "6", "ideal"],
    read: numberOr,
    heading: heading.chip,
  },
  {
    flag: "--adc-range",
    value: "<rule>",
    about: "range of the converters: percentile, minmax, fullscale, mse",
    path: ["hardware", "adcRange"],
    choices: ["percentile", "minmax", "fullscale", "mse"],
    read: words,
    heading: heading.chip,
  },
  {
    flag: "--cell-model",
    value: "<model>",
    about: "cells at even steps, or at their published resistances: ideal, conductance",
    path: ["hardware", "cellModel"],
    choices: ["ideal", "conductance"],
    read: words,
    heading: heading.chip,
  },
  {
    flag: "--place",
    value: "<scheme>",
    about:
      "packed: pruned groups take no cells; dense: every weight is stored; column-exchange: columns that need the same rows stand together (default: packed)",
    path: ["place", "scheme"],
    choices: ["packed", "dense", "column-exchange"],
    read: words,
    heading: heading.steps,
  },
  {
    flag: "--exchange-strategy",
    value: "<name>",
    about:
      "column exchange: identity, density-sort, greedy-union, k-means, or the best of them (default: auto)",
    path: ["place", "exchange", "strategy"],
    choices: ["identity", "density-sort", "greedy-union", "k-means", "auto"],
    read: words,
    heading: heading.steps,
  },
  {
    flag: "--exchange-split",
    value: "<rule>",
    about: "its blocks: fitted, default, or rows and columns such as 1024x256 (default: fitted)",
    path: ["place", "exchange", "split"],
    choices: ["fitted", "default"],
    read: size,
    heading: heading.steps,
  },
  {
    flag: "--exchange-signs",
    value: "<which>",
    about:
      "one order of columns for the arrays of both signs, or one each: shared, independent (default: shared)",
    path: ["place", "exchange", "signs"],
    choices: ["shared", "independent"],
    read: words,
    heading: heading.steps,
  },
  {
    flag: "--exchange-restarts",
    value: "<n>",
    about: "times that its k-means starts anew (default: 4)",
    path: ["place", "exchange", "restarts"],
    read: numberOr,
    heading: heading.steps,
  },
  {
    flag: "--exchange-runs",
    value: "<n>",
    about: "times that it clusters every block anew (default: 1)",
    path: ["place", "exchange", "runs"],
    read: numberOr,
    heading: heading.steps,
  },
  {
    flag: "--exchange-passes",
    value: "<n>",
    about: "passes of its local search, 0 for none (default: 8)",
    path: ["place", "exchange", "searchPasses"],
    read: numberOr,
    heading: heading.steps,
  },
  {
    flag: "--layer-rows",
    value: "<layer=n,...>",
    about: "word lines driven together at most in single layers, such as /conv1/Conv=9",
    path: ["place", "activeRows"],
    read: pairs,
    heading: heading.steps,
  },
  {
    flag: "--calibration-images",
    value: "<n>",
    about: "training images for activation and converter ranges (default: 512 and 64)",
    path: ["calibrate", "images"],
    also: ["stages", 0, "images"],
    read: numberOr,
    heading: heading.steps,
  },
  {
    flag: "--images",
    value: "<n>",
    about: "test images that are simulated on the arrays (default: 500)",
    path: ["simulate", "images"],
    read: numberOr,
    heading: heading.steps,
  },
  {
    flag: "--adc-sweep",
    value: "<list>",
    about: "converter widths to compare, such as 4,5,6,ideal (default: ideal)",
    path: ["simulate", "adcBits"],
    read: list,
    heading: heading.steps,
  },
  {
    flag: "--evaluate-images",
    value: "<n>",
    about: "test images for the accuracies in software, or all (default: all)",
    path: ["evaluate", "images"],
    choices: ["all"],
    read: numberOr,
    heading: heading.steps,
  },
  {
    flag: "--name",
    value: "<name>",
    about: "name of the run (default: the model file's)",
    path: ["name"],
    read: words,
    heading: heading.steps,
  },
];

/** weight-bits → weightBits: the key under which commander keeps an option. */
export const optionKey = (flag: string): string =>
  flag.replace(/^--(no-)?/, "").replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The recipe that the given options describe, and how errors about it name them. */
export function draftOf(options: Readonly<Record<string, unknown>>): {
  readonly draft: Record<string, unknown>;
  readonly flag: (path: Path) => string | undefined;
  readonly given: (path: Path) => string | undefined;
} {
  const draft: Record<string, unknown> = { stages: [{ stage: "post-training-quantization" }] };
  for (const flag of recipeFlags) {
    const text = options[optionKey(flag.flag)];
    const isSwitch = flag.value === undefined;
    if (isSwitch ? text !== false : typeof text !== "string") continue;
    const value = flag.read(String(text));
    setAt(draft, flag.path, value);
    if (flag.also) setAt(draft, flag.also, value);
  }
  const flagAt = (path: Path) =>
    longest(path) ?? recipeFlags.find(({ also }) => also && startsWith(path, also));
  return {
    draft,
    flag: (path) => flagAt(path)?.flag,
    given: (path) => {
      const found = flagAt(path);
      const text = found && options[optionKey(found.flag)];
      return typeof text === "string" ? text : undefined;
    },
  };
}

const startsWith = (path: Path, start: Path): boolean => start.every((key, i) => path[i] === key);

/** The flag whose path reaches furthest into the given one. */
function longest(path: Path): RecipeFlag | undefined {
  return recipeFlags
    .filter((flag) => startsWith(path, flag.path))
    .sort((a, b) => b.path.length - a.path.length)[0];
}

function setAt(draft: Record<string, unknown>, path: Path, value: unknown): void {
  let at = draft as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) {
    if (typeof at[key] !== "object") at[key] = {};
    at = at[key] as Record<string | number, unknown>;
  }
  at[path.at(-1)!] = value;
}
