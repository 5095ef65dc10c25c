import { percent } from "../../format.js";
import { lineColours, type PointSeries, pointChart, type Reference, shareAxis } from "../../plots/index.js";
import { checkNetwork, knownNetworks } from "../networks.js";
import { mean, spread, spreadLabel, together } from "../runs.js";
import type { FigureOptions, FigureRun, PublishedFigure } from "../types.js";
import { eightBits, published } from "./published.js";
import {
  directoriesOf,
  floatAccuracy,
  overSeeds,
  placedAccuracy,
  type Repeated,
  Selection,
  type SparseRun,
  seedsText,
  unprunedAccuracy,
} from "./runs.js";

/** Widths of Fig. 6 beside floating point. */
const widths = [8, 4] as const;

/** One dot: the same pruned network in one precision. */
interface Accuracy {
  readonly point: Repeated;
  /** null: floating point. */
  readonly weightBits: number | null;
  readonly values: readonly number[];
  readonly images: number;
}

/**
 * Fig. 6: accuracy in software over the share of zero weights, in floating point and with weights of 8 and 4 bits.
 * @throws InputError where no run fits
 */
export function figure6(found: readonly FigureRun[], { network = "vgg16" }: FigureOptions): PublishedFigure {
  const name = checkNetwork(network);
  const { title } = knownNetworks[name]!;
  // Arrays change nothing in software: runs that differ in them alone are one.
  const selection = new Selection(found, { networks: [name], crossbars: false }, softwareKey);
  selection.requireSome(`figure 6 (${title})`);
  const points = overSeeds(selection.runs, softwareKey);
  const dots = [...floats(selection.runs), ...points.flatMap(quantised)];
  const bits = [...new Set(dots.map(({ weightBits }) => weightBits))].sort((a, b) => (b ?? 99) - (a ?? 99));
  const plot = pointChart({
    id: "lin2019-figure6",
    title: `Sparsity, weight bits and accuracy of ${title}`,
    description: `Accuracy in software against the share of zero weights, in floating point and quantised, fine-tuned at each sparsity. Fig. 6 itself prints no numbers; of VGG-16 the text says that 8 bits lose nothing up to 90 % and less than 1 point up to 95 %, and that 4 bits are worse from the start and fall off from 90 %.${publishedPoint(name) ? " Outlined: Tables I and II of the publication, which name no precision." : ""}`,
    series: [
      ...bits.map((width, i) => seriesOf(width, dots, lineColours[i % lineColours.length]!)),
      ...publishedSeries(name),
    ],
    x: shareAxis("zero weights", { digits: 1 }),
    y: shareAxis("accuracy", { digits: 2 }),
    references: referencesOf(name, selection.runs),
    intervalLabel: spreadLabel,
  });
  return {
    plots: [plot],
    title: plot.title,
    description: plot.description,
    rows: [...dots.map((dot) => rowOf(name, dot)), ...publishedRows(name)],
    used: directoriesOf(points),
    missing: missingOf(dots),
    passedOver: selection.passedOver,
  };
}

interface Quantiser {
  readonly stage?: unknown;
}

const stagesOf = ({ run }: SparseRun): readonly Quantiser[] => {
  const { stages } = run.result.recipe;
  return Array.isArray(stages) ? stages : [];
};

/** What a network in software follows from, the seed aside. */
const softwareKey = (one: SparseRun): string =>
  JSON.stringify([one.network, ...trainingOf(one), stagesOf(one)]);

const trainingOf = ({ run: { result } }: SparseRun): unknown[] => [
  result.recipe["model"],
  result.recipe["data"],
  result.recipe["evaluate"],
];

/** The same in floating point: the stages up to the one that quantises. */
function floatKey(one: SparseRun): string {
  const stages = stagesOf(one);
  const end = stages.findIndex(({ stage }) => /quantization/.test(String(stage)));
  return JSON.stringify([one.network, ...trainingOf(one), stages.slice(0, end < 0 ? undefined : end)]);
}

/** Runs that differ only in how they quantise have one network in floating point for each seed. */
function floats(runs: readonly SparseRun[]): Accuracy[] {
  const measured = runs.filter((run) => floatAccuracy(run) !== null);
  const once = together(measured, (run) => `${floatKey(run)} ${run.run.result.seed}`).map(
    ([first]) => first!,
  );
  return overSeeds(once, floatKey).map((point) => ({
    point,
    weightBits: null,
    values: point.runs.map((run) => floatAccuracy(run)!.accuracy),
    images: floatAccuracy(point.runs[0]!)!.images,
  }));
}

function quantised(point: Repeated): Accuracy[] {
  const values = point.runs.flatMap((run) => placedAccuracy(run) ?? []);
  const images = point.runs[0]!.run.result.softwareImages;
  return values.length === 0 ? [] : [{ point, weightBits: point.weightBits, values, images }];
}

const widthText = (bits: number | null): string => (bits === null ? "float" : `${bits}-bit weights`);

function seriesOf(bits: number | null, dots: readonly Accuracy[], colour: string): PointSeries {
  return {
    name: widthText(bits),
    colour,
    mark: bits === null ? "diamond" : bits === 4 ? "triangle" : "circle",
    line: bits === null ? "dashed" : "solid",
    points: dots
      .filter(({ weightBits }) => weightBits === bits)
      .map(({ point, values, images }) => {
        const interval = spread(values, images);
        const y = mean(values);
        return { x: point.sparsity, y, ...(interval ? { interval } : {}), note: seedsText(point) };
      }),
  };
}

function publishedPoint(network: string): { x: number; y: number } | null {
  const paper = published[network];
  return paper?.table2 ? { x: paper.sparsity, y: paper.table2.pruned } : null;
}

function publishedSeries(network: string): PointSeries[] {
  const point = publishedPoint(network);
  const look = { colour: lineColours[0]!, mark: "square", hollow: true } as const;
  return point ? [{ name: "Tables I and II", ...look, points: [{ ...point, note: "published" }] }] : [];
}

function referencesOf(network: string, runs: readonly SparseRun[]): Reference[] {
  const unpruned = [...new Set(runs.flatMap((run) => unprunedAccuracy(run) ?? []))];
  const paper = published[network]?.table2;
  return [
    ...(unpruned.length === 1 ? [{ label: "unpruned", value: unpruned[0]! }] : []),
    ...(paper ? [{ label: "original, Table II", value: paper.original }] : []),
    ...(paper && network === eightBits.network
      ? [
          {
            label: `8 bits to ${percent(eightBits.sparsity, 0)}, published: above`,
            value: paper.original - eightBits.loss,
          },
        ]
      : []),
  ];
}

const rowOf = (network: string, { point, weightBits, values, images }: Accuracy) => ({
  source: "runs",
  network,
  weights: weightBits === null ? "float" : `${weightBits} bit`,
  sparsity: point.sparsity,
  seeds: values.length,
  images,
  accuracy: mean(values),
  runs: directoriesOf([point]).join(" "),
});

const publishedRows = (network: string): PublishedFigure["rows"] => {
  const point = publishedPoint(network);
  return point ? [{ source: "Tables I and II", network, sparsity: point.x, accuracy: point.y }] : [];
};

function missingOf(dots: readonly Accuracy[]): string[] {
  return [null, ...widths].flatMap((bits) => {
    const own = dots.filter(({ weightBits }) => weightBits === bits);
    if (own.length === 0)
      return [
        bits === null ? "accuracies of the pruned network in floating point" : `runs of ${bits}-bit weights`,
      ];
    const [only] = own;
    return own.length === 1
      ? [`a second sparsity, ${widthText(bits)} (there is ${percent(only!.point.sparsity, 1)})`]
      : [];
  });
}
