import type { Stroke } from "./shapes.js";

/** A way as straight pieces: x, y, x, y, ... */
export type Polyline = Float64Array;

/** Pieces between two neighbouring points of a stroke; a straight one is cut as well, so that it can be bent. */
const pieces = 6;

/**
 * A stroke as straight pieces. Curves are uniform Catmull and Rom splines: cubics that pass every point in the direction
 * from the one before to the one after it. Source: Catmull and Rom, A class of local interpolating splines, 1974.
 */
export function flatten({ kind, points }: Stroke): Polyline {
  const knots = points.length / 2;
  const spans = kind === "loop" ? knots : knots - 1;
  const path = new Float64Array(2 * (spans * pieces + 1));
  for (let axis = 0; axis < 2; axis++) {
    const at = (i: number): number => {
      if (kind === "loop") return points[2 * ((i + knots) % knots) + axis]!;
      // Beyond an end the curve goes on as its last piece does.
      if (i < 0) return 2 * at(0) - at(1);
      if (i >= knots) return 2 * at(knots - 1) - at(knots - 2);
      return points[2 * i + axis]!;
    };
    const between = kind === "line" ? straight : spline;
    for (let span = 0; span < spans; span++)
      for (let piece = 0; piece < pieces; piece++)
        path[2 * (span * pieces + piece) + axis] = between(
          at(span - 1),
          at(span),
          at(span + 1),
          at(span + 2),
          piece / pieces,
        );
    path[2 * spans * pieces + axis] = at(spans);
  }
  return path;
}

const straight = (_before: number, from: number, to: number, _after: number, t: number): number =>
  from + (to - from) * t;

function spline(before: number, from: number, to: number, after: number, t: number): number {
  const c1 = to - before;
  const c2 = 2 * before - 5 * from + 4 * to - after;
  const c3 = 3 * (from - to) + after - before;
  return from + 0.5 * t * (c1 + t * (c2 + t * c3));
}

/** Half the width of a stroke's soft edge, in pixels. */
const edge = 0.5;

/**
 * Draws a way with a round pen into `ink` [size × size], where each pixel keeps the strongest ink that it got: 1 within
 * the pen, less across its edge. The pixel (x, y) is looked at in its middle, (x + 0.5, y + 0.5). Ink falls with the
 * squared distance, which needs no root.
 * @param radius half the pen's width, in pixels
 * @param strength ink in the middle of the stroke, 0 to 1
 */
export function draw(
  ink: Float64Array,
  size: number,
  path: Polyline,
  radius: number,
  strength: number,
): void {
  const outer = (radius + edge) * (radius + edge);
  const inner = Math.max(0, radius - edge) * Math.max(0, radius - edge);
  const fall = strength / (outer - inner);
  const reach = radius + edge + 0.5;
  for (let i = 0; i + 3 < path.length; i += 2) {
    const x0 = path[i]!;
    const y0 = path[i + 1]!;
    const dx = path[i + 2]! - x0;
    const dy = path[i + 3]! - y0;
    const square = dx * dx + dy * dy;
    const left = Math.max(0, Math.floor(Math.min(x0, x0 + dx) - reach));
    const right = Math.min(size - 1, Math.floor(Math.max(x0, x0 + dx) + reach));
    const top = Math.max(0, Math.floor(Math.min(y0, y0 + dy) - reach));
    const bottom = Math.min(size - 1, Math.floor(Math.max(y0, y0 + dy) + reach));
    for (let y = top; y <= bottom; y++)
      for (let x = left; x <= right; x++) {
        const px = x + 0.5 - x0;
        const py = y + 0.5 - y0;
        const along = square > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / square)) : 0;
        const away = (px - along * dx) * (px - along * dx) + (py - along * dy) * (py - along * dy);
        const value = Math.min(strength, (outer - away) * fall);
        if (value > ink[y * size + x]!) ink[y * size + x] = value;
      }
  }
}
