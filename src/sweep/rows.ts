import { type Result, totalMismatch } from "../index.js";

/** What a cell of the table holds; null where there is nothing to say. */
export type Cell = string | number | boolean | null;

export type ColumnType = "text" | "whole" | "number" | "truth";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

interface Measure extends Column {
  readonly of: (result: Result) => Cell;
}

const number = (name: string, of: Measure["of"]): Measure => ({ name, type: "number", of });
const whole = (name: string, of: Measure["of"]): Measure => ({ name, type: "whole", of });
const text = (name: string, of: Measure["of"]): Measure => ({ name, type: "text", of });

/** Nothing over nothing is no ratio. */
const over = (value: number, baseline: number): number | null => (baseline === 0 ? null : value / baseline);

/** In the order of the table. Fractions, SI. */
const measures: readonly Measure[] = [
  text("network", ({ data }) => data.model.name),
  number("accuracy_fp32", ({ accuracy }) => accuracy.fp32),
  number("accuracy_quantized", ({ accuracy }) => accuracy.quantized),
  number("accuracy_pruned", ({ accuracy }) => accuracy.pruned),
  number("accuracy_hardware", ({ accuracy }) => accuracy.hardware),
  whole("softwareImages", ({ softwareImages }) => softwareImages),
  whole("hardwareImages", ({ hardwareImages }) => hardwareImages),
  number("groupSparsity", ({ groupSparsity }) => groupSparsity),
  number("readWeightedSparsity", ({ readWeightedSparsity }) => readWeightedSparsity),
  whole("mismatchColumns", (result) => totalMismatch(result, "layer")),
  whole("mismatchColumns_chunks", (result) => totalMismatch(result, "chunks")),
  number("compression_paper", ({ compression }) => compression.paper),
  number("compression_parameters", ({ compression }) => compression.parameters),
  number("compression_honest", ({ compression }) => compression.honest),
  whole("arrays", ({ arrays }) => arrays),
  whole("cells_used", ({ cells }) => cells.used),
  whole("cells_wasted", ({ cells }) => cells.wasted),
  whole("cells_empty", ({ cells }) => cells.empty),
  whole("indexMemory_bit", ({ indexMemory }) => indexMemory.bitmap_bit),
  number("energy_J", ({ cost }) => cost.energy_J),
  number("latency_s", ({ cost }) => cost.latency_s),
  number("area_m2", ({ cost }) => cost.area_m2),
  number("energyOverBaseline", ({ cost, baseline }) => over(cost.energy_J, baseline.energy_J)),
  number("latencyOverBaseline", ({ cost, baseline }) => over(cost.latency_s, baseline.latency_s)),
  number("areaOverBaseline", ({ cost, baseline }) => over(cost.area_m2, baseline.area_m2)),
  number("energyOverSameBands", ({ cost, baselineSameBands }) =>
    over(cost.energy_J, baselineSameBands.energy_J),
  ),
  number("latencyOverSameBands", ({ cost, baselineSameBands }) =>
    over(cost.latency_s, baselineSameBands.latency_s),
  ),
  number("areaOverSameBands", ({ cost, baselineSameBands }) => over(cost.area_m2, baselineSameBands.area_m2)),
];

const leading: readonly Column[] = [
  { name: "point", type: "text" },
  { name: "state", type: "text" },
];
const identity: readonly Column[] = [
  { name: "seed", type: "whole" },
  { name: "threads", type: "whole" },
];

/** Names that the table has for itself; those of converter widths start with `adcColumn`. */
export const fixedColumns: ReadonlySet<string> = new Set(
  [...leading, ...identity, ...measures].map(({ name }) => name),
);

const adcColumn = (bits: number | null): string => `accuracy_adc${bits ?? "Ideal"}`;

export interface PointRow {
  /** The point's name: its hash. */
  readonly point: string;
  /** By column label. */
  readonly values: Readonly<Record<string, Cell>>;
  readonly seed: number;
  readonly threads: number;
  /** Null as long as the point is not finished. */
  readonly result: Result | null;
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

/**
 * One row per point, in the order given. The columns: point and state; the values that the plan changes, in its order;
 * seed and threads; what was measured, always the same; then the accuracy at each converter width that any point
 * compared, narrow ones first.
 */
export function pointTable(labels: readonly string[], points: readonly PointRow[]): Table {
  const widths = new Set(points.flatMap(({ result }) => result?.data.adcSweep.map(({ bits }) => bits) ?? []));
  const adc = [...widths].sort((a, b) => (a ?? Number.POSITIVE_INFINITY) - (b ?? Number.POSITIVE_INFINITY));
  const settings = labels.map((label) => ({
    name: label,
    type: typeOf(points.map(({ values }) => values[label] ?? null)),
  }));
  return {
    columns: [
      ...leading,
      ...settings,
      ...identity,
      ...measures.map(({ name, type }) => ({ name, type })),
      ...adc.map((bits): Column => ({ name: adcColumn(bits), type: "number" })),
    ],
    rows: points.map(({ point, values, seed, threads, result }) => [
      point,
      result ? "finished" : "unfinished",
      ...settings.map(({ name, type }) => asText(values[name] ?? null, type)),
      seed,
      threads,
      ...measures.map(({ of }) => (result ? of(result) : null)),
      ...adc.map((bits) => result?.data.adcSweep.find((entry) => entry.bits === bits)?.accuracy ?? null),
    ]),
  };
}

/** A value of a recipe as a cell: what is no plain value becomes JSON text. */
export const cellOf = (value: unknown): Cell =>
  value === null || ["string", "number", "boolean"].includes(typeof value)
    ? (value as Cell)
    : JSON.stringify(value);

function typeOf(cells: readonly Cell[]): ColumnType {
  const given = cells.filter((cell) => cell !== null);
  if (given.length > 0 && given.every((cell) => typeof cell === "number")) return "number";
  return given.length > 0 && given.every((cell) => typeof cell === "boolean") ? "truth" : "text";
}

/** A column of numbers and words (4, 5, ideal) is one of texts. */
const asText = (cell: Cell, type: ColumnType): Cell =>
  type === "text" && cell !== null ? String(cell) : cell;

/** The rows as objects, for JSON. */
export const rowObjects = ({ columns, rows }: Table): Record<string, Cell>[] =>
  rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i]!])));
