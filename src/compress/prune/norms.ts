import {
  constantLike,
  gather,
  greater,
  masked,
  matMul,
  maximum,
  mul,
  pad,
  reduceSum,
  reshape,
  sqrt,
  transpose,
  type Value,
} from "../../autodiff/index.js";
import type { GroupedLayer } from "./layers.js";

/*
 * Figures by group as part of a training step. The bands of a matrix are consecutive runs of `groupRows` rows (the
 * last one may be shorter), so that a weight tensor is [columns, bands, groupRows] without moving anything.
 */

/** Below this square a norm, 10⁻¹², counts as 0, and so does its gradient. */
const tinySquare = 1e-24;

/** Sums of a tensor of the layer's shape over its groups: [columns × bands]. */
export function sumOverGroups(x: Value, layer: GroupedLayer): Value {
  const { rows, columns, groupRows } = layer.grid;
  const count = layer.bands.length;
  const matrix = asColumns(x, layer);
  if (count === 1) return reduceSum(matrix, [1], true);
  const missing = count * groupRows - rows;
  return reduceSum(reshape(pad(matrix, [0, 0], [0, missing]), [columns, count, groupRows]), [2]);
}

/** ‖W_g‖₂ of every group, [columns × bands]. At 0 it is exactly 0, with the gradient 0 (spec 2.3). */
export function groupNorms(weights: Value, layer: GroupedLayer): Value {
  const squares = sumOverGroups(mul(weights, weights), layer);
  return masked(greater(squares, tinySquare), sqrt(maximum(squares, tinySquare)));
}

/** A tensor of the layer's shape with every group times its factor, [columns × bands]. */
export function scaleGroups(x: Value, factors: Value, layer: GroupedLayer): Value {
  const { rows, columns, groupRows } = layer.grid;
  const count = layer.bands.length;
  if (layer.outputMajor && rows === count * groupRows) {
    const cut = reshape(x, [columns, count, groupRows]);
    return reshape(mul(cut, reshape(factors, [columns, count, 1])), layer.shape);
  }
  const bandOfRow = layer.bands.flatMap(({ rowCount }, b) => new Array<number>(rowCount).fill(b));
  const scaled = mul(asColumns(x, layer), gather(factors, bandOfRow, 1));
  return reshape(layer.outputMajor ? scaled : transpose(scaled, [1, 0]), layer.shape);
}

/** Figures per position as figures per band, [bands]. */
export const byBand = (perPosition: Value, layer: GroupedLayer): Value =>
  gather(
    perPosition,
    layer.bands.map(({ position }) => position),
    0,
  );

/** Sums over all groups of one position, times a factor for each position, at each of its bands: [1 × bands]. */
export function sumOverPositions(
  x: Value,
  layer: GroupedLayer,
  factor: (position: number) => number = () => 1,
): Value {
  const count = layer.bands.length;
  const elements = layer.bands.flatMap((from) =>
    layer.bands.map((to) => (from.position === to.position ? factor(to.position) : 0)),
  );
  return matMul(reduceSum(x, [0], true), constantLike(x, [count, count], elements));
}

/** [columns × rows] */
function asColumns(x: Value, { outputMajor, grid: { rows, columns } }: GroupedLayer): Value {
  return outputMajor ? reshape(x, [columns, rows]) : transpose(reshape(x, [rows, columns]), [1, 0]);
}
