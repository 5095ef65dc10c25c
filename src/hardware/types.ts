/** Everything the program knows about a chip, as plain data in SI units. One preset per paper, each with its source. */
export interface HardwareSpec {
  readonly name: string;
  /** Key in docs/sources.md. */
  readonly source: string;
  /** Where this preset departs from its source, one sentence each. */
  readonly differs: readonly string[];
  readonly device: DeviceSpec;
  readonly array: ArraySpec;
  readonly adc: AdcSpec;
  readonly encoding: EncodingSpec;
  readonly cost: CostSpec;
}

export interface DeviceSpec {
  /** Published resistances of the levels, code 0 first. */
  readonly levels_ohm: readonly number[];
  readonly readVoltage_V: number;
  /**
   * "ideal": the levels stand at equal conductance steps between the first and the last.
   * "conductance": the levels stand where `levels_ohm` says and are read as if they were even, an experiment.
   */
  readonly cellModel: "ideal" | "conductance";
}

export interface ArraySpec {
  /** Word lines and bit lines (physical columns) of one sub-array. */
  readonly rows: number;
  readonly columns: number;
  /** Rows driven together at most; a taller matrix part is read row group after row group. */
  readonly activeRows: number;
  /** Bits of an input that a word line carries at a time, as one of 2^bits levels. */
  readonly inputSliceBits: number;
}

export type AdcRange = "percentile" | "minmax" | "fullscale" | "mse";

export interface AdcSpec {
  /** 1 to 12, under analog composition to 20, or null for an ideal converter that returns the sum itself. */
  readonly bits: number | null;
  readonly range: AdcRange;
  /** For "percentile": the share of sums below the lower and below the upper bound, in (0, 1). */
  readonly percentiles: readonly [number, number];
}

/** Bits that a converter has at most: composed sums are wider, up to 1,024 rows of 8-bit fields and both signs. */
export const widestConverter = (compose: EncodingSpec["compose"]): number => (compose === "analog" ? 20 : 12);

/** How a signed weight becomes cells. */
export interface EncodingSpec {
  readonly cellBits: number;
  readonly sign: "offset" | "splitArrays" | "pairedColumns";
  readonly compose: "digital" | "analog";
  readonly offsetBy: "digital" | "dummyColumn";
  /**
   * Under analog composition: standard deviation of the gain of each bit line's branch, as a share of the gain.
   * Absent or 0: ideal.
   */
  readonly branchGainSigma?: number;
  /** Which chip: the seed that the gains are drawn from. Default: 1. */
  readonly branchGainSeed?: number;
}

/** One line of a component table, as printed. What one use is, the field's comment says. */
export interface ComponentCost {
  readonly area_m2: number;
  readonly latency_s: number;
  readonly energy_J: number;
}

/** A component table as a paper prints it (Meng et al. 2021, Table I), and the laws that carry it to other sizes. */
export interface TableCost {
  readonly style: "table";
  /** The sub-array and the product that the table was printed for. */
  readonly printedFor: {
    readonly rows: number;
    readonly columns: number;
    readonly adcBits: number;
    /** Row groups of one full product of a sub-array, and bits of its inputs. */
    readonly rowGroups: number;
    readonly inputBits: number;
  };
  /**
   * What the printed energies of a sub-array cover. "mvm": all reads of one product, row groups × input bits.
   * "bit": the reads of one input bit, one per row group, as the printed latencies do in either case.
   */
  readonly tableIEnergyScope: "mvm" | "bit";
  /** The components of one sub-array. */
  readonly subArray: {
    /** The cells: what they take where every converted column carries the load 1; 0 where converters include it. */
    readonly array: ComponentCost;
    readonly switchMatrix: ComponentCost;
    /** All converters of the sub-array. */
    readonly adc: ComponentCost;
    /** Shift and add over input bits. */
    readonly shiftAddInput: ComponentCost;
    /** Shift and add over the cell slices of a weight. */
    readonly shiftAddWeight: ComponentCost;
    /** Sample and hold of all columns, or null where columns have converters of their own. */
    readonly sampleHold: ComponentCost | null;
  };
  /** Bit lines that take turns at one converter. */
  readonly columnsPerConverter: number;
  /** Area of one cell, for arrays of another size than the printed one. */
  readonly cell_m2: number;
  /** Area of one converter = base_m2 + perBit_m2 · (bits − 1). */
  readonly adcArea: { readonly base_m2: number; readonly perBit_m2: number };
  /** Power while converting = perBit_W · bits + base_W + load_W · load^exponent; load = column conductance / reference. */
  readonly adcPower: {
    readonly perBit_W: number;
    readonly base_W: number;
    readonly load_W: number;
    readonly exponent: number;
    /** Column conductance at which load is 1, and the driven rows that have it under the table's own condition. */
    readonly reference_S: number;
    readonly referenceRows: number;
  };
  /** Duration of one conversion of b bits = (b + 1) · this. */
  readonly adcStep_s: number;
  /** De-multiplexers by fan-out, smallest first; one use steers one result. None: not in the table. */
  readonly demux: readonly { readonly fanout: number; readonly cost: ComponentCost }[];
  /** Banks of `adderTreeUnits` adder trees by number of stages, first entry one stage; one use adds up all of a bank. */
  readonly adderTree: readonly ComponentCost[];
  readonly adderTreeUnits: number;
  readonly buffer: {
    readonly area_m2: number;
    readonly capacity_bit: number;
    /** Energy and latency of one bit of one access. */
    readonly perBit_J: number;
    readonly perBit_s: number;
    /** "bitPlane": one access moves one bit of every value of a product at once; "serial": of one value. */
    readonly latencyScope: "bitPlane" | "serial";
  };
  /** A bank of `reluUnits` units; one use is one value in each. */
  readonly relu: ComponentCost;
  readonly reluUnits: number;
  /** A bank of `units` pooling units; one use is one comparison or addition in each. Null: not in the table. */
  readonly pooling: { readonly bank: ComponentCost; readonly units: number } | null;
  /** Wires and routers between buffer and arrays: their share of an array's area, and one bit's way. */
  readonly interconnect: {
    readonly perArray_m2: number;
    readonly perBit_J: number;
    /** Of one bit of all values of a product. */
    readonly perBit_s: number;
  } | null;
  /** Readings between which the source leaves the choice; reports give the totals under each. */
  readonly openReadings: readonly ("tableIEnergyScope" | "buffer.latencyScope")[];
}

/** A CMOS node: low standby power or high performance, at a temperature. */
export interface TechnologySpec {
  readonly node_m: number;
  readonly roadmap: "LSTP" | "HP";
  readonly temperature_K: number;
}

/** A cell's pitch in feature sizes of the node, along the rows and along the columns. */
export interface CellSpec {
  /** With an access transistor, or a resistor alone. */
  readonly access: "1T1R" | "1R";
  /** Pitch of the columns: what a cell takes along its word line. */
  readonly width: number;
  /** Pitch of the rows. */
  readonly height: number;
  /** Resistance of the access transistor over that of the lowest level. */
  readonly accessResistance: number;
}

/** How large the switches around the array are; `node_m` null serves every node that no other entry names. */
export interface SizingSpec {
  readonly node_m: number | null;
  /** Pass gates of the word lines, in smallest pairs. */
  readonly wordLineSwitch: number;
  /** Resistance of a source line's switch over the mean resistance of a cell. */
  readonly sourceLineSwitch: number;
  /** Resistance of a column switch over that of a column with all rows on. */
  readonly columnSwitch: number;
  /** Inverters that drive the lines of the column decoder, in smallest ones; the first of a chain before long lines. */
  readonly decoderDriver: number;
}

/**
 * A successive-approximation converter built from its parts: capacitors, comparator and the registers of the logic.
 * Source of the laws: docs/sources.md#liu2010, docs/sources.md#kull2013.
 */
export interface ChargeSarSpec {
  readonly kind: "sar";
  readonly model: "charge";
  /** One comparison and what precedes it; b bits take b + 1. */
  readonly step_s: number;
  readonly unitCapacitor_F: number;
  readonly capacitorDensity_F_per_m2: number;
  /** Capacitance that a comparison charges, in smallest inverters' inputs, and the comparator's area in inverters. */
  readonly comparatorLoad: number;
  readonly comparatorArea: number;
}

/** A successive-approximation converter as fitted to someone's circuits: area in inverter slots, power by node. */
export interface FittedSarSpec {
  readonly kind: "sar";
  readonly model: "fit";
  readonly step_s: number;
  /** Area = (slots + slotsPerBit · (bits − 1)) · smallest inverter. */
  readonly slots: number;
  readonly slotsPerBit: number;
  /** Read voltage of the circuits of the fit: a column counts as R · this / read voltage. */
  readonly fittedAt_V: number;
  /** P = perBit · bits + base + column · exp(−exponent · log10 R); an idle column draws idle. */
  readonly idle_W: number;
  readonly perKelvin: number;
  readonly power: readonly {
    readonly node_m: number;
    readonly roadmap: "LSTP" | "HP";
    readonly perBit_W: number;
    readonly base_W: number;
    readonly column_W: number;
    readonly exponent: number;
  }[];
}

/** One latched sense amplifier per threshold: 2^bits − 1 of them. Source: docs/sources.md#walden1999. */
export interface FlashSpec {
  readonly kind: "flash";
  readonly step_s: number;
  readonly comparatorLoad: number;
  readonly comparatorArea: number;
}

export type ConverterSpec = ChargeSarSpec | FittedSarSpec | FlashSpec;

/** Factors that a fit puts between equation and silicon; 1 where there is none. */
export interface CalibrationSpec {
  readonly levelShifterArea: number;
  readonly sensingTime: number;
  /** Share of the flip-flops, and of the nodes of an adder, that change when a result is clocked through. */
  readonly registerActivity: number;
  readonly adderActivity: number;
}

/** Rules of a well-known estimator that are open to question, each of which can be switched on. See docs/cost.md. */
export const referenceRules = [
  "boundingBoxArea",
  "stretchedBlocks",
  "wholeWeightShiftAdds",
  "unpaddedOutputs",
  "kernelPositionReads",
  "columnCurrentInConverter",
  "rowsDrivenPerPhase",
  "noAnalogLeakage",
  "freeSourceLines",
  "freeRowRegisters",
  "nTypePassGates",
  "halfCycleRegisters",
  "meanColumnDelay",
  "swappedCellPitch",
  "roundingFoldsGates",
  "oneDecodePerRead",
  "fixedDrivers",
  "latencyOfOnePhase",
  "squareParts",
  "freeResiduals",
  "freeControl",
] as const;
export type ReferenceRule = (typeof referenceRules)[number];

export interface ChipSpec {
  readonly interconnect: "bus" | "htree";
  /** Layers work on different images at the same time, or one after another. */
  readonly timing: "layerByLayer" | "pipelined";
  readonly buffer: "registers" | "sram";
  /** Sub-arrays that share a tile's buffers and its way to the bus. */
  readonly arraysPerTile: number;
  /** Widest bus between tiles. */
  readonly busWidth_bit: number;
  /** Share of wires that toggle when a value passes. */
  readonly wireActivity: number;
  /** How layers become tiles where there is no placement. "kernel": K · K tiles' parts hold one kernel position each. */
  readonly floorPlan: "dense" | "kernel";
  /**
   * In a pipeline, layers on large maps are copied so that they keep pace as if the side of the largest map were this
   * many times smaller: up to the square of this many copies. 1: none.
   */
  readonly speedUp: number;
}

export interface WriteSpec {
  readonly voltage_V: number;
  readonly pulse_s: number;
  /** Pulses that a cell takes on average until it reads as it should. */
  readonly pulses: number;
}

/** Components whose cost may come from a table though the rest is computed. */
export const tableComponents = [
  "array",
  "switchMatrix",
  "adc",
  "shiftAddInput",
  "shiftAddWeight",
  "sampleHold",
  "demux",
  "adderTree",
  "buffer",
  "relu",
  "pooling",
  "interconnect",
] as const;
export type TableComponent = (typeof tableComponents)[number];

/** Circuits computed from the technology up. */
export interface AnalyticCost {
  readonly style: "analytic";
  readonly technology: TechnologySpec;
  readonly cell: CellSpec;
  readonly write: WriteSpec;
  readonly rowSelect: "switchMatrix" | "decoder";
  /** Bit lines that take turns at one converter. */
  readonly columnsPerConverter: number;
  /** Columns are sampled at once and converted in turns. */
  readonly sampleHold: boolean;
  readonly sizing: readonly SizingSpec[];
  readonly converter: ConverterSpec;
  readonly calibration: CalibrationSpec;
  readonly clock_Hz: number;
  /** Share of driven word lines where none was measured. */
  readonly inputActivity: number;
  readonly chip: ChipSpec;
  readonly rules: readonly ReferenceRule[];
  /** Components that are read from `table` instead. */
  readonly fromTable: readonly TableComponent[];
  readonly table: TableCost | null;
}

/** What one use of a circuit takes, and its silicon. */
export interface PartCost {
  readonly energy_J: number;
  readonly area_m2: number;
}

/**
 * A few constants per event: what a cell, a driven line, a conversion, an addition and a bit of memory take. Everything
 * else is counted on the placed arrays (spec of Lin et al., section 5). All constants are of one node.
 */
export interface ParametricCost {
  readonly style: "parametric";
  readonly node_m: number;
  /** One cell in one read. */
  readonly cell: PartCost;
  /** One word line in one read: its driver, of one bit. */
  readonly rowDriver: PartCost;
  /** One bit of the register that holds an array's inputs; a read takes one of every driven line. */
  readonly inputBit: PartCost;
  /** One bit line, held for its conversion. */
  readonly sampleHold: PartCost;
  /** A converter as published; those of other widths follow from it. */
  readonly converter: PartCost & {
    readonly bits: number;
    readonly conversion_s: number;
    /** Shares of energy and area at that width that double with every bit; the rest grows in proportion to the bits. */
    readonly capacitorEnergy: number;
    readonly capacitorArea: number;
  };
  /** Conversions of one read that take turns at one converter. */
  readonly conversionsPerConverter: number;
  /** Whether arrays with fewer conversions than that share a converter, or have one each. */
  readonly sharedConverters: boolean;
  /** Shift and add of one conversion, its register included; area of the unit behind one converter. */
  readonly shiftAdd: PartCost;
  /** Register of one weight column's result, in every array. */
  readonly result_m2: number;
  /** One smallest device's share of the current mirrors that compose slices before conversion. */
  readonly mirror: PartCost;
  /** Adding one array's result to those of others; area per converter. */
  readonly partialSum: PartCost;
  /** One bit of index memory; each is read once per product. */
  readonly indexBit: PartCost;
  /** What is kept in it: nothing; which output each column serves; and which input each word line takes, too. */
  readonly indexMemory: "none" | "outputs" | "outputsAndInputs";
  /** One read until its columns can be converted: base + perRow · rows + perColumn · columns. */
  readonly read: { readonly base_s: number; readonly perRow_s: number; readonly perColumn_s: number };
}

export type CostSpec = TableCost | AnalyticCost | ParametricCost;
