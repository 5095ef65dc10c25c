import { binary, type Data, elementwise, type Kernel, roundingAid } from "./arithmetic.js";

/*
 * The arithmetic that training adds. In double precision and rounded once, when an element is stored, but for the
 * quantisers, whose every step is rounded to the type of their input, as the operators they are written as do.
 */

const raise: Kernel = (out, at, count, a, i, di, b, j, dj) => {
  for (let n = 0; n < count; n++) out[at + n] = a[i + n * di]! ** b[j + n * dj]!;
};
const least: Kernel = (out, at, count, a, i, di, b, j, dj) => {
  for (let n = 0; n < count; n++) out[at + n] = Math.min(a[i + n * di]!, b[j + n * dj]!);
};
const most: Kernel = (out, at, count, a, i, di, b, j, dj) => {
  for (let n = 0; n < count; n++) out[at + n] = Math.max(a[i + n * di]!, b[j + n * dj]!);
};
const isGreater: Kernel = (out, at, count, a, i, di, b, j, dj) => {
  for (let n = 0; n < count; n++) out[at + n] = a[i + n * di]! > b[j + n * dj]! ? 1 : 0;
};
const isLess: Kernel = (out, at, count, a, i, di, b, j, dj) => {
  for (let n = 0; n < count; n++) out[at + n] = a[i + n * di]! < b[j + n * dj]! ? 1 : 0;
};
const both: Kernel = (out, at, count, a, i, di, b, j, dj) => {
  for (let n = 0; n < count; n++) out[at + n] = a[i + n * di]! & b[j + n * dj]!;
};

export const power = binary(raise);
export const minimum = binary(least);
export const maximum = binary(most);
export const greater = binary(isGreater);
export const less = binary(isLess);
export const and = binary(both);

const each = (compute: (x: number) => number) =>
  elementwise((x, y) => {
    for (let i = 0; i < x.length; i++) y[i] = compute(x[i]!);
  });

export const not = each((x) => 1 - x);
export const negation = each((x) => -x);
export const magnitude = each(Math.abs);
export const sign = each(Math.sign);
export const squareRoot = each(Math.sqrt);
export const exponential = each(Math.exp);
export const logarithm = each(Math.log);

/** Rounding to the precision of an array's elements. */
const roundingOf = (y: Data): ((value: number) => number) =>
  y instanceof Float32Array ? Math.fround : (value) => value;

export const pact = elementwise<"Pact">((x, y, { attributes, inputs }) => {
  const round = roundingOf(y);
  const levels = 2 ** attributes.bits - 1;
  const step = round(inputs[1]!.data[0]! / levels);
  const perStep = round(1 / step);
  for (let i = 0; i < x.length; i++) {
    const scaled = round(x[i]! * perStep);
    const clipped = scaled < 0 ? 0 : scaled > levels ? levels : scaled;
    y[i] = (clipped + roundingAid - roundingAid) * step;
  }
});

export const quantizeWeights = elementwise<"QuantizeWeights">((w, y, { attributes, inputs }) => {
  const round = roundingOf(y);
  const levels = 2 ** (attributes.bits - 1) - 1;
  const step = round(inputs[1]!.data[0]! / levels);
  for (let i = 0; i < w.length; i++) {
    const scaled = round(w[i]! / step);
    const clipped = scaled < -levels ? -levels : scaled > levels ? levels : scaled;
    y[i] = (clipped + roundingAid - roundingAid) * step;
  }
});
