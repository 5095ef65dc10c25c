import type { ChargeSarSpec } from "../../hardware/types.js";
import { clockEnergy, flipFlop } from "../gates/flip-flop.js";
import { inverter } from "../gates/inverter.js";
import type { SubArrayDesign } from "./design.js";

/**
 * A charge-redistribution converter of b bits: 2^b unit capacitors, a comparator, and 2 (b + 1) flip-flops (a ring
 * that walks through the bits, and a register that keeps them) each with as much logic again.
 */
const registers = (bits: number): number => 2 * (bits + 1);

/** Area of one converter: capacitors over their density, comparator, registers and their logic. */
export function chargeSarArea(sar: ChargeSarSpec, { technology: t, adcBits }: SubArrayDesign): number {
  const capacitors_m2 = (2 ** adcBits * sar.unitCapacitor_F) / sar.capacitorDensity_F_per_m2;
  const comparator_m2 = sar.comparatorArea * inverter(t).area_m2;
  return capacitors_m2 + comparator_m2 + 2 * registers(adcBits) * flipFlop(t).area_m2;
}

/**
 * Energy of one conversion. Capacitors, switched monotonically: Σ 2^(b−2−i) · C · V² for i = 1 … b − 1. Comparator:
 * b + 1 decisions, each charging its load. Logic: b + 1 clocks of all registers of which two change.
 * Source: docs/sources.md#liu2010, equation 4 (mean over all codes).
 */
export function chargeSarEnergy(sar: ChargeSarSpec, { technology: t, adcBits }: SubArrayDesign): number {
  const square_V2 = t.supply_V ** 2;
  let units = 0;
  for (let i = 1; i < adcBits; i++) units += 2 ** (adcBits - 2 - i);
  const capacitors_J = units * sar.unitCapacitor_F * square_V2;
  const inv = inverter(t);
  const comparator_J = (adcBits + 1) * sar.comparatorLoad * (inv.input_F + inv.output_F) * square_V2;
  const logic_J = 2 * (adcBits + 1) * clockEnergy(flipFlop(t), registers(adcBits), 2);
  return capacitors_J + comparator_J + logic_J;
}

export const chargeSarLeakage = (sar: ChargeSarSpec, { technology: t, adcBits }: SubArrayDesign): number =>
  2 * registers(adcBits) * flipFlop(t).leakage_W + sar.comparatorArea * inverter(t).leakage_W;
