import { InputError } from "../../errors.js";
import { inputSliceCount } from "../../hardware/input-slices.js";
import { type Technology, technologyFor } from "../../hardware/technology/index.js";
import type { AnalyticCost, HardwareSpec, ReferenceRule, SizingSpec } from "../../hardware/types.js";
import { gateCapacitance, switchingResistance } from "../gates/transistor.js";

/** What the circuits of a sub-array are designed for. Resistances are those of the cells with nothing in series. */
export interface SubArrayDesign {
  readonly technology: Technology;
  readonly spec: AnalyticCost;
  readonly sizing: SizingSpec;
  readonly rows: number;
  readonly columns: number;
  readonly activeRows: number;
  readonly adcBits: number;
  readonly inputBits: number;
  /** Parts of an input that are applied one after another. */
  readonly inputSlices: number;
  /** Where an input's last slice begins: what the results of all slices are shifted by at most. */
  readonly inputShift: number;
  /** Bit lines of one weight, and conversions that one weight takes. */
  readonly cellsPerWeight: number;
  readonly conversionsPerWeight: number;
  readonly converters: number;
  readonly levels_S: readonly number[];
  readonly readVoltage_V: number;
  readonly cell: {
    readonly width_m: number;
    readonly height_m: number;
    /** Access transistor: its width, 0 where there is none, and its resistance. */
    readonly access_m: number;
    readonly access_ohm: number;
  };
  readonly width_m: number;
  readonly height_m: number;
  readonly has: (rule: ReferenceRule) => boolean;
}

export interface DesignOptions {
  readonly adcBits: number;
  readonly inputBits: number;
  readonly cellsPerWeight: number;
  readonly conversionsPerWeight: number;
  readonly levels_S: readonly number[];
}

/** Drain over gate voltage of an access transistor is small: its resistance is about a fifth of V / I_on. */
export const linearRegion = 0.2;

/** @throws InputError where the access transistor that the resistances ask for does not fit under a cell */
export function designOf(hardware: HardwareSpec, spec: AnalyticCost, options: DesignOptions): SubArrayDesign {
  const technology = technologyOf(spec);
  const { node_m } = technology;
  const { array } = hardware;
  const { rows, columns, activeRows } = array;
  const inputSlices = inputSliceCount(options.inputBits, array.inputSliceBits);
  const on_ohm = 1 / Math.max(...options.levels_S);
  const cell = {
    width_m: spec.cell.width * node_m,
    height_m: spec.cell.height * node_m,
    ...accessOf(technology, spec, on_ohm),
  };
  if (cell.access_m > cell.width_m) {
    throw new InputError(
      `cost.cell.width is ${spec.cell.width} F, but the access transistor needs ${(cell.access_m / node_m).toFixed(1)} F`,
      { hint: "widen the cell, raise the resistances of the device, or raise cost.cell.accessResistance" },
    );
  }
  const rules = new Set(spec.rules);
  return {
    technology,
    spec,
    sizing: sizingAt(spec.sizing, node_m),
    rows,
    columns,
    activeRows,
    ...options,
    inputSlices,
    inputShift: (inputSlices - 1) * array.inputSliceBits,
    converters: Math.ceil(
      (columns * options.conversionsPerWeight) / options.cellsPerWeight / spec.columnsPerConverter,
    ),
    readVoltage_V: hardware.device.readVoltage_V,
    cell,
    width_m: columns * cell.width_m,
    height_m: rows * cell.height_m,
    has: (rule) => rules.has(rule),
  };
}

/** The rule "roundingFoldsGates" meets the two planar nodes at which the estimator's rounding does it, and all fins. */
export function technologyOf({ technology: at, rules }: AnalyticCost): Technology {
  const technology = technologyFor(at);
  if (!rules.includes("roundingFoldsGates")) return technology;
  const accident = at.roadmap === "HP" && [90e-9, 65e-9].some((m) => Math.abs(m / at.node_m - 1) < 1e-6);
  return { ...technology, filledGatesFold: accident, finFoldsRoundDown: true };
}

function accessOf(t: Technology, { cell }: AnalyticCost, on_ohm: number) {
  if (cell.access === "1R") return { access_m: 0, access_ohm: 0 };
  const access_ohm = cell.accessResistance * on_ohm;
  const oneFeature_ohm = switchingResistance(t, "n", t.node_m);
  return { access_m: (oneFeature_ohm * linearRegion * t.node_m) / access_ohm, access_ohm };
}

function sizingAt(sizing: readonly SizingSpec[], node_m: number): SizingSpec {
  const near = sizing.find((s) => s.node_m !== null && Math.abs(s.node_m / node_m - 1) < 1e-6);
  const found = near ?? sizing.find((s) => s.node_m === null);
  if (found) return found;
  throw new InputError(`cost.sizing has no entry for the node ${node_m} m`, {
    hint: "add one, or one with node_m null that serves every node",
  });
}

/** Capacitance of a word line: wire and the gates of its access transistors. */
export const wordLine_F = ({ technology: t, columns, cell }: SubArrayDesign): number =>
  columns *
  (cell.width_m * t.wire.capacitance_F_per_m + (cell.access_m > 0 ? gateCapacitance(t, cell.access_m) : 0));

/** Resistance of a word line in metal 1, and of a bit line in the lower metal. */
export const wordLine_ohm = ({ technology: t, width_m }: SubArrayDesign): number =>
  width_m * t.wire.metal1_ohm_per_m;
export const bitLine_ohm = ({ technology: t, height_m }: SubArrayDesign): number =>
  height_m * t.wire.resistance_ohm_per_m;

/** Mean resistance of a cell and its access transistor: that of the mean of the outer two conductances. */
export function meanCell_ohm({ levels_S, cell }: SubArrayDesign): number {
  const with_S = (level_S: number): number => 1 / (1 / level_S + cell.access_ohm);
  return 2 / (with_S(Math.min(...levels_S)) + with_S(Math.max(...levels_S)));
}
