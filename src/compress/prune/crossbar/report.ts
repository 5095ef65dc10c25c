import { countExchange, exchangedArrays } from "../../../mapping/column-exchange/index.js";
import { denseArrays } from "../../../mapping/dense.js";
import { utilization, utilizationBins } from "../../../mapping/utilization.js";
import type { Crossbars, NetworkMatrix } from "./network.js";
import { crossbarUse } from "./prune.js";
import type { OrderedMatrix, PruningMode } from "./types.js";

/** Weights that are not zero, and the arrays that they take. */
export interface WeightsAndArrays {
  readonly weights: number;
  readonly arrays: number;
}

export interface RoundReport extends WeightsAndArrays {
  /** From 1. */
  readonly round: number;
  /** Of the fine-tuned network, on validation images. */
  readonly accuracy: number;
  /** Whether the network went on from here; a last round that cost too much is undone. */
  readonly kept: boolean;
  /** Matrices for which mapping anew found an order of columns that is better than the one before. */
  readonly newOrders: number;
}

/** What crossbar-grained pruning did to a network (Lin et al. 2019, Fig. 11 and 4), as `result.json` holds it. */
export interface CrossbarPruningReport {
  /** The stage's name in the recipe. */
  readonly stage: string;
  readonly mode: PruningMode;
  readonly share: number;
  /** Percentage points of validation accuracy that it may cost. */
  readonly budget_points: number;
  /** Validation images behind each accuracy. */
  readonly images: number;
  /** All weights, zeros too, on arrays of their own places. */
  readonly dense: WeightsAndArrays;
  /** Before the first round, columns exchanged. */
  readonly start: WeightsAndArrays & { readonly accuracy: number };
  /** After the last round that was kept. */
  readonly end: WeightsAndArrays & { readonly accuracy: number };
  /** Why it ended: the accuracy fell too far, all rounds were made, or every group of columns was down to its last. */
  readonly ended: "budget" | "rounds" | "nothing left";
  readonly rounds: readonly RoundReport[];
  readonly layers: readonly {
    readonly matrix: string;
    readonly dense: WeightsAndArrays;
    readonly start: WeightsAndArrays;
    readonly end: WeightsAndArrays;
  }[];
  /** [20] Arrays by the share of their weights that is not zero, 5 % a bin, over all layers (Fig. 4). */
  readonly utilization: {
    /** Before columns were exchanged, after it, and after pruning. */
    readonly dense: readonly number[];
    readonly exchanged: readonly number[];
    readonly pruned: readonly number[];
  };
}

export type OrderedNetwork = readonly (OrderedMatrix & NetworkMatrix)[];

export const weightsAndArrays = (matrices: readonly OrderedMatrix[]): WeightsAndArrays =>
  summed(crossbarUse(matrices));

const summed = (uses: readonly WeightsAndArrays[]): WeightsAndArrays => ({
  weights: uses.reduce((sum, { weights }) => sum + weights, 0),
  arrays: uses.reduce((sum, { arrays }) => sum + arrays, 0),
});

const asDense = ({ weights, exchange, room, planes }: OrderedMatrix): WeightsAndArrays => ({
  weights: weights.length,
  arrays: countExchange(weights, exchange, room, planes).denseTiles,
});

/** What a report says of the matrices before the first round and after the last that was kept. */
export function networkReport(
  start: OrderedNetwork,
  end: OrderedNetwork,
  array: Crossbars["array"],
): Pick<CrossbarPruningReport, "dense" | "layers" | "utilization"> {
  const [before, after] = [crossbarUse(start), crossbarUse(end)];
  const pick = ({ weights, arrays }: WeightsAndArrays): WeightsAndArrays => ({ weights, arrays });
  const layers = start.map((matrix, i) => ({
    matrix: matrix.name,
    dense: asDense(matrix),
    start: pick(before[i]!),
    end: pick(after[i]!),
  }));
  return {
    dense: summed(layers.map(({ dense }) => dense)),
    layers,
    utilization: {
      dense: histogram(start, array, false),
      exchanged: histogram(start, array, true),
      pruned: histogram(end, array, true),
    },
  };
}

/** Only where weights are not zero counts here, and their signs: those stand for codes. */
function histogram(matrices: OrderedNetwork, array: Crossbars["array"], exchanged: boolean): number[] {
  const bins = new Array<number>(utilizationBins).fill(0);
  const shape = { ...array, activeRows: array.rows };
  for (const { name, weights, rows, columns, encoding, exchange } of matrices) {
    const codes = Int16Array.from(weights, Math.sign);
    const arrays = exchanged
      ? exchangedArrays(codes, exchange, shape, encoding)
      : denseArrays(rows, columns, shape, encoding);
    const placed = { matrix: name, role: "forward", routing: "fixed", groupRows: null, copies: 1 } as const;
    const counts = utilization({ ...placed, rows, columns, codes, encoding, arrays }, array);
    for (const [bin, count] of counts.entries()) bins[bin]! += count;
  }
  return bins;
}
