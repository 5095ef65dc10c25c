import { area, energy, latency, percent, ratio } from "../../format.js";
import { barChart, type Plot } from "../../plots/index.js";
import type { CostTriple } from "../../types.js";
import { checkNetwork, knownNetworks } from "../networks.js";
import type { FigureOptions, FigureRun, PublishedFigure } from "../types.js";
import { groupSizes, published, selectedGroupRows } from "./published.js";
import { directoriesOf, mean, overSeeds, type Repeated, Selection, sizeText, spread } from "./runs.js";

interface Quantity {
  readonly key: keyof CostTriple;
  readonly title: string;
  readonly format: (value: number) => string;
  /** What the publication's text says of it, where it does. */
  readonly published?: "energy" | "area";
}

const quantities: readonly Quantity[] = [
  { key: "energy_J", title: "energy per image", format: energy, published: "energy" },
  { key: "latency_s", title: "latency per image", format: latency },
  { key: "area_m2", title: "area of the chip", format: area, published: "area" },
];

const itsNetworks = ["resnet20", "vgg8", "resnet18"] as const;

/**
 * Fig. 7: energy, latency and area of the pruned networks against the unpruned 4-bit hardware, by group size.
 * @throws InputError where no run fits
 */
export function figure7(found: readonly FigureRun[], { network }: FigureOptions): PublishedFigure {
  const networks = network === undefined ? [...itsNetworks] : [checkNetwork(network)];
  const selection = new Selection(found, {
    networks,
    methods: ["multi-group"],
    onItsArray: true,
    readAtOnce: true,
  });
  selection.requireSome("figure 7");
  const points = overSeeds(selection.runs).sort(
    (a, b) =>
      networks.indexOf(a.network as never) - networks.indexOf(b.network as never) ||
      b.groupRows - a.groupRows ||
      a.sparsity - b.sparsity,
  );
  const marked = markedPoints(points);
  return {
    plots: quantities.map((quantity) => panel(quantity, points, marked)),
    title: "Energy, latency and area against the unpruned 4-bit hardware",
    description:
      "Each bar is a recipe's mean over its seeds, as a share of the same network unpruned and read in full columns; the share of zero groups stands beside the group size. The marks are the savings that section IV-B states; it does not say for which group size, and they stand here at the one that it selects, 72 × 1, at the run nearest to the sparsity of Table II. Fig. 7 itself prints no numbers.",
    rows: points.map((point) => rowOf(point, marked)),
    used: directoriesOf(points),
    missing: missingOf(points, networks),
    passedOver: selection.passedOver,
  };
}

/** Of each network, the point at which the published savings are marked. */
function markedPoints(points: readonly Repeated[]): ReadonlyMap<Repeated, { energy: number; area: number }> {
  return new Map(
    itsNetworks.flatMap((name) => {
      const { overBaseline, table2 } = published[name];
      const row = table2.find(({ groupRows }) => groupRows === selectedGroupRows);
      const [nearest] = points
        .filter((point) => point.network === name && point.groupRows === selectedGroupRows)
        .sort(
          (a, b) => Math.abs(a.sparsity - row!.groupSparsity) - Math.abs(b.sparsity - row!.groupSparsity),
        );
      return nearest && overBaseline ? [[nearest, overBaseline] as const] : [];
    }),
  );
}

const overBaseline = ({ runs }: Repeated, key: keyof CostTriple): number[] =>
  runs.map(({ run: { result } }) => result.cost[key] / result.baseline[key]);

const absolute = ({ runs }: Repeated, key: keyof CostTriple): number =>
  mean(runs.map(({ run: { result } }) => result.cost[key]));

function panel(
  { key, title, format, published: what }: Quantity,
  points: readonly Repeated[],
  marked: ReturnType<typeof markedPoints>,
): Plot {
  const values = points.map((point) => overBaseline(point, key));
  const seeds = values.some((one) => one.length > 1);
  return barChart({
    id: `meng2021-figure7-${title.split(" ")[0]}`,
    title: title.charAt(0).toUpperCase() + title.slice(1),
    description: "Over the unpruned 4-bit network, read in full columns.",
    rowTitle: "network, group size, zero groups",
    axis: {
      title: `${title}, times the baseline`,
      max: 1,
      tick: (value) => String(Number(value.toPrecision(6))),
      value: (value) => ratio(value, 1),
    },
    bars: points.map((point, i) => {
      const interval = seeds ? spread(values[i]!) : undefined;
      const marker = what && marked.get(point)?.[what];
      return {
        label: `${networkText(point)} ${sizeText(point.groupRows)}, ${percent(point.sparsity, 1)}`,
        value: mean(values[i]!),
        note: format(absolute(point, key)),
        ...(interval ? { interval } : {}),
        ...(marker === undefined ? {} : { marker }),
      };
    }),
    references: [{ label: "baseline", value: 1 }],
    markerLabel: "published (section IV-B)",
    intervalLabel: "range over seeds",
  });
}

const networkText = ({ network }: Repeated): string => knownNetworks[network]!.title.split(",")[0]!;

function rowOf(point: Repeated, marked: ReturnType<typeof markedPoints>): PublishedFigure["rows"][number] {
  const same = (key: keyof CostTriple) =>
    mean(point.runs.map(({ run: { result } }) => result.cost[key] / result.baselineSameBands[key]));
  const paper = marked.get(point);
  return {
    network: point.network,
    groupRows: point.groupRows,
    lambda: point.lambda,
    seeds: point.runs.length,
    groupSparsity: point.sparsity,
    energy_J: absolute(point, "energy_J"),
    latency_s: absolute(point, "latency_s"),
    area_m2: absolute(point, "area_m2"),
    energyOverBaseline: mean(overBaseline(point, "energy_J")),
    latencyOverBaseline: mean(overBaseline(point, "latency_s")),
    areaOverBaseline: mean(overBaseline(point, "area_m2")),
    energyOverSameBands: same("energy_J"),
    latencyOverSameBands: same("latency_s"),
    areaOverSameBands: same("area_m2"),
    publishedEnergyOverBaseline: paper?.energy ?? null,
    publishedAreaOverBaseline: paper?.area ?? null,
    runs: directoriesOf([point]).join(" "),
  };
}

function missingOf(points: readonly Repeated[], networks: readonly string[]): string[] {
  return networks.flatMap((name) => {
    const own = points.filter((point) => point.network === name);
    const { title } = knownNetworks[name]!;
    if (own.length === 0) return [`runs of ${title}`];
    return groupSizes
      .filter((size) => !own.some(({ groupRows }) => groupRows === size))
      .map((size) => `${title}: runs with ${sizeText(size)} groups`);
  });
}
