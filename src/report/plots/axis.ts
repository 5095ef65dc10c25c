import { max } from "d3-array";
import { count, percent } from "../format.js";
import type { Axis } from "./types.js";

/**
 * An axis whose unit suits its largest value, taken from how that value is formatted: with `energy`, values up to
 * 2.5e-6 give the title "… (µJ)" and ticks in µJ.
 *
 * @param values SI values that must fit
 * @param format SI value → number, space, unit
 */
export function quantityAxis(
  title: string,
  values: readonly number[],
  format: (value: number) => string,
): Axis {
  const largest = Math.max(0, max(values) ?? 0);
  const [number, ...unit] = format(largest).split(" ");
  const shown = Number(number);
  const factor = largest === 0 ? 1 : 10 ** Math.round(Math.log10(largest / shown));
  return {
    title: `${title} (${unit.join(" ")})`,
    max: largest,
    tick: (value) => String(Number((value / factor).toPrecision(6))),
    value: format,
  };
}

/** Shares of a whole, 0 to 100 % unless `max` is given; `digits` are those of a value, in per cent. */
export function shareAxis(title: string, { max = 1, digits = 1 } = {}): Axis {
  return {
    title: `${title} (%)`,
    max,
    exact: max === 1,
    tick: (value) => String(Number((value * 100).toPrecision(6))),
    value: (value) => percent(value, digits),
  };
}

/** Numbers of things; a tick between two whole numbers stays blank. */
export function countAxis(title: string, values: readonly number[]): Axis {
  return {
    title,
    max: Math.max(1, max(values) ?? 0),
    tick: (value) => (Number.isInteger(value) ? count(value) : ""),
    value: count,
  };
}

/** Plain numbers without a unit, three digits of each. */
export function numberAxis(title: string, values: readonly number[]): Axis {
  const text = (value: number) => String(Number(value.toPrecision(3)));
  return { title, max: Math.max(0, max(values) ?? 0), tick: text, value: text };
}
