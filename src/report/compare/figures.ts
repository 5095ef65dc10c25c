import { type Broken, componentsOf, partOf, type Quantity, quantities } from "../figures/cost.js";
import { piecesOf, sparsityOf, stepAxis, timelineOf, zoomedShare } from "../figures/training.js";
import { count, middle, percent, ratio, share, times } from "../format.js";
import {
  type Axis,
  type Curve,
  countAxis,
  curveChart,
  groupedBars,
  lineChart,
  numberAxis,
  type Plot,
  type PlotText,
  quantityAxis,
  type Series,
  seriesColours,
  shareAxis,
  stackedBars,
} from "../plots/index.js";
import type { LayerData } from "../types.js";
import type { NamedRun } from "./runs.js";

/** A run's name in a legend: several stand on one line. */
const legendName = (name: string): string => middle(name, 40);

const seriesOf = (runs: readonly NamedRun[]): Series[] =>
  runs.map(({ name }, i) => ({ name: legendName(name), colour: seriesColours(runs.length)[i]! }));

/** Accuracy of the steps that a run may have, and by converter width. */
export function accuracyPlots(runs: readonly NamedRun[]): Plot[] {
  const steps = (["fp32", "quantized", "pruned", "hardware"] as const).filter((step) =>
    runs.some(({ result }) => result.accuracy[step] !== null),
  );
  const names = { fp32: "FP32", quantized: "quantised", pruned: "pruned", hardware: "on hardware" } as const;
  const bars = groupedBars({
    id: "accuracy-steps",
    title: "Accuracy from FP32 to the hardware",
    description:
      "Share of test images classified correctly. The hardware's accuracy may be of fewer images than the others.",
    rowTitle: "step",
    axis: shareAxis("accuracy", { digits: 2 }),
    series: seriesOf(runs),
    rows: steps.map((step) => ({
      label: names[step],
      values: runs.map(({ result }) => result.accuracy[step]),
    })),
  });
  return [...(steps.length > 0 ? [bars] : []), ...widthPlot(runs)];
}

function widthPlot(runs: readonly NamedRun[]): Plot[] {
  const widths = runs.flatMap(({ result }) => result.data.adcSweep.flatMap(({ bits }) => bits ?? []));
  if (widths.length === 0) return [];
  // The ideal converter stands one place right of the widest one.
  const ideal = Math.max(...widths) + 1;
  const width = (bits: number) => (bits === ideal ? "ideal" : `${bits} bit`);
  const values = runs.flatMap(({ result }) => result.data.adcSweep.map(({ accuracy }) => accuracy));
  return [
    lineChart({
      id: "accuracy-by-width",
      title: "Accuracy on the hardware by converter width",
      description: `The widths of a run are on the same images; “ideal” is a converter that returns every sum unchanged. The vertical axis starts at ${percent(zoomedShare(values).min ?? 0, 0)}.`,
      series: runs.map(({ name, result }) => ({
        name: legendName(name),
        points: result.data.adcSweep.map(({ bits, accuracy, images }) => ({
          x: bits ?? ideal,
          y: accuracy,
          note: `${count(images)} images`,
        })),
      })),
      x: {
        title: "ADC width (bit)",
        max: ideal,
        tick: (bits) => (bits === ideal ? "ideal" : String(bits)),
        value: width,
      },
      y: zoomedShare(values),
    }),
  ];
}

/** Zero groups and mismatch by layer, where layers carry groups, and the three compression rates. */
export function pruningPlots(runs: readonly NamedRun[]): Plot[] {
  const grouped = runs.some(({ result }) => result.data.layers.some(({ groups }) => groups > 0));
  const mismatched = runs.some(({ result }) => result.data.pruning !== null);
  return [
    ...(grouped ? [zeroGroupsPlot(runs)] : []),
    ...(mismatched ? [mismatchPlot(runs)] : []),
    ratesPlot(runs),
  ];
}

/** Layers of all runs in the order of the first one that has each. */
function byLayer(runs: readonly NamedRun[], reading: (layer: LayerData, run: NamedRun) => number | null) {
  const names = [...new Set(runs.flatMap(({ result }) => result.data.layers.map(({ matrix }) => matrix)))];
  return names.flatMap((label) => {
    const values = runs.map((run) => {
      const layer = run.result.data.layers.find(({ matrix }) => matrix === label);
      return layer ? reading(layer, run) : null;
    });
    return values.every((value) => value === null) ? [] : [{ label, values }];
  });
}

const none = (value: number | null): number => value ?? 0;

function zeroGroupsPlot(runs: readonly NamedRun[]): Plot {
  const rows = byLayer(runs, ({ groups, zeroGroups }) => (groups === 0 ? null : share(zeroGroups, groups)));
  const values = rows.flatMap((row) => row.values.map(none));
  return groupedBars({
    id: "zero-groups",
    title: "Zero groups by layer",
    description:
      "Share of each layer's groups of weights whose codes are all zero, so that they need no cells. Layers without groups are left out.",
    rowTitle: "layer",
    axis: shareAxis("zero groups", { max: Math.max(...values, 0.05) }),
    series: seriesOf(runs),
    rows,
  });
}

function mismatchPlot(runs: readonly NamedRun[]): Plot {
  const rows = byLayer(
    runs,
    ({ matrix }, { result }) =>
      result.data.pruning?.layers.find((layer) => layer.matrix === matrix)?.mismatchColumns.chunks ?? null,
  );
  return groupedBars({
    id: "mismatch",
    title: "Mismatch by layer, chunk by chunk",
    description:
      "Physical columns by which the fullest position of a column exceeds the emptiest, summed over the layer's chunks; the emptier positions leave cells unused. Compare runs of equal sparsity.",
    rowTitle: "layer",
    axis: countAxis(
      "columns",
      rows.flatMap((row) => row.values.map(none)),
    ),
    series: seriesOf(runs),
    rows,
  });
}

function ratesPlot(runs: readonly NamedRun[]): Plot {
  const rates = [
    ["as the paper counts", "paper"],
    ["all parameters", "parameters"],
    ["all counted", "honest"],
  ] as const;
  const rows = rates.map(([label, key]) => ({
    label,
    values: runs.map(({ result }) => result.compression[key]),
  }));
  return groupedBars({
    id: "compression",
    title: "Compression, by what is counted",
    description:
      "As the paper counts: layers with groups alone, or weights alone where whole neurons are pruned. All parameters: biases and batch norm as if they had the weights' bits. All counted: those at 32 bits, and the index of the groups.",
    rowTitle: "rate",
    axis: {
      ...numberAxis(
        "times smaller than in FP32 (×)",
        rows.flatMap(({ values }) => values),
      ),
      value: times,
    },
    series: seriesOf(runs),
    rows,
  });
}

/** Energy, latency and area by component, a bar per run. */
export function costPlots(runs: readonly NamedRun[]): Plot[] {
  const costs = runs.map(({ result }): Broken => result.cost);
  return (Object.keys(quantities) as Quantity[]).map((quantity) => {
    const { name, per, format } = quantities[quantity];
    const series = componentsOf(costs, costs, quantity);
    const values = costs.map((cost) => cost[quantity]);
    return stackedBars({
      id: `compare-${name}`,
      title: per,
      description: "By component; beside each total what it is to that of the first run.",
      rowTitle: "run",
      axis: quantityAxis(per.toLowerCase(), values, format),
      series,
      rows: runs.map(({ name: label }, i) => ({
        label,
        values: series.map((component) => partOf(costs[i]!, component, quantity)),
        text: format(values[i]!),
        note: i === 0 ? "" : ratio(values[i]!, values[0]!),
      })),
    });
  });
}

/** Curves of the runs that trained, over one another; stages show where they are the same in all of them. */
export function trainingPlots(runs: readonly NamedRun[]): Plot[] {
  const trained = runs
    .map(({ name, result }, i) => ({
      ...{ name: legendName(name), colour: seriesColours(runs.length)[i]! },
      timeline: timelineOf(result.data.training),
    }))
    .filter(({ timeline }) => timeline.bands.length > 0);
  const [first] = trained;
  if (!first) return [];
  const same = trained.every(
    ({ timeline }) => JSON.stringify(timeline.bands) === JSON.stringify(first.timeline.bands),
  );
  const longest = trained.reduce((a, b) =>
    b.timeline.bands.at(-1)!.to > a.timeline.bands.at(-1)!.to ? b : a,
  );
  const overlay = (
    text: PlotText,
    reading: Parameters<typeof piecesOf>[1],
    axis: (values: readonly number[]) => Axis,
  ): Plot[] => {
    const curves = trained
      .map(({ name, colour, timeline }): Curve => ({ name, colour, pieces: piecesOf(timeline, reading) }))
      .filter(({ pieces }) => pieces.some((piece) => piece.length > 0));
    if (curves.length === 0) return [];
    const values = curves.flatMap(({ pieces }) => pieces.flatMap((piece) => piece.map(([, y]) => y)));
    const bands = same ? { bands: first.timeline.bands } : {};
    return [curveChart({ ...text, ...bands, curves, x: stepAxis(longest.timeline.bands), y: axis(values) })];
  };
  return [
    ...overlay(
      {
        id: "training-loss",
        title: "Loss while training, on validation images",
        description: "Cross-entropy without penalties on images held out of the training set.",
      },
      ({ validation }) => validation?.loss,
      (values) => numberAxis("loss", values),
    ),
    ...overlay(
      {
        id: "training-accuracy",
        title: "Accuracy while training, on validation images",
        description:
          "Share of the images held out of the training set that are classified correctly. The vertical axis does not start at zero.",
      },
      ({ validation }) => validation?.accuracy,
      zoomedShare,
    ),
    ...overlay(
      {
        id: "training-sparsity",
        title: "Zero groups while training",
        description: "Share of the groups whose quantised weights are all zero, in the stages that prune.",
      },
      sparsityOf,
      (values) => shareAxis("zero groups", { max: Math.min(0.99, Math.max(...values, 0.01)) }),
    ),
  ];
}
