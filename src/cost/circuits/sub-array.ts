import { analogComposition } from "./analog-composition.js";
import { cellArray } from "./cell-array.js";
import { columnDecoder } from "./column-decoder.js";
import { columnMux } from "./column-mux.js";
import { control } from "./control.js";
import { conversionTime, converters } from "./converter.js";
import type { SubArrayDesign } from "./design.js";
import { levelShifters, needsLevelShifters } from "./level-shifter.js";
import { sampleHold } from "./sample-hold.js";
import { overInputs, overSlices, shiftAddUnits } from "./shift-add-unit.js";
import { sourceLineSwitch } from "./source-line-switch.js";
import { addCircuits, type Block, type CircuitCost } from "./types.js";
import { wordLineDecoder } from "./word-line-decoder.js";
import { wordLineSwitch } from "./word-line-switch.js";

/** One read of a sub-array: one input bit of one row group, all columns. */
export interface SubArrayRead {
  readonly drivenRows: number;
  /** Conductance of each converted column with its driven rows, summed; and the energy of all conversions. */
  readonly columns_S: number;
  readonly conversions_J: number;
}

/** The circuits of a sub-array in the order in which they are added. */
export const subArrayParts = [
  "array",
  "switchMatrix",
  "sourceLineSwitch",
  "columnMux",
  "columnDecoder",
  "sampleHold",
  "analogComposition",
  "adc",
  "wordLevelShifter",
  "bitLevelShifter",
  "sourceLevelShifter",
  "shiftAddWeight",
  "shiftAddInput",
  "control",
] as const;
export type SubArrayPart = (typeof subArrayParts)[number];

export interface SubArrayCosts {
  readonly blocks: Readonly<Partial<Record<SubArrayPart, Block>>>;
  readonly total: CircuitCost;
  /** Outline of the whole. */
  readonly width_m: number;
  readonly height_m: number;
}

/**
 * All circuits of a sub-array and what one read of it takes. The latency of the whole is their sum: rows are driven,
 * columns chosen, converted and added one after another. Area is the sum; with the rule "boundingBoxArea" that of
 * the rectangle around blocks that stand beside and below the array.
 */
export function subArray(design: SubArrayDesign, read: SubArrayRead): SubArrayCosts {
  const { spec } = design;
  const phases = spec.columnsPerConverter;
  const held = phases > 1 && spec.sampleHold;
  const conducting_s = (held ? 1 : phases) * conversionTime(design);
  const blocks: Partial<Record<SubArrayPart, Block>> = {
    array: cellArray(design, { ...read, conducting_s, phases: held ? 1 : phases }),
    switchMatrix: rowSelect(design, { drivenRows: read.drivenRows, phases }),
    sourceLineSwitch: sourceLineSwitch(design),
  };
  if (phases > 1) {
    const mux = columnMux(design);
    const select = columnDecoder(design, mux);
    blocks.columnMux = design.has("stretchedBlocks") ? atLeastAsHigh(mux, select) : mux;
    blocks.columnDecoder = select;
  }
  if (held) blocks.sampleHold = sampleHold(design);
  if (design.cellsPerWeight > design.conversionsPerWeight) {
    blocks.analogComposition = analogComposition(design, {
      ...read,
      conducting_s,
      base: design.levels_S.length,
    });
  }
  blocks.adc = converters(design, read.conversions_J, design.has("latencyOfOnePhase") ? 1 : phases);
  if (needsLevelShifters(spec.write.voltage_V)) {
    blocks.wordLevelShifter = levelShifters(design, "rows", read.drivenRows);
    blocks.bitLevelShifter = levelShifters(design, "rows", read.drivenRows);
    blocks.sourceLevelShifter = levelShifters(design, "columns", design.columns);
  }
  const { slices, inputs } = shiftAddUses(design);
  if (design.conversionsPerWeight > 1) {
    blocks.shiftAddWeight = shiftAddUnits(design, overSlices(design), slices);
  }
  if (design.inputSlices > 1) blocks.shiftAddInput = shiftAddUnits(design, overInputs(design), inputs);
  if (!design.has("freeControl")) blocks.control = control(design);
  return assemble(design, blocks);
}

/** Stretched blocks: the multiplexer stands beside its decoder and is as high as that. */
function atLeastAsHigh(block: Block, { height_m }: Block): Block {
  if (block.height_m >= height_m) return block;
  return { ...block, height_m, area_m2: block.width_m * height_m };
}

/**
 * Uses of a unit in one read: one per conversion of a slice after the first, and one per weight that its converter
 * serves. The rule "wholeWeightShiftAdds" counts the whole weights among the columns of a converter, none under one
 * converter per column.
 */
function shiftAddUses({ spec, cellsPerWeight, conversionsPerWeight, has }: SubArrayDesign) {
  const phases = spec.columnsPerConverter;
  if (has("wholeWeightShiftAdds")) {
    const weights = Math.floor(phases / cellsPerWeight);
    return { slices: weights * (cellsPerWeight - 1), inputs: weights };
  }
  const perConverter = phases / conversionsPerWeight;
  return { slices: perConverter * (conversionsPerWeight - 1), inputs: perConverter };
}

function assemble(design: SubArrayDesign, blocks: Partial<Record<SubArrayPart, Block>>): SubArrayCosts {
  const present = subArrayParts.flatMap((name) => blocks[name] ?? []);
  const sum = addCircuits(present);
  const beside = ["switchMatrix", "wordLevelShifter", "bitLevelShifter"];
  let width_m = design.width_m;
  let height_m = design.height_m;
  for (const name of subArrayParts) {
    const block = blocks[name];
    if (!block || name === "array" || name === "columnDecoder") continue;
    if (beside.includes(name)) width_m += block.width_m;
    else height_m += block.height_m;
  }
  const box = design.has("boundingBoxArea");
  return { blocks, total: box ? { ...sum, area_m2: width_m * height_m } : sum, width_m, height_m };
}

const rowSelect = (design: SubArrayDesign, read: { drivenRows: number; phases: number }): Block =>
  design.spec.rowSelect === "decoder" ? wordLineDecoder(design, read) : wordLineSwitch(design, read);
