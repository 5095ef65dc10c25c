import type { RepeatedWire } from "./repeated-wire.js";
import type { CircuitCost } from "./types.js";

/** A bundle of wires over a floor of so many columns and rows of squares of one side. */
export interface Floor {
  readonly columns: number;
  readonly rows: number;
  readonly side_m: number;
}

/** Share of a wire's repeaters that take room of their own; the rest stand in gaps of the logic below. */
export const busFolding = 4;

/**
 * A bus of one horizontal and one vertical trunk, each half as long as the floor. Area: wires side by side at the pitch
 * of their repeaters. Leakage: the repeaters.
 * Source: docs/sources.md#bakoglu1990.
 */
export function xyBus(wire: RepeatedWire, floor: Floor, width_bit: number): CircuitCost {
  const x_m = (floor.columns * floor.side_m) / 2;
  const y_m = (floor.rows * floor.side_m) / 2;
  const pitches_m2 = wire.repeater.width_m * x_m + 2 * wire.repeater.height_m * y_m;
  return {
    area_m2: (width_bit * pitches_m2) / busFolding,
    latency_s: wire.delay_s_per_m * (x_m + y_m),
    energy_J: wire.energy_J_per_m * (x_m + y_m),
    leakage_W: width_bit * wire.leakage_W_per_m * (x_m + y_m),
  };
}

/**
 * An H-tree over a floor of up to 2^m × 2^m squares: level k has 2^(k−1) branches in each direction, half of 2^(k−1)
 * sides long. `energy_J` and `latency_s` are those of one bit on its way from the root to a leaf.
 * @param folding as `busFolding`
 */
export function hTree(wire: RepeatedWire, floor: Floor, width_bit: number, folding: number): CircuitCost {
  const levels = Math.max(1, Math.ceil(Math.log2(Math.max(floor.columns, floor.rows))));
  const total = (n: number): number => (floor.side_m * (4 ** n - 1)) / 6;
  const vertical_m = total(levels);
  const horizontal_m = total(levels - 1);
  const way_m = floor.side_m * (2 ** levels - 1);
  const pitches_m2 = wire.repeater.height_m * vertical_m + wire.repeater.width_m * horizontal_m;
  return {
    area_m2: (width_bit * pitches_m2) / folding,
    latency_s: wire.delay_s_per_m * way_m,
    energy_J: wire.energy_J_per_m * way_m,
    leakage_W: width_bit * wire.leakage_W_per_m * way_m,
  };
}
