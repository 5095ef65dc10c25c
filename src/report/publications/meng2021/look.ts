import { lineColours, type PointMark, type PointSeries } from "../../plots/index.js";
import { groupSizes, type TableRow } from "./published.js";
import { type Method, sizeText } from "./runs.js";

/** Group sizes that occur, the publication's first. */
export const sizesOf = (points: readonly { readonly groupRows: number }[]): number[] => {
  const others = new Set(points.map(({ groupRows }) => groupRows).filter((rows) => !isPublished(rows)));
  return [...groupSizes, ...[...others].sort((a, b) => b - a)];
};

const isPublished = (rows: number): boolean => groupSizes.some((size) => size === rows);

/** A group size has the same colour in every figure. */
export const groupColours = (sizes: readonly number[]): ReadonlyMap<number, string> =>
  new Map(sizes.map((size, i) => [size, lineColours[i % lineColours.length]!]));

const marks: Readonly<Record<Method, PointMark>> = {
  "multi-group": "circle",
  plain: "square",
  "multi-group+magnitude": "triangle",
  "plain+magnitude": "triangle",
  magnitude: "triangle",
  filters: "triangle",
};

export const markOf = (method: Method): PointMark => marks[method];

/** Rows of Table II as outlined diamonds, a series per group size. */
export const publishedSeries = (
  rows: readonly TableRow[],
  colours: ReadonlyMap<number, string>,
  what = "Table II",
): PointSeries[] =>
  rows.map(({ groupRows, groupSparsity, accuracy }) => ({
    name: `${sizeText(groupRows)}, ${what}`,
    colour: colours.get(groupRows)!,
    mark: "diamond",
    hollow: true,
    points: [{ x: groupSparsity, y: accuracy, note: "published" }],
  }));
