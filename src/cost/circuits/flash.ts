import type { FlashSpec } from "../../hardware/types.js";
import { inverter } from "../gates/inverter.js";
import { nand } from "../gates/nand.js";
import type { SubArrayDesign } from "./design.js";

/**
 * A latched sense amplifier per threshold, 2^b − 1 of them, and an encoder of about as many NANDs as comparators times
 * half the bits. All decide at once.
 * Source: docs/sources.md#walden1999 (flash converters); a current-latch sense amplifier, docs/sources.md#chen2018.
 */
const comparators = (bits: number): number => 2 ** bits - 1;
const encoderGates = (bits: number): number => (comparators(bits) * bits) / 2;

export const flashArea = (flash: FlashSpec, { technology: t, adcBits }: SubArrayDesign): number =>
  comparators(adcBits) * flash.comparatorArea * inverter(t).area_m2 +
  encoderGates(adcBits) * nand(t, 2).area_m2;

/** Every comparator charges its load; half of the encoder's gates switch. */
export function flashEnergy(flash: FlashSpec, { technology: t, adcBits }: SubArrayDesign): number {
  const inv = inverter(t);
  const gate = nand(t, 2);
  const load_F = comparators(adcBits) * flash.comparatorLoad * (inv.input_F + inv.output_F);
  const encoder_F = 0.5 * encoderGates(adcBits) * (gate.input_F + gate.output_F);
  return (load_F + encoder_F) * t.supply_V ** 2;
}

export const flashLeakage = (flash: FlashSpec, { technology: t, adcBits }: SubArrayDesign): number =>
  comparators(adcBits) * flash.comparatorArea * inverter(t).leakage_W +
  encoderGates(adcBits) * nand(t, 2).leakage_W;

/** One decision and the encoder's depth, b gates. */
export function flashLatency(flash: FlashSpec, { technology: t, adcBits }: SubArrayDesign): number {
  const gate = nand(t, 2);
  return flash.step_s + adcBits * Math.LN2 * 2 * gate.pullDown_ohm * (gate.input_F + gate.output_F);
}
