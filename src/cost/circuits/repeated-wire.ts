import { type Technology, wireResistance } from "../../hardware/technology/index.js";
import { inverter } from "../gates/inverter.js";
import { minimumWidths, scaled } from "../gates/transistor.js";

/** A wire with inverters along it, per metre and bit. */
export interface RepeatedWire {
  readonly repeaterSize: number;
  readonly spacing_m: number;
  readonly delay_s_per_m: number;
  readonly energy_J_per_m: number;
  readonly leakage_W_per_m: number;
  /** One repeater's layout. */
  readonly repeater: { readonly width_m: number; readonly height_m: number };
}

/**
 * Repeaters of the size and spacing that make a wire fastest, then step by step half as large and 0.9 times as far apart
 * until the wire has lost more than `slack` of its speed: the last bit of speed is the dearest.
 * s = √(R · c / (C · r)), d = √(2 · R · (C_in + C_out) / (r · c)).
 * Source: docs/sources.md#bakoglu1990; the trade of delay for energy, docs/sources.md#banerjee2002.
 * @param widening width of the wire over the smallest
 */
export function repeatedWire(t: Technology, widening: number, slack = 0.15): RepeatedWire {
  const unit = inverter(t);
  const r_ohm_per_m =
    widening === 1 ? t.wire.resistance_ohm_per_m : wireResistance(widening * t.wire.width_m) * warmth(t);
  const c_F_per_m = t.wire.capacitance_F_per_m;
  const unit_ohm = (unit.pullDown_ohm + unit.pullUp_ohm) / 2;
  const delayPerMetre = (size: number, spacing_m: number): number => {
    const wire_F = c_F_per_m * spacing_m;
    const wire_ohm = r_ohm_per_m * spacing_m;
    const driver_s = (unit_ohm / size) * (size * (unit.input_F + unit.output_F) + wire_F);
    return (0.7 * (driver_s + 0.54 * wire_ohm * wire_F + wire_ohm * size * unit.input_F)) / spacing_m;
  };
  let size = Math.max(1, Math.sqrt((unit_ohm * c_F_per_m) / (unit.input_F * r_ohm_per_m)));
  let spacing_m = Math.sqrt((2 * unit_ohm * (unit.output_F + unit.input_F)) / (r_ohm_per_m * c_F_per_m));
  const shortest = delayPerMetre(size, spacing_m);
  while (size >= 2 && delayPerMetre(size, spacing_m) < (1 + slack) * shortest) {
    size /= 2;
    spacing_m *= 0.9;
  }
  const repeater = inverter(t, scaled(minimumWidths(t), size));
  const charged_F = repeater.input_F + repeater.output_F + c_F_per_m * spacing_m;
  return {
    repeaterSize: size,
    spacing_m,
    delay_s_per_m: delayPerMetre(size, spacing_m),
    energy_J_per_m: (0.5 * charged_F * t.supply_V ** 2) / spacing_m,
    leakage_W_per_m: repeater.leakage_W / spacing_m,
    repeater,
  };
}

const warmth = (t: Technology): number => t.wire.resistance_ohm_per_m / wireResistance(t.wire.width_m);
