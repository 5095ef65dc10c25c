import { equalAreaLead, equalAreaTables } from "./equal-area.js";
import { endWords, roundsTable } from "./figures/crossbar-pruning.js";
import {
  area,
  count,
  energy,
  latency,
  middle,
  percent,
  points,
  ratio,
  requireResult,
  share,
  times,
  words,
} from "./format.js";
import { hardwareRows, readings } from "./rows.js";
import { type Pen, penFor, properties, type TextOptions, table, wrapped } from "./text.js";
import type { AccuracyOnImages, CostSummary, CostTriple, LayerData, Result } from "./types.js";

/**
 * A run as plain text for a terminal: accuracies, hardware, cells, cost against both baselines, layers, other
 * readings and notes. Ends without a line break.
 *
 * @throws InputError where the result is not of version 1, or a number of it is not finite
 */
export function terminalReport(result: Result, options: TextOptions = {}): string {
  requireResult(result);
  const pen = penFor(options);
  const sections: [string, string[]][] = [
    ["Accuracy", accuracyLines(result, pen)],
    ["Stages", stageLines(result, pen)],
    ["Hardware", hardwareLines(result, pen)],
    ["Placement", placementLines(result, pen)],
    ["Crossbar-grained pruning", crossbarLines(result, pen)],
    ["Cost of one image, and of the chip", costLines(result, pen)],
    ["On the same area as dense chips", equalAreaLines(result, pen)],
    ["Layers", layerLines(result, pen)],
    ["Other readings of the source", alternativeLines(result, pen)],
    ["Notes", noteLines(result, pen)],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([heading, lines]) => [pen.heading(heading), ...lines].join("\n"))
    .join("\n\n");
}

function accuracyLines(result: Result, pen: Pen): string[] {
  const { fp32 } = result.accuracy;
  const rows = result.data.ladder.map(({ name, accuracy, images }) => [
    middle(name, pen.width - 48),
    percent(accuracy),
    fp32 === null ? "–" : points(accuracy - fp32),
    count(images),
  ]);
  const steps = (["fp32", "quantized", "pruned", "hardware"] as const).filter(
    (step) => result.accuracy[step] === null,
  );
  const lines =
    rows.length === 0
      ? []
      : table(["step", "accuracy", "to FP32", "images"], rows, ["left", "right", "right", "right"], pen);
  if (result.data.adcSweep.length > 0) {
    const sweep = result.data.adcSweep.map(
      ({ bits, accuracy }) => `${bits === null ? "ideal" : `${bits} bit`} ${percent(accuracy)}`,
    );
    lines.push(
      ...wrapped(`ADC: ${sweep.join(", ")} (${count(result.data.adcSweep[0]!.images)} images)`, pen),
    );
  }
  lines.push(...pairedLines(result, pen));
  const compared = result.data.integerVersusFloat;
  if (compared) {
    const text = `Integer against float network: ${count(compared.predictionsThatDiffer)} of ${count(compared.images)} predictions and ${count(compared.codesThatDiffer)} of ${count(compared.codes)} activation codes differ`;
    lines.push(...wrapped(text, pen));
  }
  if (steps.length > 0) lines.push(pen.dim(` not run: ${steps.join(", ")}`));
  return lines;
}

function pairedLines({ data: { paired = [] } }: Result, pen: Pen): string[] {
  if (paired.length === 0) return [];
  const bare = (difference: number) => points(difference).replace(" pp", "");
  const widths = paired.map(
    ({ bits, difference, low, high }) =>
      `${bits === null ? "ideal" : `${bits} bit`} ${bare(difference)} (${bare(low)} to ${bare(high)})`,
  );
  const text = `Against software on the same ${count(paired[0]!.images)} images, in percentage points with 95 % intervals: ${widths.join(", ")}`;
  return wrapped(text, pen);
}

/** What each stage of the recipe did to the accuracy; the steps are those of stages that trained. */
function stageLines({ data: { stages, training } }: Result, pen: Pen): string[] {
  if (stages.length === 0) return [];
  const accuracy = (found: AccuracyOnImages | null) => (found === null ? "–" : percent(found.accuracy));
  const rows = stages.map(({ name, kind, validation, test }) => {
    const steps = training.find(({ stage }) => stage === name)?.points.at(-1)?.step;
    return [
      middle(name === kind ? name : `${name} (${words(kind)})`, pen.width - 40),
      steps === undefined ? "–" : count(steps),
      accuracy(validation),
      accuracy(test),
    ];
  });
  const head = ["stage", "steps", "validation", "test"];
  return table(head, rows, ["left", "right", "right", "right"], pen);
}

function hardwareLines(result: Result, pen: Pen): string[] {
  return properties(hardwareRows(result), pen);
}

function placementLines(result: Result, pen: Pen): string[] {
  const { cells, compression, indexMemory } = result;
  const all = cells.used + cells.wasted + cells.empty + cells.reference;
  const part = (value: number) => `${count(value)} (${percent(share(value, all), 1)})`;
  const rows: [string, string][] = [
    ["arrays", count(result.arrays)],
    ["cells used", part(cells.used)],
    ["cells wasted", part(cells.wasted)],
    ["cells empty", part(cells.empty)],
    ...(cells.reference > 0 ? [["dummy cells", part(cells.reference)] as [string, string]] : []),
    [
      "index memory",
      `${count(indexMemory.bitmap_bit)} bit as a bitmap, ${count(indexMemory.explicit_bit)} bit explicit`,
    ],
    [
      "compression",
      `paper ${times(compression.paper)}, parameters ${times(compression.parameters)}, honest ${times(compression.honest)}`,
    ],
  ];
  const { sparsity } = result.data;
  if (sparsity) {
    const { weights, zerosBefore, zeros, zeroCodes } = sparsity;
    const text = `${percent(zeros / weights)} (${count(zeros)} of ${count(weights)}), ${percent(zerosBefore / weights)} before`;
    rows.push(["zero weights", text], ["zero codes", percent(zeroCodes / weights)]);
  }
  if (result.groupSparsity !== null) rows.push(["zero groups", percent(result.groupSparsity)]);
  if (result.readWeightedSparsity !== null)
    rows.push(["zero groups by reads", percent(result.readWeightedSparsity)]);
  const { pruning } = result.data;
  if (pruning) {
    const { layer, chunks } = pruning.mismatchColumns;
    rows.push(["mismatch columns", `${count(layer)} by layer, ${count(chunks)} by chunk`]);
    rows.push(["wasted by mismatch", `${percent(pruning.wastedFraction, 1)} of the cells in used columns`]);
  }
  return properties(rows, pen);
}

function crossbarLines({ data: { crossbarPruning = [] } }: Result, pen: Pen): string[] {
  return crossbarPruning.flatMap((report) => {
    const { columns, rows } = roundsTable(report);
    return [
      ...wrapped(`${report.stage}: ${endWords(report)}`, pen),
      ...table(columns, rows, ["left", "right", "right", "right", "right", "left"], pen),
    ];
  });
}

const quantities: readonly (readonly [string, keyof CostTriple, (value: number) => string])[] = [
  ["energy", "energy_J", energy],
  ["latency", "latency_s", latency],
  ["area", "area_m2", area],
];

function costLines(result: Result, pen: Pen): string[] {
  const against = (cost: CostSummary, key: keyof CostTriple, format: (value: number) => string) => [
    format(cost[key]),
    ratio(result.cost[key], cost[key]),
  ];
  const rows = quantities.map(([name, key, format]) => [
    name,
    format(result.cost[key]),
    ...against(result.baseline, key, format),
    ...against(result.baselineSameBands, key, format),
  ]);
  return [
    ...table(
      ["", "this chip", "full columns", "ratio", "same row groups", "ratio"],
      rows,
      ["left", "right", "right", "right", "right", "right"],
      pen,
    ),
    ...wrapped(
      "Baselines: the same network unpruned at the same precision, read in full columns and in the same row groups; ratio: this chip over the baseline.",
      pen,
    ).map(pen.dim),
  ];
}

/** Where columns were exchanged. */
function equalAreaLines({ data: { equalArea } }: Result, pen: Pen): string[] {
  if (!equalArea) return [];
  const tables = equalAreaTables(equalArea).map(({ columns: head, rows }) => {
    const short = rows.map(([name, ...figures]) => [middle(name!, pen.width - 60), ...figures]);
    return table(head, short, ["left", ...head.slice(1).map(() => "right" as const)], pen);
  });
  const words = [equalAreaLead(equalArea), ...equalArea.notes].flatMap((text) => wrapped(text, pen));
  return [...tables.flatMap((lines) => [...lines, ""]), ...words.map(pen.dim)];
}

interface Column {
  readonly head: string;
  readonly cell: (layer: LayerData) => string;
  /** Wide terminals show all; the highest number goes first when there is no room. */
  readonly drop: number;
}

const columns: readonly Column[] = [
  { head: "weights", cell: ({ rows, columns: c }) => `${rows}×${c}`, drop: 3 },
  { head: "positions", cell: ({ positions }) => count(positions), drop: 5 },
  {
    head: "zero grp",
    cell: ({ groups, zeroGroups }) => (groups === 0 ? "–" : percent(zeroGroups / groups, 1)),
    drop: 1,
  },
  { head: "arrays", cell: ({ arrays }) => count(arrays), drop: 0 },
  { head: "used", cell: (layer) => cellShare(layer, "used"), drop: 0 },
  { head: "wasted", cell: (layer) => cellShare(layer, "wasted"), drop: 1 },
  { head: "driven", cell: ({ activity }) => percent(activity, 1), drop: 4 },
  { head: "energy", cell: ({ cost }) => energy(cost.energy_J), drop: 0 },
  { head: "latency", cell: ({ cost }) => latency(cost.latency_s), drop: 2 },
];

function cellShare({ cells }: LayerData, key: "used" | "wasted"): string {
  return percent(share(cells[key], cells.used + cells.wasted + cells.empty + cells.reference), 1);
}

function layerLines(result: Result, pen: Pen): string[] {
  const { layers } = result.data;
  if (layers.length === 0) return [];
  const shown = columns.map((column) => {
    const cells = layers.map(column.cell);
    return { ...column, cells, width: Math.max(column.head.length, ...cells.map((cell) => cell.length)) };
  });
  const longest = Math.max(5, ...layers.map(({ matrix }) => [...matrix].length));
  const room = () => pen.width - 1 - shown.reduce((sum, { width }) => sum + width + 2, 0);
  while (room() < Math.min(longest, 24)) {
    const least = Math.max(...shown.map(({ drop }) => drop));
    if (least === 0) break;
    shown.splice(
      shown.findIndex(({ drop }) => drop === least),
      1,
    );
  }
  const names = layers.map(({ matrix }) => middle(matrix, Math.max(8, room())));
  return table(
    ["layer", ...shown.map(({ head }) => head)],
    names.map((name, i) => [name, ...shown.map(({ cells }) => cells[i]!)]),
    ["left", ...shown.map(() => "right" as const)],
    pen,
  );
}

function alternativeLines(result: Result, pen: Pen): string[] {
  const { columns, rows } = readings(result.cost);
  if (rows.length === 0) return [];
  const shortened = rows.map(([name, ...figures]) => [middle(name!, pen.width - 40), ...figures]);
  return table(columns, shortened, ["left", "right", "right", "right"], pen);
}

function noteLines(result: Result, pen: Pen): string[] {
  const notes = new Set(
    [result.cost, result.baseline, result.baselineSameBands].flatMap((cost) => cost.notes),
  );
  return [...notes].flatMap((note) => wrapped(`- ${note}`, pen));
}
