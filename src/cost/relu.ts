import type { TableCost } from "../hardware/types.js";
import type { Cost } from "./types.js";

/**
 * Activation units behind the adder trees: every output of every product passes one, and a bank takes as many at
 * once as it has units. The bank is shared by all layers. The last layer's outputs are charged too.
 * Source: docs/sources.md#meng2021, Table I (128 units).
 */
export function reluCost(
  table: TableCost,
  use: {
    readonly products: number;
    readonly outputs: number;
    readonly rounds: number;
    readonly outputsPerRound: number;
  },
): Cost {
  return {
    energy_J: (use.products * use.outputs * table.relu.energy_J) / table.reluUnits,
    latency_s: use.rounds * Math.ceil(use.outputsPerRound / table.reluUnits) * table.relu.latency_s,
    area_m2: 0,
  };
}
