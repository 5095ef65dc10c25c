import { InputError } from "../../errors.js";
import { type Random, randomFor } from "../../random.js";
import type { DatasetInMemory, DatasetPart } from "../types.js";
import { draw, flatten, type Polyline } from "./pen.js";
import { shapes } from "./shapes.js";

export const drawnDigitsSize = 28;
export const drawnDigitsCounts = { train: 6000, test: 2000 } as const;

/** How far each property of an image goes: from, to; where one number is given, either way of its middle. */
const distortion = {
  /** Of the points that a stroke goes through, in the digit's height. */
  point: 0.04,
  /** Of the bends that go through the whole digit, in its height. */
  bend: 0.06,
  /** In pixels. */
  height: [12, 21],
  /** Width over that of the shape. */
  width: [0.7, 1.15],
  /** Pixels to the side per pixel up. */
  shear: 0.3,
  /** Tangent of half the angle: 15 degrees. */
  turn: 0.13,
  /** In pixels, to the side and up or down. */
  shift: 2.5,
  /** In pixels. */
  penRadius: [0.55, 1.35],
  paper: [0, 0.15],
  ink: [0.5, 1],
  /** Of a pixel's value. */
  noise: [0, 0.12],
  clutter: { most: 3, length: [2, 7], penRadius: [0.4, 0.9], ink: [0.3, 0.8] },
} as const;

export interface DrawnDigitsOptions {
  /** Another seed is another data set. Default 1. */
  readonly seed?: number;
  /** The first so many images of the part. Default: 6,000 for training, 2,000 for tests. */
  readonly count?: number;
}

/**
 * Digits that the program draws: grey on dark, 28 × 28 as MNIST's, image i showing the digit i mod 10. Every image has a
 * stream of chance of its own, and depends on the seed, its part and its index alone. Only sums, products, quotients and
 * comparisons decide a byte, which IEEE 754 and ECMAScript fix to the last bit; sines, exponentials and powers, which
 * may differ between engines, do not: turning goes by the half angle's tangent, and noise is uniform.
 * @throws InputError for a seed or a count that is no whole number
 */
export function drawnDigits(part: DatasetPart, options: DrawnDigitsOptions = {}): DatasetInMemory {
  const { seed = 1, count = drawnDigitsCounts[part] } = options;
  if (!Number.isInteger(seed))
    throw new InputError(`the seed of the drawn digits is ${seed}`, { hint: "give a whole number" });
  if (!(Number.isInteger(count) && count >= 0))
    throw new InputError(`the number of drawn digits is ${count}`, { hint: "give a whole number from 0" });
  const area = drawnDigitsSize * drawnDigitsSize;
  const pixels = new Uint8Array(count * area);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % shapes.length);
  for (let i = 0; i < count; i++) {
    const random = randomFor(seed, "drawn-digits", part, i);
    drawDigit(labels[i]!, random, pixels.subarray(i * area, (i + 1) * area));
  }
  const size = { channels: 1, height: drawnDigitsSize, width: drawnDigitsSize };
  return { name: "drawn-digits", ...size, classes: shapes.length, count, pixels, labels };
}

/** @param pixels [28 × 28], written */
function drawDigit(digit: number, random: Random, pixels: Uint8Array): void {
  const ways = shapes[digit]!;
  const paths = ways[random.integer(0, ways.length - 1)]!.map((stroke) =>
    flatten({ ...stroke, points: stroke.points.map((v) => v / 100 + either(random, distortion.point)) }),
  );
  bend(paths, random);
  place(paths, random);
  const ink = new Float64Array(pixels.length);
  const radius = within(random, distortion.penRadius);
  for (const path of paths) draw(ink, drawnDigitsSize, path, radius, 1);
  addClutter(ink, random);
  const paper = within(random, distortion.paper);
  const contrast = within(random, distortion.ink) - paper;
  const noise = within(random, distortion.noise);
  for (let p = 0; p < pixels.length; p++) {
    const value = paper + contrast * ink[p]! + either(random, noise);
    pixels[p] = Math.floor(255 * Math.min(1, Math.max(0, value)) + 0.5);
  }
}

/** Moves every point by a field of shifts that is given on a grid of 4 × 4 and goes smoothly from one to the next. */
function bend(paths: readonly Polyline[], random: Random): void {
  const shifts = Float64Array.from({ length: 4 * 4 * 2 }, () => either(random, distortion.bend));
  for (const path of paths)
    for (let i = 0; i < path.length; i += 2) {
      const [column, across] = cell(path[i]!);
      const [row, down] = cell(path[i + 1]!);
      for (let axis = 0; axis < 2; axis++) {
        const at = (r: number, c: number) => shifts[((row + r) * 4 + column + c) * 2 + axis]!;
        const above = at(0, 0) + (at(0, 1) - at(0, 0)) * across;
        const below = at(1, 0) + (at(1, 1) - at(1, 0)) * across;
        path[i + axis]! += above + (below - above) * down;
      }
    }
}

/** The grid cell (0 to 2) of a coordinate, and how far through it, as a cubic that starts and ends level. */
function cell(v: number): [cell: number, through: number] {
  const at = 3 * Math.min(1, Math.max(0, v));
  const index = Math.min(2, Math.floor(at));
  const t = at - index;
  return [index, t * t * (3 - 2 * t)];
}

/** Stretches, slants and turns the digit, and puts it beside the middle of the image, but not beyond its border. */
function place(paths: readonly Polyline[], random: Random): void {
  const height = within(random, distortion.height);
  const width = height * within(random, distortion.width);
  const shear = either(random, distortion.shear);
  const t = either(random, distortion.turn);
  // With t the tangent of half the angle these are its cosine and sine.
  const cosine = (1 - t * t) / (1 + t * t);
  const sine = (2 * t) / (1 + t * t);
  for (const path of paths)
    for (let i = 0; i < path.length; i += 2) {
      const y = (path[i + 1]! - 0.5) * height;
      const x = (path[i]! - 0.5) * width - shear * y;
      path[i] = cosine * x - sine * y;
      path[i + 1] = sine * x + cosine * y;
    }
  for (let axis = 0; axis < 2; axis++) shift(paths, axis, random);
}

/** Least distance of a stroke's middle from the border, in pixels. */
const margin = 1.5;

function shift(paths: readonly Polyline[], axis: number, random: Random): void {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const path of paths)
    for (let i = axis; i < path.length; i += 2) {
      low = Math.min(low, path[i]!);
      high = Math.max(high, path[i]!);
    }
  const free = Math.max(0, drawnDigitsSize - 2 * margin - (high - low)) / 2;
  const start = (drawnDigitsSize - (high - low)) / 2 + either(random, Math.min(free, distortion.shift));
  for (const path of paths) for (let i = axis; i < path.length; i += 2) path[i]! += start - low;
}

/** Short thin strokes anywhere, that say nothing. */
function addClutter(ink: Float64Array, random: Random): void {
  const { most, length, penRadius, ink: strengths } = distortion.clutter;
  const strokes = random.integer(0, most);
  for (let s = 0; s < strokes; s++) {
    const x = drawnDigitsSize * random.uniform();
    const y = drawnDigitsSize * random.uniform();
    const dx = either(random, 1) * within(random, length);
    const dy = either(random, 1) * within(random, length);
    draw(
      ink,
      drawnDigitsSize,
      Float64Array.of(x, y, x + dx, y + dy),
      within(random, penRadius),
      within(random, strengths),
    );
  }
}

const within = (random: Random, [low, high]: readonly [number, number]): number =>
  low + (high - low) * random.uniform();

const either = (random: Random, most: number): number => most * (2 * random.uniform() - 1);
