import type { TableCost } from "../hardware/types.js";
import { free } from "./sum.js";
import type { Cost } from "./types.js";

/**
 * A bank of adder trees of k stages, as printed. Deeper than the table: area and energy per adder (a tree has
 * 2^k − 1) continue the last printed step linearly, and each stage more takes the mean printed step of the latency.
 * Source: docs/sources.md#meng2021, Table I, adder trees of 1 to 3 stages; deeper ones are our extrapolation.
 * @returns energy and latency of one use of all trees of the bank
 */
export function adderTreeBank(table: TableCost, stages: number): Cost {
  const printed = table.adderTree;
  if (stages === 0) return free;
  if (stages <= printed.length) return printed[stages - 1]!;
  const deeper = stages - printed.length;
  const last = printed.length;
  const extrapolate = (key: "area_m2" | "energy_J"): number => {
    const perAdder = (k: number): number => printed[k - 1]![key] / (2 ** k - 1);
    const step = last > 1 ? perAdder(last) - perAdder(last - 1) : 0;
    return (2 ** stages - 1) * (perAdder(last) + deeper * step);
  };
  const first_s = printed[0]!.latency_s;
  const last_s = printed[last - 1]!.latency_s;
  const step_s = last > 1 ? (last_s - first_s) / (last - 1) : first_s;
  return {
    energy_J: extrapolate("energy_J"),
    latency_s: last_s + deeper * step_s,
    area_m2: extrapolate("area_m2"),
  };
}

export const isExtrapolated = (table: TableCost, stages: number): boolean => stages > table.adderTree.length;

/**
 * Adding up the partial sums of a layer's outputs. An output passes the stages of its own partial sums; the time is
 * that of the deepest. The bank is shared by all layers, so its area is not the layer's.
 * @param use outputs of one product by stages, products, and products in a row with the outputs of each
 */
export function adderTreeCost(
  table: TableCost,
  use: {
    readonly outputsByStages: readonly number[];
    readonly products: number;
    readonly rounds: number;
    readonly outputsPerRound: number;
  },
): Cost {
  const units = table.adderTreeUnits;
  let energy_J = 0;
  use.outputsByStages.forEach((outputs, stages) => {
    energy_J += (use.products * outputs * adderTreeBank(table, stages).energy_J) / units;
  });
  const deepest = Math.max(0, use.outputsByStages.length - 1);
  const uses = use.rounds * Math.ceil(use.outputsPerRound / units);
  return { energy_J, latency_s: uses * adderTreeBank(table, deepest).latency_s, area_m2: 0 };
}
