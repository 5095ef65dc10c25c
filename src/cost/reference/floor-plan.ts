import type { AnalyticCost, ArraySpec } from "../../hardware/types.js";
import type { LayerShape } from "../network/shapes.js";
import { speedUpTargets } from "../network/speed-up.js";

/** Tiles of one of the two kinds: K × K parts that each hold one kernel position, or square parts of whole rows. */
export interface TileKind {
  readonly mapping: "kernel" | "square";
  /** Columns (and rows) of cells of a part and of a tile. */
  readonly partSize: number;
  readonly tileSize: number;
  readonly parts: number;
  /** Sub-arrays of a part: as many as its cells need, and the square grid that is built. */
  readonly arraysPerPart: number;
  readonly gridRows: number;
  readonly gridColumns: number;
  /** Tiles of each of its layers, duplicates included. */
  readonly tiles: readonly number[];
}

export interface FloorPlan {
  readonly kernel: TileKind | null;
  readonly square: TileKind | null;
  readonly tileColumns: number;
  readonly tileRows: number;
}

/** A layer's matrix in cells. */
interface Cells {
  readonly rows: number;
  readonly columns: number;
  readonly kernelPositions: number;
  readonly channels: number;
  readonly target: number;
}

/**
 * How DNN+NeuroSim lays a network out. Layers with the most frequent kernel, at least as tall as an array, get tiles of
 * K × K parts ("kernel" mapping); the others tiles of square parts. Part and tile are powers of two of the widest layer
 * or a multiple of the array; smaller ones are taken if they waste less. Layers are copied into idle sub-arrays, and
 * their tiles copied until a pipeline keeps pace.
 * Source: docs/sources.md#neurosim14, as described; the rule "squareParts" takes a part of n sub-arrays as ⌈√n⌉ × ⌈√n⌉.
 */
export function referenceFloorPlan(
  layers: readonly LayerShape[],
  array: ArraySpec,
  spec: AnalyticCost,
  cellsPerWeight: (layer: LayerShape) => number,
): FloorPlan {
  const { chip } = spec;
  const targets = speedUpTargets(layers, chip.timing === "pipelined" ? chip.speedUp : 1);
  const cells = layers.map(
    (layer, i): Cells => ({
      rows: layer.rows,
      columns: layer.columns * cellsPerWeight(layer),
      kernelPositions: layer.kernelPositions,
      channels: layer.rows / layer.kernelPositions,
      target: targets[i]!,
    }),
  );
  const common = mostFrequent(cells.map((layer) => layer.kernelPositions));
  const byKernel = (layer: Cells): boolean =>
    chip.floorPlan === "kernel" && layer.kernelPositions === common && layer.rows >= array.rows;
  const square = spec.rules.includes("squareParts");
  const kernelKind = kernelTiles(cells.filter(byKernel), array, common, square);
  const squareKind = squareTiles(
    cells.filter((layer) => !byKernel(layer)),
    array,
    square,
  );
  const tiles = [...(kernelKind?.tiles ?? []), ...(squareKind?.tiles ?? [])].reduce((a, b) => a + b, 0);
  const tileColumns = Math.ceil(Math.sqrt(tiles));
  return { kernel: kernelKind, square: squareKind, tileColumns, tileRows: Math.ceil(tiles / tileColumns) };
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
}

const powerOf2 = (value: number): number => 2 ** Math.ceil(Math.log2(value));

/** Copies of a matrix of cells that fit into a grid of sub-arrays. */
function copiesIn(array: ArraySpec, rows: number, columns: number, grid: [number, number]): number {
  const down = Math.floor(grid[0] / Math.ceil(rows / array.rows));
  const across = Math.floor(grid[1] / Math.ceil(columns / array.columns));
  return Math.max(1, down) * Math.max(1, across);
}

const gridFor = (size: number, array: ArraySpec): [number, number] => [
  Math.ceil(size / array.rows),
  Math.ceil(size / array.columns),
];

function kernelTiles(
  layers: readonly Cells[],
  array: ArraySpec,
  kernelPositions: number,
  square: boolean,
): TileKind | null {
  if (layers.length === 0) return null;
  const least = 2 * array.rows;
  const first = Math.max(powerOf2(Math.max(...layers.map(({ columns }) => columns))), least);
  const tilesAt = (partSize: number): number[] =>
    layers.map(({ channels, columns, target }) => {
      const needed = Math.ceil(channels / partSize) * Math.ceil(columns / partSize);
      const copies = copiesIn(array, channels, columns, gridFor(partSize, array));
      return needed * Math.ceil(target / copies);
    });
  const cellsAt = (size: number): number =>
    tilesAt(size).reduce((a, b) => a + b, 0) * kernelPositions * size ** 2;
  const partSize = leastWaste(first, least, cellsAt);
  return {
    mapping: "kernel",
    partSize,
    tileSize: partSize * Math.sqrt(kernelPositions),
    parts: kernelPositions,
    ...grid(partSize, array, square),
    tiles: tilesAt(partSize),
  };
}

function squareTiles(layers: readonly Cells[], array: ArraySpec, square: boolean): TileKind | null {
  if (layers.length === 0) return null;
  const least = 4 * array.rows;
  const first = Math.max(powerOf2(Math.max(...layers.map(({ columns }) => columns))), least);
  const tilesAt = (tileSize: number): number[] =>
    layers.map(({ rows, columns, target }) => {
      const needed = Math.ceil(rows / tileSize) * Math.ceil(columns / tileSize);
      const copies = copiesIn(array, rows, columns, gridFor(tileSize, array));
      return needed * Math.ceil(target / copies);
    });
  const cellsAt = (size: number): number => tilesAt(size).reduce((a, b) => a + b, 0) * size ** 2;
  const tileSize = leastWaste(first, least, cellsAt);
  const partSize = Math.max(2 * array.rows, tileSize / 4);
  return {
    mapping: "square",
    partSize,
    tileSize,
    parts: Math.ceil(tileSize / partSize) ** 2,
    ...grid(partSize, array, square),
    tiles: tilesAt(tileSize),
  };
}

/** The size among first, first / 2, … not below `least` that builds the fewest cells. */
function leastWaste(first: number, least: number, cellsAt: (size: number) => number): number {
  let best = first;
  for (let size = first; size >= least; size /= 2) if (cellsAt(size) < cellsAt(best)) best = size;
  return best;
}

function grid(partSize: number, array: ArraySpec, square: boolean) {
  const [rows, columns] = gridFor(partSize, array);
  const side = Math.ceil(Math.sqrt(rows * columns));
  return square
    ? { arraysPerPart: rows * columns, gridRows: side, gridColumns: side }
    : { arraysPerPart: rows * columns, gridRows: rows, gridColumns: columns };
}
