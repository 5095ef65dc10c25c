import { area, energy, latency, times } from "../../format.js";
import { type GroupedRow, groupedBars, type Plot, pairColours, type Reference } from "../../plots/index.js";
import { checkNetwork, knownNetworks } from "../networks.js";
import { together } from "../runs.js";
import type { FigureOptions, FigureRun, PublishedFigure } from "../types.js";
import { chosenSize, energyGain, itsNetworks, speedUp } from "./published.js";
import {
  chipOf,
  directoriesOf,
  gainsOf,
  meanOf,
  nearestToTable1,
  notShown,
  offTable1,
  overSeeds,
  ownChip,
  type Repeated,
  Selection,
  type SparseRun,
} from "./runs.js";

/** A network without and with crossbar-grained pruning, each at the sparsity nearest to Table I's. */
interface Pair {
  readonly network: string;
  readonly without: Repeated | undefined;
  readonly with: Repeated | undefined;
}

/**
 * Fig. 9: energy efficiency over PRIME of several networks, without and with crossbar-grained pruning.
 * @throws InputError where no run fits
 */
export function figure9(found: readonly FigureRun[], options: FigureOptions): PublishedFigure {
  const { pairs, ...selected } = pairsOf(found, options, "figure 9");
  const [from, to] = energyGain;
  const plot = gainBars("lin2019-figure9", pairs, {
    title: "Energy efficiency over PRIME",
    description: `Energy of an image on PRIME's arrays, every weight stored, over that with columns exchanged on arrays of ${chosenSize} × ${chosenSize} weights, of the same components; on the right the energy of an image. The publication's text says ${from} to ${to} × with crossbar-grained pruning; Fig. 9 itself prints no numbers.`,
    quantity: "energy efficiency over PRIME (×)",
    values: [{ name: "", value: (run) => gainsOf(run).energy }],
    text: (point) => energy(meanOf(point, (run) => ownChip(run).energy_J)!),
    references: [
      { label: "published, from", value: from },
      { label: "to", value: to },
    ],
  });
  return {
    ...selected,
    plots: [plot],
    title: plot.title,
    description: plot.description,
    rows: [
      ...pairs.flatMap((pair) => bothOf(pair).map(energyRow)),
      { source: "section VI-B", crossbarPruning: true, energyGain: from, energyGainTo: to },
    ],
  };
}

/**
 * Fig. 10: speed over PRIME on the same area, layers pipelined and one after another, without and with crossbar-grained
 * pruning.
 * @throws InputError where no run fits
 */
export function figure10(found: readonly FigureRun[], options: FigureOptions): PublishedFigure {
  const { pairs, ...selected } = pairsOf(found, options, "figure 10");
  const [from, to] = speedUp.range;
  const references = [
    { label: "published, more than", value: from },
    { label: "for most", value: speedUp.most },
    { label: "to", value: to },
  ];
  const sameArea = gainBars("lin2019-figure10-area", pairs, {
    title: "On the area of PRIME's arrays",
    description:
      "Both chips with as many copies of their layers as the area of PRIME's arrays holds. –: it does not hold the exchanged network once.",
    quantity: "speed over PRIME (×)",
    values: [
      { name: ", pipelined", value: (run) => gainsOf(run).pipelined },
      { name: ", serial", value: (run) => gainsOf(run).serial },
    ],
    text: (point, i) => {
      const time = meanOf(point, i === 0 ? intervalOnArea : latencyOnArea);
      return time === null ? "–" : latency(time);
    },
    references,
  });
  const once = gainBars("lin2019-figure10-once", pairs, {
    title: "Every layer once, whatever the area",
    description: "Neither chip copies a layer; on the right the area as a share of PRIME's.",
    quantity: "speed over PRIME (×)",
    values: [
      { name: ", pipelined", value: (run) => onceOver(run, "interval_s") },
      { name: ", serial", value: (run) => onceOver(run, "latency_s") },
    ],
    text: (point) => times(meanOf(point, areaOverPrime)!),
    references,
  });
  return {
    ...selected,
    missing: [...selected.missing, ...pairs.flatMap(tooLarge)],
    plots: [sameArea, once],
    title: "Speed over PRIME",
    description: `Time of an image on PRIME's arrays, every weight stored, over that with columns exchanged on arrays of ${chosenSize} × ${chosenSize} weights: time between images with layers pipelined, time of an image with one layer after another. The publication's abstract says more than ${from} to ${to} ×, its text more than ${speedUp.most} × for most networks; Fig. 10 itself prints no numbers.`,
    rows: [
      ...pairs.flatMap((pair) => bothOf(pair).map(speedRow)),
      { source: "abstract", speedUp: from, speedUpTo: to },
      { source: "section VI-B, most networks", speedUp: speedUp.most },
    ],
  };
}

const intervalOnArea = (run: SparseRun) => ownChip(run).pipelined?.interval_s;
const latencyOnArea = (run: SparseRun) => ownChip(run).serial?.latency_s;

/** PRIME's figure over the run's, one copy of every layer. */
const onceOver = (run: SparseRun, key: "interval_s" | "latency_s"): number =>
  chipOf(run, "baseline")[key] / ownChip(run)[key];

const areaOverPrime = (run: SparseRun): number => ownChip(run).area_m2 / chipOf(run, "baseline").area_m2;

/** Points without a speed on the area. */
const tooLarge = (pair: Pair): string[] =>
  bothOf(pair)
    .filter((point) => meanOf(point, (run) => gainsOf(run).serial) === null)
    .map((point) => {
      const [own, prime] = [ownChip, (run: SparseRun) => chipOf(run, "baseline")].map((chip) =>
        area(meanOf(point, (run) => chip(run).area_m2)!),
      );
      const how = point.crossbars ? "with" : "without";
      return `${knownNetworks[point.network]!.title}: a speed ${how} crossbar-grained pruning on the area of PRIME's arrays, which does not hold the network (${own} against ${prime})`;
    });

const bothOf = (pair: Pair): Repeated[] => [pair.without, pair.with].filter((point) => point !== undefined);

function pairsOf(found: readonly FigureRun[], { network }: FigureOptions, figure: string) {
  const networks = network === undefined ? [...itsNetworks] : [checkNetwork(network)];
  const selection = new Selection(found, {
    networks,
    weightBits: 8,
    exchanged: true,
    onItsChip: true,
    size: { size: chosenSize, means: "weights" },
  });
  selection.requireSome(figure);
  const points = overSeeds(selection.runs);
  const pairs = together(points, (point) => point.network)
    .map(
      (own): Pair => ({
        network: own[0]!.network,
        without: nearestToTable1(own.filter(({ crossbars }) => !crossbars)),
        with: nearestToTable1(own.filter(({ crossbars }) => crossbars)),
      }),
    )
    .sort((a, b) => networks.indexOf(a.network as never) - networks.indexOf(b.network as never));
  const shown = pairs.flatMap(bothOf);
  return {
    pairs,
    used: directoriesOf(shown),
    missing: missingOf(pairs, networks),
    passedOver: [
      ...selection.passedOver,
      ...notShown(
        "at other sparsities than those shown, or trained otherwise",
        points.filter((point) => !shown.includes(point)),
      ),
    ],
  };
}

function missingOf(pairs: readonly Pair[], networks: readonly string[]): string[] {
  return networks.flatMap((name) => {
    const { title } = knownNetworks[name]!;
    const pair = pairs.find(({ network }) => network === name);
    if (!pair) return [`runs of ${title}`];
    return [
      ...(pair.without ? [] : [`${title}: runs without crossbar-grained pruning`]),
      ...(pair.with ? [] : [`${title}: runs with crossbar-grained pruning`]),
      ...[...new Set(bothOf(pair).flatMap(offTable1))].map((what) => `${title}: ${what}`),
    ];
  });
}

interface GainBars {
  readonly title: string;
  readonly description: string;
  readonly quantity: string;
  /** A row of each network per value; the name stands behind the network's. */
  readonly values: readonly { readonly name: string; readonly value: Parameters<typeof meanOf>[1] }[];
  /** What stands right of a point's bar, in the row of value i. */
  readonly text: (point: Repeated, i: number) => string;
  readonly references: readonly Reference[];
}

function gainBars(id: string, pairs: readonly Pair[], bars: GainBars): Plot {
  const rows = pairs.flatMap((pair) =>
    bars.values.map(({ name, value }, i): GroupedRow => {
      const points = [pair.without, pair.with];
      return {
        label: `${knownNetworks[pair.network]!.title.split(",")[0]}, ${sparsityText(pair)}${name}`,
        values: points.map((point) => (point ? meanOf(point, value) : null)),
        text: points.map((point) => (point ? bars.text(point, i) : "–")).join(", "),
      };
    }),
  );
  const { quantity, title, description, references } = bars;
  const values = rows.flatMap((row) => row.values.filter((value) => value !== null));
  return groupedBars({
    ...{ id, title, description, rows },
    references: [{ label: "PRIME", value: 1 }, ...references],
    rowTitle: "network, zero weights",
    axis: {
      title: quantity,
      max: Math.max(1, ...values, ...references.map(({ value }) => value)),
      tick: (value) => String(Number(value.toPrecision(6))),
      value: times,
    },
    series: [
      { name: "columns exchanged", colour: pairColours[0] },
      { name: "with crossbar-grained pruning", colour: pairColours[1] },
    ],
    textTitle: "without, with",
  });
}

/** 92.5 %, or 92.5/80 % where the two differ; labels are short. */
const sparsityText = (pair: Pair): string => {
  const all = bothOf(pair).map(({ sparsity }) => String(Number((100 * sparsity).toFixed(1))));
  return `${[...new Set(all)].join("/")} %`;
};

const rowStart = (point: Repeated) => ({
  source: "runs",
  network: point.network,
  crossbarPruning: point.crossbars,
  sparsity: point.sparsity,
  seeds: point.runs.length,
});

function energyRow(point: Repeated): PublishedFigure["rows"][number] {
  const gain = (variant?: string) => meanOf(point, (run) => gainsOf(run, variant).energy);
  return {
    ...rowStart(point),
    energy_J: meanOf(point, (run) => ownChip(run).energy_J),
    energyGain: gain(),
    energyGainTo: null,
    energyGainWithoutIndex: gain("noIndex"),
    energyGainSameConverters: gain("sameConverters"),
    energyGainLosslessConverters: gain("losslessConverters"),
    runs: directoriesOf([point]).join(" "),
  };
}

function speedRow(point: Repeated): PublishedFigure["rows"][number] {
  return {
    ...rowStart(point),
    interval_s: meanOf(point, intervalOnArea),
    latency_s: meanOf(point, latencyOnArea),
    speedUpPipelined: meanOf(point, (run) => gainsOf(run).pipelined),
    speedUpSerial: meanOf(point, (run) => gainsOf(run).serial),
    speedUpPipelinedOnce: meanOf(point, (run) => onceOver(run, "interval_s")),
    speedUpSerialOnce: meanOf(point, (run) => onceOver(run, "latency_s")),
    areaOverPrime: meanOf(point, areaOverPrime),
    speedUp: null,
    speedUpTo: null,
    runs: directoriesOf([point]).join(" "),
  };
}
