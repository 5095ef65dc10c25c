import type { ParametricCost } from "../../hardware/types.js";

type Converter = ParametricCost["converter"];

/**
 * Energy and area of a converter of b bits: of what is published for B bits, the capacitors' share doubles with every bit
 * and the rest (reference, registers, clock) grows in proportion to the bits: x₀ · ((1 − s) · b / B + s · 2^(b − B)).
 * One conversion takes b + 1 steps.
 * Source: docs/sources.md#isaac, which scales its converters so.
 */
export function converterOf({ converter: c }: { readonly converter: Converter }, bits: number) {
  const scaled = (published: number, capacitors: number): number =>
    published * ((1 - capacitors) * (bits / c.bits) + capacitors * 2 ** (bits - c.bits));
  return {
    energy_J: scaled(c.energy_J, c.capacitorEnergy),
    area_m2: scaled(c.area_m2, c.capacitorArea),
    conversion_s: ((bits + 1) / (c.bits + 1)) * c.conversion_s,
  };
}

/** How the converters of a matrix are shared out. */
export interface Sharing {
  readonly converters: number;
  /** Conversions of one read that follow one another. */
  readonly turns: number;
}

/**
 * Converters of one copy of a matrix. An array with more conversions than take turns at one has several; arrays with
 * fewer share one where the chip lets them, as many as fit into its turns.
 * @param arrays arrays that convert
 * @param room conversions of one read of a full array, which it is built for
 * @param widest conversions of the read that has most
 */
export function shareConverters(
  cost: Pick<ParametricCost, "conversionsPerConverter" | "sharedConverters">,
  arrays: number,
  room: number,
  widest: number,
): Sharing {
  if (arrays === 0) return { converters: 0, turns: 0 };
  const most = cost.conversionsPerConverter;
  const together = cost.sharedConverters ? Math.min(arrays, Math.floor(most / room)) : 1;
  if (together > 1) return { converters: Math.ceil(arrays / together), turns: together * widest };
  const each = Math.ceil(room / most);
  return { converters: each * arrays, turns: Math.ceil(widest / each) };
}
