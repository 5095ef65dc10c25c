import { count, percent, share, times } from "../format.js";
import {
  barChart,
  colours,
  countAxis,
  groupedBars,
  numberAxis,
  type Plot,
  seriesColours,
  shareAxis,
} from "../plots/index.js";
import type { MismatchColumns, PrunedLayer, PruningData, Result } from "../types.js";

/** A run that another one is held against, for instance the same recipe without the multi-group penalty. */
export interface ReferenceRun {
  readonly title: string;
  readonly result: Result;
}

/** Zero groups and mismatch, layer by layer; nothing where no layer carries groups. */
export function pruningPlots(result: Result, reference?: ReferenceRun): Plot[] {
  const { pruning } = result.data;
  if (!pruning) return olderZeroGroups(result);
  return [zeroGroupsPlot(pruning), ...mismatchPlots(pruning, reference)];
}

const zeroGroups = {
  id: "zero-groups",
  title: (sparsity: number | null) =>
    sparsity === null
      ? "Zero groups by layer"
      : `${percent(sparsity, 1)} of the weight groups are zero, by layer`,
  axis: (shares: readonly number[]) => shareAxis("zero groups", { max: Math.max(...shares, 0.05) }),
} as const;

const sumOf = (positions: PrunedLayer["positions"], key: "groups" | "zeroGroups"): number =>
  positions.reduce((sum, position) => sum + position[key], 0);

function zeroGroupsPlot({ layers, groupSparsity }: PruningData): Plot {
  const positions = Math.max(...layers.map((layer) => layer.positions.length));
  const names = Array.from({ length: positions }, (_, i) => positionName(i, positions));
  const shares = layers.map((layer) =>
    names.map((_, i) => {
      const at = layer.positions[i];
      return at ? share(at.zeroGroups, at.groups) : null;
    }),
  );
  const outside = layers.filter((layer) => !layer.inGroupSparsity).map(({ matrix }) => matrix);
  return groupedBars({
    id: zeroGroups.id,
    title: zeroGroups.title(groupSparsity),
    description: `Share of the groups of weights at each position of a column whose codes are all zero, so that they need no cells. Layers without groups are left out.${
      outside.length > 0 ? ` Not counted in the whole network: ${outside.join(", ")}.` : ""
    }`,
    rowTitle: "layer",
    axis: zeroGroups.axis(shares.flat().map((value) => value ?? 0)),
    series: names.map((name, i) => ({ name, colour: seriesColours(positions)[i]! })),
    rows: layers.map(({ matrix, positions: at }, i) => ({
      label: matrix,
      values: shares[i]!,
      text: `${percent(share(sumOf(at, "zeroGroups"), sumOf(at, "groups")), 1)} of ${count(sumOf(at, "groups"))}`,
    })),
    textTitle: "all positions",
    references: groupSparsity === null ? [] : [{ label: "whole network", value: groupSparsity }],
  });
}

const positionName = (i: number, positions: number): string => {
  if (positions === 1) return "zero groups";
  return `position ${i}${i === 0 ? " (top)" : i === positions - 1 ? " (bottom)" : ""}`;
};

/** Results of before positions were counted have the layers' totals only. */
function olderZeroGroups({ groupSparsity, data }: Result): Plot[] {
  const layers = data.layers.filter(({ groups }) => groups > 0);
  if (layers.length === 0) return [];
  const shares = layers.map((layer) => share(layer.zeroGroups, layer.groups));
  return [
    barChart({
      id: zeroGroups.id,
      title: zeroGroups.title(groupSparsity),
      description:
        "Share of each layer's prunable groups whose weight codes are all zero, so that they need no cells. Layers without groups are left out.",
      rowTitle: "layer",
      axis: zeroGroups.axis(shares),
      bars: layers.map(({ matrix, groups }, i) => ({
        label: matrix,
        value: shares[i]!,
        note: `of ${count(groups)}`,
      })),
      references: groupSparsity === null ? [] : [{ label: "whole network", value: groupSparsity }],
    }),
  ];
}

const whatMismatchIs =
  "Mismatch: physical columns by which the fullest position of a column exceeds the emptiest; the emptier ones leave cells unused.";

function mismatchPlots(pruning: PruningData, reference?: ReferenceRun): Plot[] {
  // With one position nothing can be uneven.
  if (pruning.layers.every(({ positions }) => positions.length === 1)) return [];
  const other = reference?.result.data.pruning;
  if (!other) return [ownMismatch(pruning)];
  return (["layer", "chunks"] as const).map((by) => mismatchBeside(pruning, by, reference!.title, other));
}

const columns = (mismatch: MismatchColumns): string =>
  `${count(mismatch.layer)} columns over whole layers, ${count(mismatch.chunks)} chunk by chunk`;

function ownMismatch({ layers, mismatchColumns, wastedFraction }: PruningData): Plot {
  return groupedBars({
    id: "mismatch",
    title: `Mismatch: ${columns(mismatchColumns)}`,
    description: `${whatMismatchIs} Over a whole layer the chunks of 16 channels may even out, on the arrays they cannot. ${percent(wastedFraction, 1)} of the cells in used columns are wasted by it.`,
    rowTitle: "layer",
    axis: countAxis(
      "columns",
      layers.map(({ mismatchColumns: { chunks } }) => chunks),
    ),
    series: [
      { name: "over the layer", colour: colours.main },
      { name: "summed over its chunks", colour: colours.wasted },
    ],
    rows: layers.map(({ matrix, mismatchColumns: { layer, chunks } }) => ({
      label: matrix,
      values: [layer, chunks],
      text: `${count(layer)}, ${count(chunks)}`,
    })),
    textTitle: "columns",
  });
}

function mismatchBeside(
  own: PruningData,
  by: keyof MismatchColumns,
  title: string,
  other: PruningData,
): Plot {
  const theirs = new Map(other.layers.map((layer) => [layer.matrix, layer.mismatchColumns[by]]));
  const where = by === "layer" ? "over whole layers" : "chunk by chunk";
  const values = own.layers.map(({ matrix, mismatchColumns }) => [
    mismatchColumns[by],
    theirs.get(matrix) ?? null,
  ]);
  return groupedBars({
    id: `mismatch-${by}`,
    title: `Mismatch ${where}: ${count(own.mismatchColumns[by])} columns, ${count(other.mismatchColumns[by])} in ${title}`,
    description: `${whatMismatchIs} Compare at equal sparsity: here ${sparsityWords(own)}, there ${sparsityWords(other)}.`,
    rowTitle: "layer",
    axis: countAxis(
      "columns",
      values.flat().map((value) => value ?? 0),
    ),
    series: [
      { name: "this run", colour: colours.main },
      { name: title, colour: colours.wasted },
    ],
    rows: own.layers.map(({ matrix }, i) => ({
      label: matrix,
      values: values[i]!,
      text: values[i]!.map((value) => (value === null ? "–" : count(value))).join(", "),
    })),
    textTitle: "columns",
  });
}

const sparsityWords = ({ groupSparsity }: PruningData): string =>
  groupSparsity === null ? "no groups count" : `${percent(groupSparsity, 1)} of the groups are zero`;

/** The three rates of one network. */
export function compressionPlot({ compression }: Result): Plot {
  const rates = [
    ["as the paper counts", compression.paper],
    ["all parameters", compression.parameters],
    ["all counted", compression.honest],
  ] as const;
  const axis = numberAxis(
    "times smaller than in FP32 (×)",
    rates.map(([, rate]) => rate),
  );
  return barChart({
    id: "compression",
    title: `Compression: ${rates.map(([, rate]) => times(rate)).join(", ")}, by what is counted`,
    description: "One network, three ways of counting; the list below says what each of them leaves out.",
    rowTitle: "rate",
    axis: { ...axis, value: times },
    bars: rates.map(([label, value]) => ({ label, value })),
  });
}

/** What each rate counts, in the order of {@link compressionPlot}. */
export function compressionWords({ data: { pruning } }: Result): [string, string][] {
  const byWeights = !pruning || pruning.layers.some((layer) => !layer.inGroupSparsity);
  return [
    [
      "as the paper counts",
      byWeights
        ? "weights of all layers, before and after; biases, batch norm and the index of the groups left out"
        : "weights of layers with groups, by their share of zero groups; first layer, shortcuts, last layer, biases, batch norm and the index of the groups left out",
    ],
    [
      "all parameters",
      "every parameter; biases and batch norm as if they had the weights' bits; the index of the groups left out",
    ],
    [
      "all counted",
      "every parameter; biases and batch norm at 32 bits; the index, a bit per group or the outputs of exchanged columns",
    ],
  ];
}
