import { InputError } from "../errors.js";
import type { AdcRange, CostSpec, DeviceSpec, EncodingSpec, HardwareSpec, TableCost } from "./types.js";
import { parseHardware } from "./validate.js";

/** What the command line and recipes may change on a preset; what is absent stays. */
export interface HardwareOverrides {
  readonly rows?: number;
  readonly columns?: number;
  readonly activeRows?: number;
  readonly inputSliceBits?: number;
  /** null: an ideal converter. */
  readonly adcBits?: number | null;
  readonly adcRange?: AdcRange;
  readonly percentiles?: readonly [number, number];
  readonly cellBits?: number;
  readonly sign?: EncodingSpec["sign"];
  readonly compose?: EncodingSpec["compose"];
  readonly offsetBy?: EncodingSpec["offsetBy"];
  readonly branchGainSigma?: number;
  readonly branchGainSeed?: number;
  readonly cellModel?: DeviceSpec["cellModel"];
  readonly tableIEnergyScope?: TableCost["tableIEnergyScope"];
  readonly bufferLatencyScope?: TableCost["buffer"]["latencyScope"];
}

/**
 * A preset with some of its values changed, each change written into `differs`. The cost table stays as printed:
 * estimating scales its lines from the sizes they were printed for to those of the chip. A lower number of rows
 * lowers `activeRows` with it, cells of another width keep the outer levels, leaving the offset encoding
 * leaves its dummy column, and leaving analog composition the gains of its branches.
 * @throws InputError where the result is no hardware
 */
export function withOverrides<S extends HardwareSpec>(spec: S, overrides: HardwareOverrides): S {
  const o = overrides;
  const rows = o.rows ?? spec.array.rows;
  const sign = o.sign ?? spec.encoding.sign;
  const cellBits = o.cellBits ?? spec.encoding.cellBits;
  const compose = o.compose ?? spec.encoding.compose;
  const changed: HardwareSpec = {
    ...spec,
    device: {
      ...spec.device,
      levels_ohm: levelsFor(spec, cellBits, o.cellModel ?? spec.device.cellModel),
      cellModel: o.cellModel ?? spec.device.cellModel,
    },
    array: {
      rows,
      columns: o.columns ?? spec.array.columns,
      activeRows: o.activeRows ?? Math.min(spec.array.activeRows, rows),
      inputSliceBits: o.inputSliceBits ?? spec.array.inputSliceBits,
    },
    adc: {
      bits: o.adcBits === undefined ? spec.adc.bits : o.adcBits,
      range: o.adcRange ?? spec.adc.range,
      percentiles: o.percentiles ?? spec.adc.percentiles,
    },
    encoding: {
      cellBits,
      sign,
      compose,
      offsetBy: o.offsetBy ?? (sign === "offset" ? spec.encoding.offsetBy : "digital"),
      ...branchGainOf(compose === "analog" ? { ...spec.encoding, ...o } : o),
    },
    cost: costWith(spec, overrides),
  };
  const parsed = parseHardware({ ...changed, differs: [...spec.differs, ...changes(spec, changed)] });
  // Overrides never change the style of the cost.
  return parsed as S;
}

/** Absent where neither the chip nor the overrides speak of it. */
const branchGainOf = ({
  branchGainSigma,
  branchGainSeed,
}: Pick<HardwareOverrides, "branchGainSigma" | "branchGainSeed">): Partial<EncodingSpec> => ({
  ...(branchGainSigma === undefined ? {} : { branchGainSigma }),
  ...(branchGainSeed === undefined ? {} : { branchGainSeed }),
});

function costWith({ name, cost }: HardwareSpec, o: HardwareOverrides): CostSpec {
  if (cost.style === "table") {
    return {
      ...cost,
      tableIEnergyScope: o.tableIEnergyScope ?? cost.tableIEnergyScope,
      buffer: { ...cost.buffer, latencyScope: o.bufferLatencyScope ?? cost.buffer.latencyScope },
    };
  }
  const given = o.tableIEnergyScope ?? o.bufferLatencyScope;
  if (given === undefined) return cost;
  throw new InputError(`a reading of the cost table is "${given}", but "${name}" has no table`, {
    hint: "leave it out, or choose a chip whose cost.style is table",
  });
}

/** The published levels, or for cells of another width the outer two with equal conductance steps between them. */
export function levelsFor(
  spec: HardwareSpec,
  cellBits: number,
  cellModel: DeviceSpec["cellModel"],
): readonly number[] {
  const { levels_ohm } = spec.device;
  const count = 2 ** cellBits;
  if (count === levels_ohm.length || ![1, 2, 3, 4].includes(cellBits)) return levels_ohm;
  if (cellModel === "conductance") {
    throw new InputError(
      `encoding.cellBits is ${cellBits}, but "${spec.name}" publishes ${levels_ohm.length} resistances`,
      { hint: 'use device.cellModel "ideal", or give device.levels_ohm in a hardware file' },
    );
  }
  const low_S = 1 / levels_ohm[0]!;
  const step_S = (1 / levels_ohm.at(-1)! - low_S) / (count - 1);
  const between = Array.from({ length: count - 2 }, (_, i) => 1 / (low_S + (i + 1) * step_S));
  return [levels_ohm[0]!, ...between, levels_ohm.at(-1)!];
}

/** What an encoding that does not speak of its branches means. */
const ofIdeal = { branchGainSigma: 0, branchGainSeed: 1 } as const;

function changes(before: HardwareSpec, after: HardwareSpec): string[] {
  const pairs: [string, unknown, unknown][] = [
    ...compared("array", before.array, after.array),
    ...compared("adc", before.adc, after.adc),
    ...compared("encoding", { ...ofIdeal, ...before.encoding }, { ...ofIdeal, ...after.encoding }),
    ...compared("device", before.device, after.device),
    ...readings(before.cost, after.cost),
  ];
  return pairs
    .map(([key, a, b]) => [key, JSON.stringify(a), JSON.stringify(b)] as const)
    .filter(([, a, b]) => a !== b)
    .map(([key, a, b]) => `${key} is ${b} instead of ${a}.`);
}

const compared = <T extends object>(part: string, before: T, after: T): [string, unknown, unknown][] =>
  (Object.keys(before) as (keyof T & string)[]).map((key) => [`${part}.${key}`, before[key], after[key]]);

const readings = (before: CostSpec, after: CostSpec): [string, unknown, unknown][] =>
  before.style === "table" && after.style === "table"
    ? [
        ["cost.tableIEnergyScope", before.tableIEnergyScope, after.tableIEnergyScope],
        ["cost.buffer.latencyScope", before.buffer.latencyScope, after.buffer.latencyScope],
      ]
    : [];
