import { InputError } from "../../../errors.js";
import { count, percent } from "../../format.js";
import { mismatchOfLayers, totalMismatch } from "../../mismatch.js";
import { countAxis, groupedBars, pairColours } from "../../plots/index.js";
import { checkNetwork, knownNetworks } from "../networks.js";
import type { FigureOptions, FigureRun, PublishedFigure } from "../types.js";
import { selectedGroupRows } from "./published.js";
import {
  directoriesOf,
  mean,
  methodTitles,
  overSeeds,
  type Penalty,
  type PrunedRun,
  type Repeated,
  Selection,
  seedsText,
  sizeText,
} from "./runs.js";

/** Two methods are compared fairly at group sparsities this close, and accuracies that close (spec, check 12). */
const fairSparsity = 0.01;
const fairAccuracy = 0.005;

/**
 * Fig. 5: mismatched columns of the arrays, layer by layer, with plain and with multi-group Lasso. Of all pairs of
 * recipes, the sparsest one whose group sparsities lie within a point; else the closest one.
 * @throws InputError where there are not runs of both
 */
export function figure5(
  found: readonly FigureRun[],
  { network = "resnet20" }: FigureOptions,
): PublishedFigure {
  const name = checkNetwork(network);
  const { title } = knownNetworks[name]!;
  const selection = new Selection(found, {
    networks: [name],
    methods: ["multi-group", "plain", "multi-group+magnitude", "plain+magnitude"],
    groupRows: [selectedGroupRows],
    onItsArray: true,
    penalised: true,
  });
  selection.requireSome(`figure 5 (${title}, ${sizeText(selectedGroupRows)} groups)`);
  const points = overSeeds(selection.runs);
  const [plain, multi] = choosePair(points);
  const layers = plain.runs[0]!.run.result.data.layers.filter(({ groups }) => groups > 0);
  const rows = layers.map((layer) => {
    const values = [plain, multi].map(({ runs }) => runs.map((run) => mismatchIn(run, layer.matrix)));
    return { label: layer.matrix, values };
  });
  const totals = [plain, multi].map(({ runs }) =>
    mean(runs.map(({ run }) => totalMismatch(run.result, "layer") ?? 0)),
  ) as [number, number];
  const fairness = fairnessOf(plain, multi);
  const plot = groupedBars({
    id: "meng2021-figure5",
    title: `Mismatched columns of ${title.split(",")[0]}: ${number(totals[0])} with plain, ${number(totals[1])} with multi-group Lasso`,
    description: `Per layer, the physical columns by which the fuller of the positions exceeds the emptiest, at ${sizeText(selectedGroupRows)} groups and 2-bit cells: columns in which cells are wasted. ${fairness} ${chunksText(plain, multi)}Fig. 5 itself prints no numbers.`,
    rowTitle: "layer",
    axis: {
      ...countAxis(
        "mismatched columns",
        rows.flatMap(({ values }) => values.flat()),
      ),
      value: number,
    },
    series: [
      {
        name: `${methodTitles[plain.method]} (${percent(plain.sparsity, 1)} of the groups zero)`,
        colour: pairColours[1],
      },
      { name: `${methodTitles[multi.method]} (${percent(multi.sparsity, 1)})`, colour: pairColours[0] },
    ],
    rows: rows.map(({ label, values }) => ({
      label,
      values: values.map(mean),
      text: values.map(rangeText).join(", "),
    })),
    textTitle: "columns",
  });
  const others = points.filter((point) => point !== plain && point !== multi);
  return {
    plots: [plot],
    title: plot.title,
    description: plot.description,
    rows: [plain, multi].flatMap((point, which) =>
      rows.map(({ label, values }) => ({
        network: name,
        method: point.method,
        groupRows: point.groupRows,
        lambda: point.lambda,
        seeds: point.runs.length,
        groupSparsity: point.sparsity,
        layer: label,
        mismatchColumns: mean(values[which]!),
        runs: directoriesOf([point]).join(" "),
      })),
    ),
    used: directoriesOf([plain, multi]),
    missing: missingOf(plain, multi),
    passedOver: [
      ...selection.passedOver,
      ...(others.length > 0
        ? [{ reason: "at other sparsities than the pair shown", runs: directoriesOf(others) }]
        : []),
    ],
  };
}

function choosePair(points: readonly Repeated[]): readonly [plain: Repeated, multi: Repeated] {
  const of = (penalty: Penalty) =>
    points.filter(({ method }) => method === penalty || method === `${penalty}+magnitude`);
  const pairs = of("plain").flatMap((plain) => of("multi-group").map((multi) => [plain, multi] as const));
  if (pairs.length === 0) {
    const there: Penalty = of("plain").length > 0 ? "plain" : "multi-group";
    throw new InputError(`figure 5 compares two methods, and there are runs of ${methodTitles[there]} only`, {
      hint: `run the same recipe with method: ${there === "plain" ? "multi-group" : "plain"} as well`,
    });
  }
  const apart = ([plain, multi]: (typeof pairs)[number]) => Math.abs(plain.sparsity - multi.sparsity);
  const together = ([plain, multi]: (typeof pairs)[number]) => plain.sparsity + multi.sparsity;
  const fair = pairs.filter((pair) => apart(pair) <= fairSparsity);
  const [best] =
    fair.length > 0
      ? fair.sort((a, b) => together(b) - together(a))
      : pairs.sort((a, b) => apart(a) - apart(b));
  return best!;
}

const mismatchIn = ({ run }: PrunedRun, matrix: string): number =>
  mismatchOfLayers(run.result).get(matrix)?.layer ?? 0;

/** The mean, and how far seeds lie apart: `13 (11 to 15)`. */
function rangeText(seeds: readonly number[]): string {
  const [low, high] = [Math.min(...seeds), Math.max(...seeds)];
  return low === high ? number(low) : `${number(mean(seeds))} (${number(low)} to ${number(high)})`;
}

const number = (value: number): string => count(Number(value.toFixed(1)));

function fairnessOf(plain: Repeated, multi: Repeated): string {
  const sparsity = Math.abs(plain.sparsity - multi.sparsity);
  const [first, second] = [accuracyOf(plain), accuracyOf(multi)];
  const accuracies =
    first === null || second === null
      ? ""
      : `, accuracies are ${percent(first)} and ${percent(second)}${
          Math.abs(first - second) > fairAccuracy ? " (more than half a point apart)" : ""
        }`;
  const seeds = `${seedsText(plain)} and ${seedsText(multi)}`;
  const far =
    sparsity > fairSparsity ? " NOT a fair comparison: sparsities differ by more than a point." : "";
  return `Group sparsities are ${percent(plain.sparsity, 1)} and ${percent(multi.sparsity, 1)}${accuracies} (${seeds}).${far}`;
}

function accuracyOf({ runs }: Repeated): number | null {
  const values = runs.flatMap(({ software }) => software ?? []);
  return values.length === 0 ? null : mean(values);
}

/** Columns are wasted chunk by chunk; the sum over the layer hides what evens out between chunks. */
function chunksText(plain: Repeated, multi: Repeated): string {
  const totals = [plain, multi].map(({ runs }) =>
    runs.map(({ run }) => totalMismatch(run.result, "chunks")).filter((value) => value !== null),
  );
  if (totals.some((values) => values.length === 0)) return "";
  const [first, second] = totals.map((values) => number(mean(values)));
  return `Counted chunk by chunk, as the arrays see it: ${first} and ${second}. `;
}

function missingOf(plain: Repeated, multi: Repeated): string[] {
  const apart = Math.abs(plain.sparsity - multi.sparsity);
  const seeds = Math.min(plain.runs.length, multi.runs.length);
  return [
    ...(apart > fairSparsity
      ? [`runs of both methods at the same sparsity (these are ${percent(apart, 1)} apart)`]
      : []),
    ...(seeds < 3 ? [`three seeds of each method (there ${seeds === 1 ? "is one" : "are two"})`] : []),
  ];
}
