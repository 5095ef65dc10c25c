import { energy, times } from "../../format.js";
import { lineColours, type PointSeries, pointChart, shareAxis } from "../../plots/index.js";
import { checkNetwork, knownNetworks } from "../networks.js";
import { spread, together } from "../runs.js";
import type { FigureOptions, FigureRun, PublishedFigure } from "../types.js";
import { chosenSize, sizes } from "./published.js";
import {
  directoriesOf,
  gainsOf,
  holdsAcross,
  meanOf,
  overSeeds,
  ownChip,
  type Repeated,
  Selection,
  seedsText,
  sizeText,
  valuesOf,
} from "./runs.js";

/**
 * Fig. 8: energy efficiency over PRIME by sparsity and array size, without crossbar-grained pruning.
 * @throws InputError where no run fits
 */
export function figure8(found: readonly FigureRun[], { network = "vgg16" }: FigureOptions): PublishedFigure {
  const name = checkNetwork(network);
  const { title } = knownNetworks[name]!;
  const selection = new Selection(found, {
    networks: [name],
    crossbars: false,
    weightBits: 8,
    exchanged: true,
    onItsChip: true,
  });
  selection.requireSome(`figure 8 (${title})`);
  const points = overSeeds(selection.runs);
  const sized = together(points, ({ array }) => sizeText(array)).sort(
    ([a], [b]) => a!.array.size - b!.array.size || (a!.array.means < b!.array.means ? 1 : -1),
  );
  const plot = pointChart({
    id: "lin2019-figure8",
    title: `Energy efficiency of ${title} over PRIME, by sparsity and array size`,
    description: `Energy of an image on PRIME's arrays, every weight stored, over that with columns exchanged, of the same components. Fig. 8 itself prints no numbers; the text says that smaller arrays save more down to ${chosenSize} × ${chosenSize}, and that 16 × 16 cost more again.`,
    series: sized.map(seriesOf),
    x: shareAxis("zero weights", { digits: 1 }),
    y: {
      title: "energy efficiency over PRIME (×)",
      max: 1,
      tick: (value) => String(Number(value.toPrecision(6))),
      value: times,
    },
    references: [{ label: "PRIME", value: 1 }],
    intervalLabel: "range over seeds",
  });
  return {
    plots: [plot],
    title: plot.title,
    description: plot.description,
    rows: points.map(rowOf),
    used: directoriesOf(points),
    missing: missingOf(points),
    passedOver: selection.passedOver,
  };
}

const marks = ["circle", "square", "triangle", "diamond"] as const;

function seriesOf(points: readonly Repeated[], i: number): PointSeries {
  return {
    name: sizeText(points[0]!.array),
    colour: lineColours[i % lineColours.length]!,
    mark: marks[i % marks.length]!,
    line: points[0]!.array.means === "weights" ? "solid" : "dashed",
    points: points.flatMap((point) => {
      const y = meanOf(point, (run) => gainsOf(run).energy);
      const interval = spread(valuesOf(point, (run) => gainsOf(run).energy));
      const own = energy(meanOf(point, (run) => ownChip(run).energy_J)!);
      const note = `${seedsText(point)}, ${own} an image`;
      return y === null ? [] : [{ x: point.sparsity, y, ...(interval ? { interval } : {}), note }];
    }),
  };
}

function rowOf(point: Repeated): PublishedFigure["rows"][number] {
  const gain = (variant?: string) => meanOf(point, (run) => gainsOf(run, variant).energy);
  return {
    network: point.network,
    size: point.array.size,
    sizeMeans: point.array.means,
    sparsity: point.sparsity,
    seeds: point.runs.length,
    energy_J: meanOf(point, (run) => ownChip(run).energy_J),
    arrays: meanOf(point, (run) => ownChip(run).arrays),
    converter_bits: meanOf(point, (run) => ownChip(run).converter_bits),
    energyGain: gain(),
    energyGainWithoutIndex: gain("noIndex"),
    energyGainSameConverters: gain("sameConverters"),
    energyGainLosslessConverters: gain("losslessConverters"),
    runs: directoriesOf([point]).join(" "),
  };
}

function missingOf(points: readonly Repeated[]): string[] {
  return sizes.flatMap((size) => {
    const own = points.filter(({ array }) => holdsAcross(array, size));
    if (own.length === 0) return [`runs on arrays of ${size} × ${size} weights`];
    return own.length === 1 ? [`a second sparsity on arrays of ${size} × ${size} weights`] : [];
  });
}
