import { type Plot, type PointSeries, pointChart, shareAxis } from "../../plots/index.js";
import { checkNetwork, knownNetworks } from "../networks.js";
import type { FigureOptions, FigureRun, PublishedFigure } from "../types.js";
import { groupColours, publishedSeries, sizesOf } from "./look.js";
import { adcWidths, groupSizes, type NetworkName, published } from "./published.js";
import {
  directoriesOf,
  mean,
  overSeeds,
  type Repeated,
  Selection,
  seedsText,
  sizeText,
  spread,
  spreadLabel,
} from "./runs.js";

/**
 * Fig. 6: group sparsity against accuracy on the hardware, by group size and converter width, a panel per network.
 * @throws InputError where no run fits
 */
export function figure6(found: readonly FigureRun[], { network }: FigureOptions): PublishedFigure {
  const networks = network === undefined ? Object.keys(published) : [checkNetwork(network)];
  const selection = new Selection(found, {
    networks,
    methods: ["multi-group"],
    onItsArray: true,
    readAtOnce: true,
  });
  selection.requireSome("figure 6");
  const points = overSeeds(selection.runs);
  const shown = networks.filter((name) => points.some((point) => point.network === name));
  const plots = shown.map((name) =>
    panel(
      name,
      points.filter((point) => point.network === name),
    ),
  );
  return {
    plots,
    title: "Group sparsity and accuracy on the hardware, by group size and converter width",
    description:
      "Accuracy on simulated arrays of 144 × 32 two-bit cells against the share of groups that is zero. Filled points, whole lines: 5-bit converters; outlined circles, dashed lines: 6-bit. Outlined diamonds: Table II of the publication, which is accuracy in software. Fig. 6 itself prints no numbers.",
    rows: rowsOf(points, shown),
    used: directoriesOf(points),
    missing: missingOf(points, networks),
    passedOver: selection.passedOver,
  };
}

/** Accuracies of a recipe's runs at one converter width, those that have it. */
const hardwareOf = ({ runs }: Repeated, bits: number) =>
  runs.flatMap(({ run }) => run.result.data.adcSweep.filter((entry) => entry.bits === bits));

function panel(name: string, points: readonly Repeated[]): Plot {
  const colours = groupColours(sizesOf(points));
  const paper = Object.hasOwn(published, name) ? published[name as NetworkName] : undefined;
  const own = sizesOf(points).flatMap((groupRows) =>
    adcWidths.flatMap((bits): PointSeries[] => {
      const drawn = points.flatMap((point) => {
        if (point.groupRows !== groupRows) return [];
        const found = hardwareOf(point, bits);
        if (found.length === 0) return [];
        const values = found.map(({ accuracy }) => accuracy);
        const interval = spread(values, found[0]!.images);
        const note = `${seedsText(point)}, ${found[0]!.images} images`;
        return [{ x: point.sparsity, y: mean(values), ...(interval ? { interval } : {}), note }];
      });
      const look = { colour: colours.get(groupRows)!, mark: "circle" as const, points: drawn };
      const style = bits === 5 ? { line: "solid" as const } : { line: "dashed" as const, hollow: true };
      return drawn.length === 0
        ? []
        : [{ name: `${sizeText(groupRows)}, ${bits}-bit ADC`, ...look, ...style }];
    }),
  );
  return pointChart({
    id: `meng2021-figure6-${name}`,
    title: knownNetworks[name]!.title,
    description: "Accuracy on the hardware against the share of groups that is zero.",
    series: [...own, ...(paper ? publishedSeries(paper.table2, colours, "Table II (software)") : [])],
    x: shareAxis("zero groups", { digits: 1 }),
    y: shareAxis("accuracy", { digits: 2 }),
    intervalLabel: spreadLabel,
  });
}

function rowsOf(points: readonly Repeated[], shown: readonly string[]): PublishedFigure["rows"] {
  const own = points.flatMap((point) =>
    adcWidths.flatMap((bits) => {
      const found = hardwareOf(point, bits);
      if (found.length === 0) return [];
      return {
        source: "runs",
        network: point.network,
        groupRows: point.groupRows,
        adcBits: bits,
        lambda: point.lambda,
        seeds: found.length,
        images: found[0]!.images,
        groupSparsity: point.sparsity,
        accuracy: mean(found.map(({ accuracy }) => accuracy)),
        runs: directoriesOf([point]).join(" "),
      };
    }),
  );
  const paper = shown
    .filter((name) => Object.hasOwn(published, name))
    .flatMap((name) =>
      published[name as NetworkName].table2.map((row) => ({
        source: "Table II (software)",
        network: name,
        groupRows: row.groupRows,
        adcBits: null,
        lambda: null,
        seeds: null,
        images: null,
        groupSparsity: row.groupSparsity,
        accuracy: row.accuracy,
        runs: null,
      })),
    );
  return [...own, ...paper];
}

function missingOf(points: readonly Repeated[], networks: readonly string[]): string[] {
  return networks.flatMap((name) => {
    const own = points.filter((point) => point.network === name);
    const { title } = knownNetworks[name]!;
    if (own.length === 0) return [`runs of ${title}`];
    return groupSizes.flatMap((groupRows) => {
      const sized = own.filter((point) => point.groupRows === groupRows);
      if (sized.length === 0) return [`${title}: runs with ${sizeText(groupRows)} groups`];
      return adcWidths.flatMap((bits) =>
        sized.some((point) => hardwareOf(point, bits).length > 0)
          ? []
          : [`${title}: ${bits}-bit converters with ${sizeText(groupRows)} groups`],
      );
    });
  });
}
