import * as z from "zod";
import { referenceRules, tableComponents, widestConverter } from "./types.js";

// Each message is the way out that the user reads: what the value may be.
const text = z.string({ error: "a text" }).min(1, { error: "a text that is not empty" });
const choice = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, { error: `one of ${values.map((v) => `"${v}"`).join(", ")}` });
const whole = (low: number, high: number) => {
  const error = `a whole number from ${low.toLocaleString("en")} to ${high.toLocaleString("en")}`;
  return z.int({ error }).min(low, { error }).max(high, { error });
};
const above0 = z.number({ error: "a number above 0" }).positive({ error: "a number above 0" });
const from0 = z.number({ error: "a number of at least 0" }).min(0, { error: "a number of at least 0" });
const object = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === "invalid_type" ? `an object with ${Object.keys(shape).join(", ")}` : undefined,
  });
const list = <T extends z.ZodType>(element: T, what: string) =>
  z.array(element, { error: `a list of ${what}` }).min(1, { error: `at least one of the ${what}` });

/** Lines are numbered with 16 bits in a placement. */
export const maximumLines = 65_535;
const share = z
  .number({ error: "a share above 0 and below 0.5" })
  .gt(0, { error: "a share above 0 and below 0.5" })
  .lt(0.5, { error: "a share above 0 and below 0.5" });
const adcBitsError =
  "a whole number from 1 to 12, to 20 under analog composition, or null for an ideal converter";
const gainError = "a standard deviation from 0 to 0.25, as a share of the gain";

const component = object({ area_m2: from0, latency_s: from0, energy_J: from0 });

const tableCost = object({
  style: choice("table"),
  printedFor: object({
    rows: whole(1, maximumLines),
    columns: whole(1, maximumLines),
    adcBits: whole(1, 12),
    rowGroups: whole(1, maximumLines),
    inputBits: whole(1, 16),
  }),
  tableIEnergyScope: choice("mvm", "bit"),
  subArray: object({
    array: component,
    switchMatrix: component,
    adc: component,
    shiftAddInput: component,
    shiftAddWeight: component,
    sampleHold: component.nullable().default(null),
  }),
  columnsPerConverter: whole(1, maximumLines).default(1),
  cell_m2: above0,
  adcArea: object({ base_m2: from0, perBit_m2: from0 }),
  adcPower: object({
    perBit_W: from0,
    base_W: from0,
    load_W: from0,
    exponent: above0,
    reference_S: above0,
    referenceRows: whole(1, maximumLines),
  }),
  adcStep_s: above0,
  demux: z.array(object({ fanout: whole(2, maximumLines), cost: component }), {
    error: "a list of de-multiplexers",
  }),
  adderTree: list(component, "adder trees, one stage first"),
  adderTreeUnits: whole(1, maximumLines),
  buffer: object({
    area_m2: from0,
    capacity_bit: whole(1, 2 ** 40),
    perBit_J: from0,
    perBit_s: from0,
    latencyScope: choice("bitPlane", "serial"),
  }),
  relu: component,
  reluUnits: whole(1, maximumLines),
  // Tables of before these keys had none of it.
  pooling: object({ bank: component, units: whole(1, maximumLines) })
    .nullable()
    .default(null),
  interconnect: object({ perArray_m2: from0, perBit_J: from0, perBit_s: from0 }).nullable().default(null),
  openReadings: z
    .array(choice("tableIEnergyScope", "buffer.latencyScope"), { error: "a list of readings" })
    .default(["tableIEnergyScope", "buffer.latencyScope"]),
});

const node = z.number({ error: "a node in metres, such as 32e-9" }).gt(1e-9).lt(1e-6, {
  error: "a node in metres, such as 32e-9",
});
const roadmap = choice("LSTP", "HP");

const part = object({ energy_J: from0, area_m2: from0 });
const fraction = z
  .number({ error: "a share from 0 to 1" })
  .min(0, { error: "a share from 0 to 1" })
  .max(1, { error: "a share from 0 to 1" });

const parametricCost = object({
  style: choice("parametric"),
  node_m: node,
  cell: part,
  rowDriver: part,
  inputBit: part,
  sampleHold: part,
  converter: object({
    energy_J: from0,
    area_m2: from0,
    bits: whole(1, 16),
    conversion_s: above0,
    capacitorEnergy: fraction,
    capacitorArea: fraction,
  }),
  conversionsPerConverter: whole(1, maximumLines),
  sharedConverters: z.boolean({ error: "true or false" }),
  shiftAdd: part,
  result_m2: from0,
  mirror: part,
  partialSum: part,
  indexBit: part,
  indexMemory: choice("none", "outputs", "outputsAndInputs"),
  read: object({ base_s: from0, perRow_s: from0, perColumn_s: from0 }),
});

const sizing = object({
  node_m: node.nullable(),
  wordLineSwitch: above0,
  sourceLineSwitch: above0,
  columnSwitch: above0,
  decoderDriver: above0,
});

const chargeSar = object({
  kind: choice("sar"),
  model: choice("charge"),
  step_s: above0,
  unitCapacitor_F: above0,
  capacitorDensity_F_per_m2: above0,
  comparatorLoad: above0,
  comparatorArea: above0,
});
const fittedSar = object({
  kind: choice("sar"),
  model: choice("fit"),
  step_s: above0,
  slots: above0,
  slotsPerBit: from0,
  fittedAt_V: above0,
  idle_W: from0,
  perKelvin: z.number({ error: "a number" }),
  power: list(
    object({ node_m: node, roadmap, perBit_W: from0, base_W: from0, column_W: from0, exponent: above0 }),
    "laws, one per node and roadmap",
  ),
});
const flash = object({
  kind: choice("flash"),
  step_s: above0,
  comparatorLoad: above0,
  comparatorArea: above0,
});

const analyticCost = (converter: z.ZodType) =>
  object({
    style: choice("analytic"),
    technology: object({
      node_m: node,
      roadmap,
      temperature_K: z.number({ error: "a temperature from 250 to 420 K" }).min(250).max(420, {
        error: "a temperature from 250 to 420 K",
      }),
    }),
    cell: object({
      access: choice("1T1R", "1R"),
      width: above0,
      height: above0,
      accessResistance: above0,
    }),
    write: object({ voltage_V: above0, pulse_s: above0, pulses: above0 }),
    rowSelect: choice("switchMatrix", "decoder"),
    columnsPerConverter: whole(1, maximumLines),
    sampleHold: z.boolean({ error: "true or false" }),
    sizing: list(sizing, "sizes of the switches"),
    converter,
    calibration: object({
      levelShifterArea: above0,
      sensingTime: above0,
      registerActivity: above0,
      adderActivity: above0,
    }),
    clock_Hz: above0,
    inputActivity: z.number({ error: "a share from 0 to 1" }).min(0).max(1, { error: "a share from 0 to 1" }),
    chip: object({
      interconnect: choice("bus", "htree"),
      timing: choice("layerByLayer", "pipelined"),
      buffer: choice("registers", "sram"),
      arraysPerTile: whole(1, maximumLines),
      busWidth_bit: whole(1, 65536),
      wireActivity: above0,
      floorPlan: choice("dense", "kernel"),
      speedUp: whole(1, 65536),
    }),
    rules: z.array(choice(...referenceRules), { error: "a list of rules" }),
    fromTable: z.array(choice(...tableComponents), { error: "a list of components" }),
    table: tableCost.nullable(),
  });

/** The shape of a `HardwareSpec`; what ties one field to another is checked in validate.ts. */
const hardwareWith = <T extends z.ZodType>(cost: T) =>
  object({
    name: text,
    source: text,
    differs: z.array(text, { error: "a list of sentences" }),
    device: object({
      levels_ohm: list(above0, "resistances, code 0 first"),
      readVoltage_V: above0,
      cellModel: choice("ideal", "conductance"),
    }),
    array: object({
      rows: whole(1, maximumLines),
      columns: whole(1, maximumLines),
      activeRows: whole(1, maximumLines),
      // Hardware files of before this key drive their lines bit by bit.
      inputSliceBits: whole(1, 8).default(1),
    }),
    adc: object({
      bits: z
        .int({ error: adcBitsError })
        .min(1, { error: adcBitsError })
        .max(widestConverter("analog"), { error: adcBitsError })
        .nullable(),
      range: choice("percentile", "minmax", "fullscale", "mse"),
      percentiles: z.tuple([share, share], { error: "a pair of shares, below and above the range" }),
    }),
    encoding: object({
      cellBits: whole(1, 4),
      sign: choice("offset", "splitArrays", "pairedColumns"),
      compose: choice("digital", "analog"),
      offsetBy: choice("digital", "dummyColumn"),
      branchGainSigma: z
        .number({ error: gainError })
        .min(0, { error: gainError })
        .max(0.25, { error: gainError })
        .exactOptional(),
      branchGainSeed: whole(0, 2 ** 31 - 1).exactOptional(),
    }),
    cost,
  });

/** A chip whose cost is read from a table; the shape of each other style has a schema of its own. */
export const hardwareSchema = hardwareWith(tableCost);
const byConverter = {
  charge: hardwareWith(analyticCost(chargeSar)),
  fit: hardwareWith(analyticCost(fittedSar)),
  flash: hardwareWith(analyticCost(flash)),
};

const parametricSchema = hardwareWith(parametricCost);

/** The schema that a value asks for by its `cost.style` and converter, so that what is wrong in it can be told. */
export function schemaFor(value: unknown) {
  const cost = field(value, "cost");
  if (field(cost, "style") === "parametric") return parametricSchema;
  if (field(cost, "style") !== "analytic") return hardwareSchema;
  const converter = field(cost, "converter");
  if (field(converter, "kind") === "flash") return byConverter.flash;
  return field(converter, "model") === "fit" ? byConverter.fit : byConverter.charge;
}

const field = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;

/** JSON Schema of a hardware file, by which editors check and complete it. */
export function hardwareJsonSchema(): unknown {
  const full = z.union([hardwareSchema, ...Object.values(byConverter), parametricSchema]);
  const base = z.looseObject({
    base: text.describe("name of a preset whose values hold where this file gives none"),
  });
  return z.toJSONSchema(z.union([full, base]), { reused: "ref", io: "input" });
}
