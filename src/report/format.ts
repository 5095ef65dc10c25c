import { format } from "d3-format";
import { InputError } from "../errors.js";
import { formatArea, formatSi } from "../units.js";
import type { Result } from "./types.js";

const grouped = format(",");

/** A fraction as per cent. */
export const percent = (fraction: number, digits = 2): string => `${(fraction * 100).toFixed(digits)} %`;

/** A difference of two fractions in percentage points, with its sign. */
export const points = (difference: number, digits = 2): string =>
  `${difference < 0 ? "−" : "+"}${Math.abs(difference * 100).toFixed(digits)} pp`;

/** A factor, two digits behind the point at most. */
export const times = (value: number): string => `${Number(value.toFixed(2))} ×`;

/** A whole number with thousands separated. */
export const count = (value: number): string => grouped(value);

export const energy = (value_J: number): string => formatSi(value_J, "J");
export const latency = (value_s: number): string => formatSi(value_s, "s");
export const area = (value_m2: number): string => formatArea(value_m2);

/** How much of a baseline is left, "0.630 ×", three digits; a dash where the baseline is zero. */
export function ratio(value: number, baseline: number): string {
  if (baseline === 0) return "–";
  const times = value / baseline;
  return `${times < 99.95 && times > 0 ? times.toPrecision(3) : times.toFixed(0)} ×`;
}

/** The share of a whole; zero of nothing is zero. */
export const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** A name cut in its middle, since layer names differ at both ends. */
export function middle(text: string, length: number): string {
  const characters = [...text];
  if (characters.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  const tail = length - 1 - head;
  return `${characters.slice(0, head).join("")}…${tail > 0 ? characters.slice(-tail).join("") : ""}`;
}

/** Names as people write them; keys that are not listed here are split at their capitals. */
const components: Readonly<Record<string, string>> = {
  array: "cells",
  switchMatrix: "switch matrix",
  adc: "ADC",
  shiftAddInput: "shift-add, input bits",
  shiftAddWeight: "shift-add, cell slices",
  demux: "de-multiplexers",
  demultiplexer: "de-multiplexers",
  adderTree: "adder trees",
  buffer: "buffer",
  relu: "ReLU",
  sampleHold: "sample and hold",
  columnMux: "column multiplexer",
  wordLevelShifter: "level shifters, word lines",
  bitLevelShifter: "level shifters, bit lines",
  sourceLevelShifter: "level shifters, source lines",
  sourceLineSwitch: "switch matrix, source lines",
  residualAdder: "sums of shortcuts",
  tileBuffer: "tile buffers",
  interconnect: "wires",
};

export function componentLabel(key: string): string {
  return Object.hasOwn(components, key) ? components[key]! : words(key);
}

/** A key in camel case as words. */
export const words = (key: string): string => key.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();

/**
 * Refuses what no report should show.
 *
 * @throws InputError where the result is of another version, or a number in it is not finite
 */
export function requireResult(result: Result): void {
  if (result.version !== 1)
    throw new InputError(`result.version is ${JSON.stringify(result.version)}`, {
      hint: "this program reads version 1; make the report with the program that made the run",
    });
  requireFinite(result, "result");
}

/**
 * Refuses a number that is not finite wherever it stands in a value: a report never shows NaN as if it were a result.
 *
 * @throws InputError naming the first such number by its path
 */
export function requireFinite(value: unknown, path: string): void {
  if (typeof value === "number") {
    if (Number.isFinite(value)) return;
    throw new InputError(`${path} is ${value}`, {
      hint: "the run that made this result is at fault; run that stage again",
    });
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value))
    requireFinite(part, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`);
}

/** Between minus and plus this many standard deviations lie 95 % of a normal distribution. */
export const normal95 = 1.959964;

/**
 * 95 % interval of a share seen in a sample of images (Wilson 1927, score interval); the whole range for no image.
 */
export function wilsonInterval(fraction: number, images: number): readonly [number, number] {
  if (images === 0) return [0, 1];
  const z = normal95;
  const scale = 1 + z ** 2 / images;
  const centre = (fraction + z ** 2 / (2 * images)) / scale;
  const half = (z / scale) * Math.sqrt((fraction * (1 - fraction)) / images + z ** 2 / (4 * images ** 2));
  return [Math.max(0, Math.min(fraction, centre - half)), Math.min(1, Math.max(fraction, centre + half))];
}
