import * as z from "zod";
import { pruningModes } from "../compress/prune/crossbar/types.js";
import { variantNames } from "../cost/index.js";
import { InputError } from "../errors.js";
import type { JsonRecord } from "../train/stage.js";
import type { Result } from "./types.js";

const amount = z.number().min(0);
const share = z.number().min(0).max(1);
const whole = z.int().min(0);
const cost = { energy_J: amount, latency_s: amount, area_m2: amount };
const triple = z.object(cost);
const breakdown = z.record(z.string(), triple);
const cells = z.object({ used: whole, wasted: whole, empty: whole, reference: whole });

const summary = z.object({
  ...cost,
  breakdown,
  alternatives: z.array(
    z.object({
      name: z.string(),
      assumption: z.string().optional(),
      chosen: z.boolean().optional(),
      energy_J: amount.optional(),
      latency_s: amount.optional(),
      area_m2: amount.optional(),
    }),
  ),
  notes: z.array(z.string()),
});

const histogram = z.array(whole).length(20);

const layer = z.object({
  matrix: z.string(),
  rows: whole,
  columns: whole,
  positions: whole,
  weightBits: whole,
  inputBits: whole,
  groupRows: whole.nullable(),
  groups: whole,
  zeroGroups: whole,
  arrays: whole,
  rowGroups: whole,
  cells,
  activity: share,
  adcRange: z.object({ low: z.number(), high: z.number() }).nullable(),
  losslessBits: whole.optional(),
  cost: z.object({ ...cost, breakdown }),
  mismatchColumns: whole.nullable(),
  exchange: z
    .object({
      index_bit: whole,
      inputSchedule_bit: whole,
      utilization: z.object({ dense: histogram, exchanged: histogram }),
    })
    .optional(),
  baseline: z.object({ ...cost, arrays: whole }).optional(),
  drawing: z.object({
    arraysShown: whole,
    arraysTotal: whole,
    rows: whole,
    columns: whole,
    arrays: z.array(z.array(z.tuple([whole, whole, whole]))),
  }),
});

const point = z.object({
  step: whole,
  epoch: amount,
  rate: z.number(),
  loss: z.number().nullable(),
  accuracy: share.nullable(),
  penalties: z.record(z.string(), z.number()),
  validation: z.object({ loss: z.number(), accuracy: share }).nullable(),
  record: z.record(z.string(), z.unknown()),
});

const measured = z.object({ accuracy: share, images: whole }).nullable();

const mismatch = z.object({ layer: whole, chunks: whole });

const pruning = z.object({
  layers: z.array(
    z.object({
      matrix: z.string(),
      groupRows: whole,
      inGroupSparsity: z.boolean(),
      positions: z.array(z.object({ groups: whole, zeroGroups: whole })),
      mismatchColumns: mismatch,
      wastedCells: whole,
      usedColumnCells: whole,
      reads: z.object({ all: whole, spared: whole }),
    }),
  ),
  groupSparsity: share.nullable(),
  readWeightedSparsity: share.nullable(),
  wastedFraction: share,
  mismatchColumns: mismatch,
});

const standing = { weights: whole, arrays: whole };
const measuredStanding = z.object({ ...standing, accuracy: share });

const crossbarPruning = z.object({
  stage: z.string(),
  mode: z.enum(pruningModes),
  share,
  budget_points: amount,
  images: whole,
  dense: z.object(standing),
  start: measuredStanding,
  end: measuredStanding,
  ended: z.enum(["budget", "rounds", "nothing left"]),
  rounds: z.array(
    z.object({ ...standing, round: whole, accuracy: share, kept: z.boolean(), newOrders: whole }),
  ),
  layers: z.array(
    z.object({
      matrix: z.string(),
      dense: z.object(standing),
      start: z.object(standing),
      end: z.object(standing),
    }),
  ),
  utilization: z.object({ dense: histogram, exchanged: histogram, pruned: histogram }),
});
const zeros = { weights: whole, zerosBefore: whole, zeros: whole, zeroCodes: whole };
const factor = amount.nullable();
const gain = z.object({ energy: factor, pipelined: factor, serial: factor });
const copies = z.array(whole);

const equalArea = z.object({
  node_m: amount,
  baseline: z.string(),
  budget_m2: amount,
  budgetFrom: z.enum(["baseline", "given"]),
  designs: z.array(
    z.object({
      ...cost,
      name: z.string(),
      hardware: z.string(),
      rows: whole,
      columns: whole,
      cellBits: whole,
      compose: z.string(),
      converter_bits: whole,
      lossless_bits: whole,
      losslessAlone_bits: whole,
      arrays: whole,
      interval_s: amount,
      breakdown,
      pipelined: z.object({ copies, interval_s: amount, area_m2: amount }).nullable(),
      serial: z.object({ copies, latency_s: amount, area_m2: amount }).nullable(),
    }),
  ),
  variants: z.array(
    z.object({
      name: z.enum(variantNames),
      assumption: z.string(),
      chosen: z.boolean(),
      budget_m2: amount,
      gains: z.object({ baseline: gain, dense: gain, denseDigital: gain }),
    }),
  ),
  notes: z.array(z.string()),
});

const difference = z.number().min(-1).max(1);

/** What results of before training and pruning do not have yet. */
const later = { training: [], pruning: null, stages: [] } as const;

const data = z.object({
  model: z.object({ name: z.string(), parameters: whole, macs: whole }),
  hardware: z.object({
    name: z.string(),
    source: z.string(),
    // Results of before this key drove their lines bit by bit.
    array: z.object({ rows: whole, columns: whole, activeRows: whole, inputSliceBits: whole.default(1) }),
    adcBits: whole.nullable(),
    adcRange: z.string(),
    encoding: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
  ladder: z.array(z.object({ name: z.string(), accuracy: share, images: whole })),
  adcSweep: z.array(z.object({ bits: whole.nullable(), accuracy: share, images: whole })),
  integerVersusFloat: z
    .object({ images: whole, predictionsThatDiffer: whole, codesThatDiffer: whole, codes: whole })
    .nullable(),
  training: z.array(z.object({ stage: z.string(), points: z.array(point) })).optional(),
  pruning: pruning.nullable().optional(),
  crossbarPruning: z.array(crossbarPruning).optional(),
  sparsity: z.object({ ...zeros, layers: z.array(z.object({ layer: z.string(), ...zeros })) }).optional(),
  stages: z
    .array(z.object({ name: z.string(), kind: z.string(), validation: measured, test: measured }))
    .optional(),
  paired: z
    .array(z.object({ bits: whole.nullable(), difference, low: difference, high: difference, images: whole }))
    .optional(),
  layers: z.array(layer),
  equalArea: equalArea.optional(),
});

/** The form of result.json; keys beyond it are kept, so that later versions of the program may add some. */
const resultSchema = z.object({
  version: z.literal(1),
  recipe: z.record(z.string(), z.unknown()),
  seed: z.number(),
  accuracy: z.object({
    fp32: share.nullable(),
    quantized: share.nullable(),
    pruned: share.nullable(),
    hardware: share.nullable(),
  }),
  softwareImages: whole,
  hardwareImages: whole,
  groupSparsity: share.nullable(),
  readWeightedSparsity: share.nullable(),
  compression: z.object({ paper: amount, parameters: amount, honest: amount }),
  arrays: whole,
  cells,
  indexMemory: z.object({ bitmap_bit: whole, explicit_bit: whole }),
  cost: summary,
  baseline: summary,
  baselineSameBands: summary,
  data,
});

/**
 * A result as `result.json` holds it.
 * @param file named in errors
 * @throws InputError naming the first key that is missing or wrong, and its value
 */
export function parseResult(text: string, file: string): Result {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${file} is no valid JSON`, {
      hint: "the file is damaged: delete it and run again",
      cause,
    });
  }
  const parsed = resultSchema.safeParse(value, { reportInput: true });
  // What was checked is returned as it was read: parsing would drop keys that are not known here.
  if (parsed.success) return { ...(value as Result), data: { ...later, ...(value as Result).data } };
  const issue = parsed.error.issues[0]!;
  const key = issue.path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("");
  const found = JSON.stringify(issue.input) ?? "missing";
  throw new InputError(`${file}: ${key.replace(/^\./, "") || "the whole"} is ${found.slice(0, 80)}`, {
    hint: "it is no result of this version of xbarkit: delete it and run again",
  });
}

/** A type without its readonly marks, which zod does not make. */
type Loose<T> = JsonRecord extends T
  ? Record<string, unknown> // JSON of any form, which has no end that a compiler could reach
  : T extends object
    ? { -readonly [K in keyof T]: Loose<T[K]> }
    : T;
// A schema that asks for what the type does not have does not compile.
const agrees: [Loose<Result>] extends [Loose<z.output<typeof resultSchema>>] ? true : never = true;
void agrees;
