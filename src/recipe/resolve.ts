import type * as z from "zod";
import { type NormalizationName, normalizations } from "../data/batches.js";
import {
  type DatasetName,
  datasetNames,
  datasets,
  defaultNormalization,
  isDatasetName,
} from "../data/registry.js";
import type { Normalization } from "../data/types.js";
import { InputError, nearest } from "../errors.js";
import { type HardwareSpec, widestConverter } from "../hardware/types.js";
import { defaultExchange } from "../mapping/column-exchange/types.js";
import { bitLinesPerWeight, dummyBitLines, weightsAcross } from "../mapping/encoding.js";
import { models } from "../models/index.js";
import { keySeparator } from "./fields.js";
import { hardwareFor } from "./hardware.js";
import { resolveStages } from "./resolve-stages.js";
import { type RecipeInput, recipeSchema } from "./schema.js";
import { fault, nullFor, type RecipePath, type RecipeSource } from "./source.js";
import type { HardwareRecipe, Recipe } from "./types.js";

/** What a recipe cannot know by itself, because it is on disk. */
export interface RecipeContext {
  /** The recipe's name where it has none. */
  readonly defaultName: string;
  /** The kind of data set that a folder holds. @throws InputError */
  readonly datasetIn?: (folder: string) => DatasetName;
  /** Reads a hardware file. @throws InputError */
  readonly hardwareFile?: (path: string) => HardwareSpec;
}

/**
 * Checks what was written and fills in every default.
 * @throws InputError for the first thing that is wrong
 */
export function resolveRecipe(written: unknown, source: RecipeSource, context: RecipeContext): Recipe {
  const parsed = recipeSchema.safeParse(withoutEmptySections(written));
  if (!parsed.success) throw explainIssue(firstIssue(parsed.error.issues), written, source);
  const input = parsed.data;
  const data = resolveData(input, source, context);
  checkImages(input, source);
  const { hardware, spec } = resolveHardware(input.hardware, source, context);
  checkFit(input, spec, source);
  checkScheme(input, source);
  return {
    version: 1,
    name: input.name ?? context.defaultName,
    seed: input.seed,
    model: resolveModel(input.model, source),
    data,
    hardware,
    groups: { ...input.groups, rows: nullFor(input.groups.rows, "none") },
    stages: resolveStages(input.stages, input.groups.rows !== null && input.groups.rows !== "none", source),
    place: resolvePlace(input.place, written, source),
    calibrate: input.calibrate,
    simulate: {
      images: input.simulate.images,
      adcBits: input.simulate.adcBits.map((width) => nullFor(width, "ideal")),
    },
    evaluate: { images: nullFor(input.evaluate.images, "all") },
  };
}

const sections = new Set(["data", "hardware", "groups", "place", "calibrate", "simulate", "evaluate"]);

/**
 * A section whose lines are all commented out reads as null; it means the defaults. A missing `data` is given as
 * empty, so that the error names what it has to say.
 */
function withoutEmptySections(written: unknown): unknown {
  if (typeof written !== "object" || written === null || Array.isArray(written)) return written;
  const filled = Object.entries(written).filter(([key, value]) => !(value === null && sections.has(key)));
  return { data: {}, ...Object.fromEntries(filled) };
}

/** A mistyped key is also a missing one; the typing error is the one to speak of. */
function firstIssue(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue {
  const flat = issues.map(innermost);
  return flat.find((issue) => issue.code === "unrecognized_keys") ?? flat[0]!;
}

/** The issue inside the alternative that was meant: the one that got further than its own kind. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union") return issue;
  for (const alternative of issue.errors) {
    const inner =
      alternative.find((i) => i.code === "unrecognized_keys") ?? alternative.find((i) => i.path.length > 0);
    if (inner) return innermost({ ...inner, path: [...issue.path, ...inner.path] });
  }
  return issue;
}

function explainIssue(issue: z.core.$ZodIssue, written: unknown, source: RecipeSource): InputError {
  const path = issue.path as RecipePath;
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    const known = issue.message.split(keySeparator);
    const near = nearest(key, known);
    const place = source.keyPlace([...path, key]);
    return new InputError(`${source.label([...path, key])} is not a known key`, {
      hint: near ? `did you mean ${near}?` : `known keys here: ${known.join(", ")}`,
      ...(place ? { place } : {}),
    });
  }
  const value = path.reduce<unknown>(
    (at, key) => (at as Record<string | number, unknown> | null)?.[key],
    written,
  );
  if (value !== undefined) return fault(source, path, value, issue.message);
  const place = source.place(path);
  return new InputError(`${source.label(path)} is missing`, {
    hint: issue.message,
    ...(place ? { place } : {}),
  });
}

/** Settings of an exchange belong to its scheme; under that, all of them are there. */
function resolvePlace(
  { exchange, ...place }: RecipeInput["place"],
  written: unknown,
  source: RecipeSource,
): Recipe["place"] {
  if (place.scheme === "column-exchange") return { ...place, exchange: { ...defaultExchange, ...exchange } };
  if (exchange === undefined) return place;
  const settings = (written as { place: { exchange: Record<string, unknown> } }).place.exchange;
  const [key] = Object.keys(settings);
  const path = ["place", "exchange", ...(key === undefined ? [] : [key])];
  const hint = `that is for ${source.label(["place", "scheme"])} column-exchange, and it is ${place.scheme}`;
  throw fault(source, path, key === undefined ? settings : settings[key], hint);
}

function resolveModel(model: string, source: RecipeSource): string {
  if (Object.hasOwn(models, model)) return model;
  if (/[/\\]|\.onnx$/i.test(model)) return source.resolveFile(model);
  const near = nearest(model, Object.keys(models));
  throw fault(
    source,
    ["model"],
    model,
    `${near ? `did you mean ${near}? ` : ""}give the path of an .onnx file, or one of ${Object.keys(models).join(", ")}`,
  );
}

function resolveData(input: RecipeInput, source: RecipeSource, context: RecipeContext): Recipe["data"] {
  const path = ["data", "name"];
  const { name } = input.data;
  let kind: DatasetName | undefined;
  if (isDatasetName(name)) kind = name;
  else if (context.datasetIn && /[/\\.]/.test(name)) {
    kind = named(() => context.datasetIn!(source.resolveFile(name)), source, path);
  } else if (!/[/\\.]/.test(name)) {
    const near = nearest(name, datasetNames);
    throw fault(
      source,
      path,
      name,
      `${near ? `did you mean ${near}? ` : ""}choose ${datasetNames.join(", ")}, or give a folder as ./${name}`,
    );
  }
  return {
    name: kind === name ? name : source.resolveFile(name),
    normalization: resolveNormalization(input.data.normalization, kind, source),
    validation: input.data.validation,
  };
}

/** More images than the published data set has are asked for in vain; a folder may hold fewer, which shows later. */
function checkImages(
  { data, stages, calibrate, simulate, evaluate }: RecipeInput,
  source: RecipeSource,
): void {
  if (!isDatasetName(data.name)) return;
  const { counts } = datasets[data.name];
  const wanted: [RecipePath, unknown, "train" | "test"][] = [
    [["data", "validation"], data.validation, "train"],
    ...stages.flatMap((stage, i): [RecipePath, unknown, "train"][] => [
      ...("images" in stage
        ? [[["stages", i, "images"], stage.images, "train"] as [RecipePath, unknown, "train"]]
        : []),
      ...("batch" in stage
        ? [[["stages", i, "batch"], stage.batch, "train"] as [RecipePath, unknown, "train"]]
        : []),
    ]),
    [["calibrate", "images"], calibrate.images, "train"],
    [["simulate", "images"], simulate.images, "test"],
    [["evaluate", "images"], evaluate.images, "test"],
  ];
  for (const [path, images, part] of wanted) {
    if (typeof images === "number" && images > counts[part]) {
      const kind = part === "train" ? "training" : "test";
      throw fault(source, path, images, `${data.name} has ${counts[part]} ${kind} images`);
    }
  }
}

/** Adds the place of a value to an error that was found beyond the recipe. */
function named<T>(look: () => T, source: RecipeSource, path: RecipePath): T {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof InputError) || error.place) throw error;
    const place = source.place(path);
    throw new InputError(`${source.label(path)}: ${error.message}`, {
      cause: error,
      ...(error.hint ? { hint: error.hint } : {}),
      ...(place ? { place } : {}),
    });
  }
}

function resolveNormalization(
  written: RecipeInput["data"]["normalization"],
  kind: DatasetName | undefined,
  source: RecipeSource,
): Normalization {
  const path = ["data", "normalization"];
  const channels = kind ? datasets[kind].channels : undefined;
  if (typeof written === "string") {
    const named = Object.hasOwn(normalizations, written)
      ? normalizations[written as NormalizationName]
      : undefined;
    if (named && named.mean.length === (channels ?? named.mean.length)) return named;
    const names = Object.keys(normalizations);
    const near = nearest(written, names);
    const hint = named
      ? `that is for ${named.mean.length} channels, and ${kind} has ${channels}`
      : `${near ? `did you mean ${near}? ` : ""}choose ${names.join(", ")}, or give mean and std`;
    throw fault(source, path, written, hint);
  }
  for (const [here, there] of [
    ["mean", "std"],
    ["std", "mean"],
  ] as const) {
    if (written?.[here] && !written[there])
      throw fault(source, [...path, here], written[here], `give ${source.label([...path, there])} as well`);
  }
  const base = kind ? defaultNormalization(kind) : undefined;
  const mean = written?.mean ?? base?.mean;
  const std = written?.std ?? base?.std;
  if (!mean || !std)
    throw fault(
      source,
      ["data", "name"],
      "a folder of unknown kind",
      "give data.normalization with mean and std",
    );
  const count = channels ?? mean.length;
  for (const [what, values] of Object.entries({ mean, std })) {
    if (values.length !== count)
      throw fault(
        source,
        [...path, what],
        values,
        `give ${count} value${count === 1 ? "" : "s"}, one per channel`,
      );
  }
  return {
    mean,
    std,
    scale: written?.scale === undefined ? (base?.scale ?? 1 / 255) : fraction(written.scale),
    layout: written?.layout ?? base?.layout ?? "NCHW",
  };
}

/** 1/255 as a number; the schema has seen to its form. */
function fraction(scale: number | string): number {
  if (typeof scale === "number") return scale;
  const [over, under] = scale.split("/").map(Number) as [number, number];
  return over / under;
}

/** Where a hardware's own error speaks of a part, the recipe's key for it. */
const hardwareKeys: Readonly<Record<string, keyof HardwareRecipe>> = {
  "array.rows": "rows",
  "array.columns": "columns",
  "array.activeRows": "activeRows",
  "array.inputSliceBits": "inputSliceBits",
  "encoding.cellBits": "cellBits",
  "encoding.sign": "sign",
  "encoding.compose": "compose",
  "encoding.offsetBy": "offsetBy",
  "encoding.branchGainSigma": "branchGainSigma",
  "encoding.branchGainSeed": "branchGainSeed",
  "device.levels_ohm": "cellBits",
  "device.cellModel": "cellModel",
  "adc.bits": "adcBits",
  "adc.range": "adcRange",
};

function resolveHardware(
  written: RecipeInput["hardware"],
  source: RecipeSource,
  context: RecipeContext,
): { readonly hardware: HardwareRecipe; readonly spec: HardwareSpec } {
  const isFile = /[/\\]|\.(json|ya?ml)$/i.test(written.base);
  const recipe: HardwareRecipe = isFile ? { ...written, base: source.resolveFile(written.base) } : written;
  try {
    return { hardware: recipe, spec: hardwareFor(recipe, context.hardwareFile) };
  } catch (error) {
    if (!(error instanceof InputError) || error.place) throw error;
    const part = Object.keys(hardwareKeys).find(
      (key) => error.message.startsWith(`hardware.${key}`) || error.message.startsWith(key),
    );
    const path = ["hardware", part ? hardwareKeys[part]! : "base"];
    const rest = part ? error.message.replace(/^(hardware\.)?[\w.]+/, "") : `: ${error.message}`;
    const place = source.place(path);
    throw new InputError(`${source.label(path)}${rest}`, {
      cause: error,
      ...(error.hint ? { hint: inOwnWords(error.hint, source) } : {}),
      ...(place ? { place } : {}),
    });
  }
}

/** What each part allows alone may still not go together: found now, not when the network is placed. */
function checkFit(
  { groups, stages, place, simulate }: RecipeInput,
  { array, encoding }: HardwareSpec,
  source: RecipeSource,
): void {
  for (const [layer, rows] of Object.entries(place.activeRows)) {
    if (rows <= array.activeRows) continue;
    const hint = `the chip drives ${array.activeRows} word lines together: choose at most as many`;
    throw fault(source, ["place", "activeRows", layer], rows, hint);
  }
  if (typeof groups.rows === "number" && groups.rows > array.rows) {
    const hint = `an array has ${array.rows} word lines: choose at most as many, or none`;
    throw fault(source, ["groups", "rows"], groups.rows, hint);
  }
  const widest = widestConverter(encoding.compose);
  for (const [i, width] of simulate.adcBits.entries()) {
    if (typeof width !== "number" || width <= widest) continue;
    const hint = `choose 1 to ${widest} under ${encoding.compose} composition, or ideal`;
    throw fault(source, ["simulate", "adcBits", i], width, hint);
  }
  for (const [i, stage] of stages.entries()) {
    if (!("weights" in stage)) continue;
    const whole = { bits: stage.weights.bits, ...encoding };
    if (weightsAcross(whole, array.columns) < 1) {
      const need = bitLinesPerWeight(whole) + dummyBitLines(whole);
      const hint = `one weight needs ${need} bit lines, and an array has ${array.columns}: use fewer bits, larger arrays, or cells of more bits`;
      throw fault(source, ["stages", i, "weights", "bits"], stage.weights.bits, hint);
    }
  }
}

/** Rows of crossbars are what column exchange leaves; another scheme would not get rid of them. */
function checkScheme({ stages, place }: RecipeInput, source: RecipeSource): void {
  const i = stages.findIndex(({ stage }) => stage === "crossbar-pruning");
  if (i < 0 || place.scheme === "column-exchange") return;
  const key = source.label(["place", "scheme"]);
  const hint = `${key} is ${place.scheme}, which stores those rows all the same: choose column-exchange`;
  throw fault(source, ["stages", i, "stage"], "crossbar-pruning", hint);
}

/** A hint that names parts of the hardware, with the names that its reader uses for them. */
const inOwnWords = (hint: string, source: RecipeSource): string =>
  Object.entries(hardwareKeys).reduce(
    (text, [part, key]) => text.replaceAll(part, source.label(["hardware", key])),
    hint,
  );
