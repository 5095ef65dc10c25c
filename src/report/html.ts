import { equalAreaLead, equalAreaTables } from "./equal-area.js";
import { accuracyPlots } from "./figures/accuracy.js";
import { costPlots, layerEnergyPlots } from "./figures/cost.js";
import { crossbarPruningPlots, endWords, roundsTable } from "./figures/crossbar-pruning.js";
import { activityPlots, drawingPlot, placementPlots } from "./figures/placement.js";
import { compressionPlot, compressionWords, pruningPlots, type ReferenceRun } from "./figures/pruning.js";
import { trainingPlots } from "./figures/training.js";
import { utilizationPlots } from "./figures/utilization.js";
import {
  area,
  count,
  energy,
  latency,
  percent,
  points,
  ratio,
  requireResult,
  share,
  words,
} from "./format.js";
import { figures, htmlPage, type PageMeta, properties, reportScript, section } from "./page.js";
import type { DataTable } from "./plots/types.js";
import { figureHtml, tableHtml } from "./plots/write.js";
import { hardwareRows, readings } from "./rows.js";
import { element, type Markup } from "./svg.js";
import type { AccuracyOnImages, LayerData, Result, SparsityLayer } from "./types.js";

export interface HtmlMeta extends PageMeta {
  /** A run whose mismatch is drawn beside this one's: the same recipe without the multi-group penalty. */
  readonly reference?: ReferenceRun;
}

/**
 * A run as one HTML file that loads nothing: styles, drawings and the few lines of script are inside. Light and dark
 * by the reader's setting. Equal results give equal bytes.
 *
 * @throws InputError where the result is not of version 1, or a number of it is not finite
 */
export function htmlReport(result: Result, meta: HtmlMeta): string {
  requireResult(result);
  if (meta.reference) requireResult(meta.reference.result);
  return htmlPage(
    meta,
    [
      element("p", { class: "lead" }, leadOf(result)),
      summary(result),
      section("Accuracy", [...figures(accuracyPlots(result)), ...paired(result), ...comparison(result)]),
      section("Training", [...stages(result), ...figures(trainingPlots(result))]),
      section("Pruning and compression", [
        ...figures([...pruningPlots(result, meta.reference), compressionPlot(result)]),
        properties(compressionWords(result)),
        ...zeroWeights(result),
      ]),
      section("Crossbar-grained pruning", crossbarPruning(result)),
      section("Placement", figures([...placementPlots(result), ...utilizationPlots(result)])),
      drawings(result.data.layers),
      section("Cost against the unpruned network", [...figures(costPlots(result)), ...alternatives(result)]),
      section("On the same area as dense chips", equalAreaParts(result)),
      section("Where the energy goes", figures([...layerEnergyPlots(result), ...activityPlots(result)])),
      section("Layers", result.data.layers.length === 0 ? [] : [tableHtml(layerTable(result.data.layers))]),
      section("Setting", [properties(hardwareRows(result)), ...notes(result)]),
      recipe(result),
    ],
    reportScript,
  );
}

function leadOf({ data: { model, hardware } }: Result): string {
  const { rows, columns } = hardware.array;
  const adc = hardware.adcBits === null ? "ideal converters" : `${hardware.adcBits}-bit converters`;
  return `${model.name} on ${hardware.name}: arrays of ${rows} × ${columns} cells with ${adc}`;
}

/** The figures that a reader looks for first. */
function summary(result: Result): Markup {
  const { accuracy, cells, cost, baseline, compression } = result;
  const all = cells.used + cells.wasted + cells.empty + cells.reference;
  const optional = (value: number | null) => (value === null ? "not run" : percent(value));
  const { sparsity: single } = result.data;
  const ungrouped = single ? `${percent(single.zeros / single.weights, 1)} of weights zero` : "no groups";
  const sparsity =
    result.groupSparsity === null ? ungrouped : `${percent(result.groupSparsity, 1)} of groups zero`;
  const against = (own: number, other: number) => `${ratio(own, other)} the baseline`;
  const cards: [string, string, string][] = [
    ["accuracy on hardware", optional(accuracy.hardware), `FP32 ${optional(accuracy.fp32)}`],
    ["energy per image", energy(cost.energy_J), against(cost.energy_J, baseline.energy_J)],
    ["latency per image", latency(cost.latency_s), against(cost.latency_s, baseline.latency_s)],
    ["area", area(cost.area_m2), against(cost.area_m2, baseline.area_m2)],
    ["arrays", count(result.arrays), `${percent(share(cells.used, all), 1)} of cells used`],
    ["compression, all counted", `${Number(compression.honest.toFixed(2))} ×`, sparsity],
  ];
  return element(
    "dl",
    { class: "cards" },
    cards.map(([name, value, note]) =>
      element(
        "div",
        {},
        element("dt", {}, name),
        element("dd", {}, value),
        element("dd", { class: "note" }, note),
      ),
    ),
  );
}

/** What the converters cost, on the same images, so that the sample of images matters less. */
function paired({ data: { paired: found = [] } }: Result): Markup[] {
  if (found.length === 0) return [];
  const table: DataTable = {
    columns: ["converters", "difference", "from", "to", "images"],
    rows: found.map(({ bits, difference, low, high, images }) => [
      bits === null ? "ideal" : `${bits} bit`,
      ...[difference, low, high].map((value) => points(value)),
      count(images),
    ]),
  };
  return [
    element("h3", {}, "The chip against the same network in software, image by image"),
    element(
      "p",
      {},
      "Difference of the two accuracies on the same images, with its paired 95 % interval (Agresti and Min 2005).",
    ),
    tableHtml(table),
  ];
}

function stages({ data: { stages: found } }: Result): Markup[] {
  if (found.length === 0) return [];
  const shown = (measured: AccuracyOnImages | null) =>
    measured === null ? "–" : `${percent(measured.accuracy)} of ${count(measured.images)}`;
  return [
    element(
      "p",
      {},
      "Accuracy after each stage. Validation images are held out of the training set; test images are looked at once, when all stages are done.",
    ),
    tableHtml({
      columns: ["stage", "validation", "test"],
      rows: found.map(({ name, kind, validation, test }) => [
        name === kind ? name : `${name} (${words(kind)})`,
        shown(validation),
        shown(test),
      ]),
    }),
  ];
}

/** What freed arrays, round by round. */
const crossbarPruning = ({ data: { crossbarPruning: reports = [] } }: Result): Markup[] =>
  reports.flatMap((report, i) => [
    ...figures(crossbarPruningPlots(report, i)),
    element("p", {}, `${report.stage}, ${words(report.mode)}: ${endWords(report)}`),
    tableHtml(roundsTable(report)),
  ]);

/** A zero saves nothing by itself: the arrays hold it, unless its whole line is left out. */
function zeroWeights({ data: { sparsity } }: Result): Markup[] {
  if (!sparsity) return [];
  const row = (name: string, { weights, zerosBefore, zeros, zeroCodes }: Omit<SparsityLayer, "layer">) => [
    name,
    count(weights),
    ...[zerosBefore, zeros, zeroCodes].map((n) => `${count(n)} (${percent(share(n, weights))})`),
  ];
  return [
    element("h3", {}, "Zero weights, layer by layer"),
    element(
      "p",
      {},
      "Weights that are exactly zero before and after pruning, and codes that are zero on the arrays. A zero cell saves nothing by itself: no rate above counts it, but lines that are all zero may be left out.",
    ),
    tableHtml({
      columns: ["layer", "weights", "zero before", "zero", "zero codes"],
      rows: [...sparsity.layers.map((layer) => row(layer.layer, layer)), row("all", sparsity)],
    }),
  ];
}

function comparison({ data: { integerVersusFloat: compared } }: Result): Markup[] {
  if (!compared) return [];
  const { images, predictionsThatDiffer, codes, codesThatDiffer } = compared;
  const text = `The integer network that the arrays compute and the same network in floating point differ in ${count(predictionsThatDiffer)} of ${count(images)} predictions and ${count(codesThatDiffer)} of ${count(codes)} activation codes (${percent(share(codesThatDiffer, codes), 3)}).`;
  return [element("p", {}, text)];
}

/** A drawing per layer; without scripts the first one stands alone. */
function drawings(layers: readonly LayerData[]): Markup | undefined {
  if (layers.length === 0) return undefined;
  const options = layers.map(({ matrix }, i) => element("option", { value: `drawing-${i}` }, matrix));
  const picker = element("label", { class: "picker" }, "Layer ", element("select", { id: "layer" }, options));
  const drawn = layers.map((layer, i) =>
    element("div", { class: "drawing", hidden: i > 0 }, figureHtml(drawingPlot(layer, `drawing-${i}`))),
  );
  return section("The arrays of a layer", [picker, ...drawn]);
}

function alternatives({ cost }: Result): Markup[] {
  const { columns, rows } = readings(cost);
  if (rows.length === 0) return [];
  const table: DataTable = {
    columns: [...columns, "what it assumes"],
    rows: rows.map((row, i) => [...row, cost.alternatives[i]!.assumption ?? ""]),
  };
  const heading = element("h3", {}, "The totals under other readings of the source");
  return [heading, element("div", { class: "readings" }, tableHtml(table))];
}

/** Where columns were exchanged; elsewhere nothing. */
function equalAreaParts({ data: { equalArea } }: Result): Markup[] {
  if (!equalArea) return [];
  return [
    element("p", {}, equalAreaLead(equalArea)),
    ...equalAreaTables(equalArea).map((table) => tableHtml(table)),
    element(
      "ul",
      {},
      equalArea.notes.map((note) => element("li", {}, note)),
    ),
  ];
}

function layerTable(layers: readonly LayerData[]): DataTable {
  const composed = layers.some(({ losslessBits }) => losslessBits !== undefined);
  return {
    columns: [
      ...[
        "layer",
        "weights",
        "positions",
        "weight bits",
        "input bits",
        "group rows",
        "zero groups",
        "arrays",
      ],
      ...[
        "row groups",
        "used cells",
        "wasted cells",
        "empty cells",
        "mismatch columns",
        "driven",
        "ADC range",
        ...(composed ? ["lossless bits"] : []),
      ],
      ...["energy", "latency", "area"],
    ],
    rows: layers.map((layer) => [
      layer.matrix,
      `${layer.rows} × ${layer.columns}`,
      count(layer.positions),
      String(layer.weightBits),
      String(layer.inputBits),
      layer.groupRows === null ? "–" : String(layer.groupRows),
      layer.groups === 0 ? "–" : `${count(layer.zeroGroups)} of ${count(layer.groups)}`,
      count(layer.arrays),
      count(layer.rowGroups),
      ...[layer.cells.used, layer.cells.wasted, layer.cells.empty].map(count),
      layer.mismatchColumns === null ? "–" : count(layer.mismatchColumns),
      percent(layer.activity, 1),
      layer.adcRange === null ? "–" : `${short(layer.adcRange.low)} to ${short(layer.adcRange.high)}`,
      ...(composed ? [String(layer.losslessBits ?? "–")] : []),
      energy(layer.cost.energy_J),
      latency(layer.cost.latency_s),
      area(layer.cost.area_m2),
    ]),
  };
}

const short = (value: number): string => String(Number(value.toPrecision(4)));

function notes(result: Result): Markup[] {
  const all = [
    ...new Set([result.cost, result.baseline, result.baselineSameBands].flatMap((cost) => cost.notes)),
  ];
  if (all.length === 0) return [];
  return [
    element("h3", {}, "Notes"),
    element(
      "ul",
      {},
      all.map((note) => element("li", {}, note)),
    ),
  ];
}

function recipe(result: Result): Markup {
  const json = JSON.stringify(result.recipe, null, 2);
  return element("details", { class: "recipe" }, element("summary", {}, "Recipe"), element("pre", {}, json));
}
