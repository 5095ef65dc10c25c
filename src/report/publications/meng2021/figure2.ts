import { percent } from "../../format.js";
import { type PointSeries, pointChart, shareAxis } from "../../plots/index.js";
import { checkNetwork, knownNetworks } from "../networks.js";
import type { FigureOptions, FigureRun, PublishedFigure } from "../types.js";
import { groupColours, markOf, publishedSeries, sizesOf } from "./look.js";
import { groupSizes, type NetworkName, published } from "./published.js";
import {
  directoriesOf,
  mean,
  methodTitles,
  overSeeds,
  type Repeated,
  Selection,
  seedsText,
  sizeText,
  spread,
  spreadLabel,
} from "./runs.js";

/**
 * Fig. 2: group sparsity against accuracy in software, by group size.
 * @throws InputError where no run fits
 */
export function figure2(
  found: readonly FigureRun[],
  { network = "resnet20" }: FigureOptions,
): PublishedFigure {
  const name = checkNetwork(network);
  const selection = new Selection(found, { networks: [name] });
  selection.requireSome(`figure 2 (${knownNetworks[name]!.title})`);
  const points = overSeeds(selection.runs.filter(({ software }) => software !== null));
  const paper = Object.hasOwn(published, name) ? published[name as NetworkName] : undefined;
  const colours = groupColours(sizesOf(points));
  const own = seriesOf(points, colours);
  const fp32 = [...new Set(points.flatMap(({ runs }) => runs.map(({ run }) => run.result.accuracy.fp32)))];
  const plot = pointChart({
    id: "meng2021-figure2",
    title: `Group sparsity and accuracy of ${knownNetworks[name]!.title}, by group size`,
    description: `Accuracy of the pruned 4-bit network in software against the share of its groups that is zero. ${
      paper ? "Outlined: Table II of the publication. " : ""
    }Fig. 2 itself prints no numbers.`,
    series: [...own, ...(paper ? [publishedSeries(paper.table2, colours)].flat() : [])],
    x: shareAxis("zero groups", { digits: 1 }),
    y: shareAxis("accuracy", { digits: 2 }),
    references: [
      ...(fp32.length === 1 && typeof fp32[0] === "number" ? [{ label: "FP32", value: fp32[0] }] : []),
      ...(paper ? [{ label: "FP32, Table II", value: paper.fp32 }] : []),
    ],
    intervalLabel: spreadLabel,
  });
  return {
    plots: [plot],
    title: plot.title,
    description: plot.description,
    rows: [
      ...points.map((point) => ({
        source: "runs",
        network: name,
        method: point.method,
        groupRows: point.groupRows,
        lambda: point.lambda,
        seeds: point.runs.length,
        groupSparsity: point.sparsity,
        accuracy: mean(softwareOf(point)),
        runs: directoriesOf([point]).join(" "),
      })),
      ...(paper?.table2 ?? []).map((row) => ({
        source: "Table II",
        network: name,
        method: "multi-group",
        groupRows: row.groupRows,
        lambda: null,
        seeds: null,
        groupSparsity: row.groupSparsity,
        accuracy: row.accuracy,
        runs: null,
      })),
    ],
    used: directoriesOf(points),
    missing: missingOf(points),
    passedOver: selection.passedOver,
  };
}

const softwareOf = ({ runs }: Repeated): number[] =>
  runs.flatMap(({ software }) => (software === null ? [] : [software]));

function seriesOf(points: readonly Repeated[], colours: ReadonlyMap<number, string>): PointSeries[] {
  const names = new Map<string, Repeated[]>();
  for (const point of points) {
    const { method, groupRows } = point;
    const size = method === "filters" ? "" : sizeText(groupRows);
    const title = [size, method === "multi-group" ? "" : methodTitles[method]].filter(Boolean).join(", ");
    names.set(title, [...(names.get(title) ?? []), point]);
  }
  return [...names]
    .sort(([, [a]], [, [b]]) => b!.groupRows - a!.groupRows)
    .map(([name, same]) => ({
      name,
      colour: colours.get(same[0]!.groupRows)!,
      mark: markOf(same[0]!.method),
      line: "solid" as const,
      points: same.map((point) => {
        const values = softwareOf(point);
        const interval = spread(values, point.runs[0]!.run.result.softwareImages);
        const lambda = point.lambda === null ? "" : `, lambda ${point.lambda}`;
        return {
          x: point.sparsity,
          y: mean(values),
          ...(interval ? { interval } : {}),
          note: `${seedsText(point)}${lambda}`,
        };
      }),
    }));
}

function missingOf(points: readonly Repeated[]): string[] {
  return groupSizes.flatMap((groupRows) => {
    const own = points.filter((point) => point.groupRows === groupRows && point.method === "multi-group");
    if (own.length === 0) return [`runs with ${sizeText(groupRows)} groups`];
    const [only] = own;
    return own.length === 1
      ? [`a second sparsity with ${sizeText(groupRows)} groups (there is ${percent(only!.sparsity, 1)})`]
      : [];
  });
}
