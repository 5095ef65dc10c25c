import type { ArraySpec } from "../../hardware/types.js";
import { resultBits } from "../analytic/layer.js";
import type { ReadModel } from "../analytic/read-model.js";
import { treeBits } from "../circuits/adder-trees.js";
import { hTree, xyBus } from "../circuits/bus.js";
import { registerFile } from "../circuits/memory.js";
import { repeatedWire } from "../circuits/repeated-wire.js";
import { subArray } from "../circuits/sub-array.js";
import { adder } from "../gates/adder.js";
import { flipFlop } from "../gates/flip-flop.js";
import type { LayerShape } from "../network/shapes.js";
import { type FloorPlan, referenceFloorPlan, type TileKind } from "./floor-plan.js";

/** Areas of a chip by what they serve, as the reference estimator groups them; its boxes do not add up to the sum. */
export interface ReferenceAreas {
  readonly array_m2: number;
  readonly adc_m2: number;
  /** Shift-adds and adder trees of parts, tiles and chip. */
  readonly accumulation_m2: number;
  readonly interconnect_m2: number;
  /** One tile of either kind, with everything in its box. */
  readonly kernelTile_m2: number;
  readonly squareTile_m2: number;
  readonly globalBuffer_m2: number;
  /** Tiles, bus, trees and the global buffer; activation and pooling units, about a percent, are left out. */
  readonly chip_m2: number;
  readonly floorPlan: FloorPlan;
}

/** Repeaters of a tile's wires stand so much denser than those of the chip's bus. */
const tileFolding = 16;
const treeFolding = 8;

/**
 * Areas of a chip laid out by the reference estimator's rules. Trees of a part add up its rows of sub-arrays, those of a
 * tile its parts, those of the chip the tiles of the layer that has most; in a pipeline of kernel tiles there is a set of
 * the last per layer and one more. A tile's wires are an H-tree twice as wide as the smallest, the chip's four times.
 * Source: docs/sources.md#neurosim14.
 */
export function referenceAreas(
  layers: readonly LayerShape[],
  array: ArraySpec,
  model: ReadModel,
  cellsPerWeight: (layer: LayerShape) => number,
): ReferenceAreas {
  const { spec } = model.design;
  const floorPlan = referenceFloorPlan(layers, array, spec, cellsPerWeight);
  const kinds = [floorPlan.kernel, floorPlan.square].flatMap((kind) => kind ?? []);
  const built = kinds.map((kind) => ({ kind, tile: tileAreas(kind, array, model), count: sum(kind.tiles) }));
  const over = (value: (tile: Tile) => number): number =>
    built.reduce((all, { tile, count }) => all + count * value(tile), 0);
  const side_m = Math.sqrt(Math.max(...built.map(({ tile }) => tile.box_m2)));
  const areaOf = (kind: TileKind | null): number =>
    built.find((entry) => entry.kind === kind)?.tile.box_m2 ?? 0;
  const trees_m2 = chipTrees(kinds, layers.length, model);
  const bus_m2 = chipBus(kinds, floorPlan, side_m, model);
  const globalBuffer_m2 = globalBuffer(layers, model);
  return {
    array_m2: over((tile) => tile.array_m2),
    adc_m2: over((tile) => tile.adc_m2),
    accumulation_m2: over((tile) => tile.accumulation_m2) + trees_m2,
    interconnect_m2: over((tile) => tile.interconnect_m2) + bus_m2,
    globalBuffer_m2,
    chip_m2: over((tile) => tile.box_m2) + trees_m2 + bus_m2 + globalBuffer_m2,
    kernelTile_m2: areaOf(floorPlan.kernel),
    squareTile_m2: areaOf(floorPlan.square),
    floorPlan,
  };
}

interface Tile {
  readonly array_m2: number;
  readonly adc_m2: number;
  readonly accumulation_m2: number;
  readonly interconnect_m2: number;
  readonly box_m2: number;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Adders of `trees` trees; odd operands are dropped between stages. */
function treesArea({ design }: ReadModel, trees: number, operands: number, bits: number): number {
  return trees * treeBits(operands, bits, false).bits * adder(design.technology, 1).area_m2;
}

function tileAreas(kind: TileKind, array: ArraySpec, model: ReadModel): Tile {
  const { design } = model;
  const { technology: t, spec, inputBits } = design;
  const { blocks, total } = subArray(design, { drivenRows: 0, columns_S: 0, conversions_J: 0 });
  const arrays = kind.gridRows * kind.gridColumns;
  const phases = spec.columnsPerConverter;
  const bits = resultBits(model);
  const partTrees = (kind.gridColumns * array.columns) / phases;
  const partTrees_m2 = treesArea(model, partTrees, kind.gridRows, bits);
  const shiftAdds_m2 = (blocks.shiftAddInput?.area_m2 ?? 0) + (blocks.shiftAddWeight?.area_m2 ?? 0);
  const register_m2 = flipFlop(t).area_m2;
  const outputs = kind.partSize / phases;
  const partBuffers_m2 = register_m2 * (inputBits * kind.partSize + outputs * (bits + kind.gridRows));
  const part_m2 = arrays * total.area_m2 + partTrees_m2 + partBuffers_m2;
  const side = Math.ceil(Math.sqrt(kind.parts));
  // Kernel positions all belong to one sum; of square parts only those below one another.
  const kernel = kind.mapping === "kernel";
  const tileTrees = kernel ? outputs : (side * kind.partSize) / phases;
  const tileTrees_m2 = treesArea(model, tileTrees, kernel ? kind.parts : side, bits + kind.gridRows);
  const floor = { columns: side, rows: side, side_m: Math.sqrt(part_m2) };
  const wires = hTree(repeatedWire(t, 2), floor, kind.parts * kind.partSize, tileFolding);
  return {
    array_m2: kind.parts * arrays * design.width_m * design.height_m,
    adc_m2: kind.parts * arrays * blocks.adc!.area_m2,
    accumulation_m2: kind.parts * (arrays * shiftAdds_m2 + partTrees_m2) + tileTrees_m2,
    interconnect_m2: wires.area_m2,
    box_m2: kind.parts * part_m2 + tileTrees_m2 + wires.area_m2,
  };
}

function chipTrees(kinds: readonly TileKind[], layers: number, model: ReadModel): number {
  const { spec } = model.design;
  const most = Math.max(...kinds.flatMap(({ tiles }) => tiles));
  const pipelined = spec.chip.timing === "pipelined";
  const byKernel = spec.chip.floorPlan === "kernel";
  const widest = Math.max(...kinds.map(({ partSize }) => 2 * partSize));
  const trees = ((pipelined && byKernel ? layers + 1 : 1) * widest) / spec.columnsPerConverter;
  const bits = resultBits(model) + 2 + (pipelined ? Math.ceil(Math.log2(layers + 1)) : 0);
  return treesArea(model, trees, most, bits);
}

/** Registers for half of all layers' inputs in a pipeline, else for the largest layer's. */
function globalBuffer(layers: readonly LayerShape[], { design }: ReadModel): number {
  const { technology, spec, inputBits } = design;
  const values = layers.map((layer) => layer.inputValues);
  const held = spec.chip.timing === "pipelined" ? sum(values) / 2 : Math.max(...values);
  return registerFile(technology, held * inputBits).area_m2;
}

function chipBus(kinds: readonly TileKind[], plan: FloorPlan, side_m: number, model: ReadModel): number {
  const { technology: t, spec } = model.design;
  // Layer by layer, one tile of a layer is served at a time.
  const served = (tiles: readonly number[]): number =>
    spec.chip.timing === "pipelined" ? sum(tiles) : tiles.length;
  let width = kinds.reduce(
    (all, { tileSize, tiles }) => all + served(tiles) * (tileSize + tileSize / spec.columnsPerConverter),
    0,
  );
  while (width > spec.chip.busWidth_bit) width /= 2;
  const floor = { columns: plan.tileColumns, rows: plan.tileRows, side_m };
  const wire = repeatedWire(t, 4);
  const bus =
    spec.chip.interconnect === "bus" ? xyBus(wire, floor, width) : hTree(wire, floor, width, treeFolding);
  return bus.area_m2;
}
