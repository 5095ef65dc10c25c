import { withOverrides } from "../hardware/overrides.js";
import type { AnalyticCost, HardwareSpec } from "../hardware/types.js";
import { type AnalyticHardware, estimateNetwork } from "./analytic/chip.js";
import type { NetworkShape } from "./network/shapes.js";

/** What one change of one knob does: new over old. */
export interface SensitivityEntry {
  readonly knob: string;
  readonly from: string;
  readonly to: string;
  readonly ratio: { readonly energy: number; readonly latency: number; readonly area: number };
}

interface Change {
  readonly knob: string;
  readonly from: number | string;
  readonly to: number | string;
  readonly hardware: AnalyticHardware;
}

/**
 * Turns one knob at a time to the next value that a designer would try, and estimates the network anew. The knob that
 * moves a quantity most comes first, over all three quantities by the largest |ln ratio|.
 */
export function sensitivity(network: NetworkShape, hardware: AnalyticHardware): SensitivityEntry[] {
  const base = estimateNetwork(network, hardware);
  const entries = changes(hardware).map((change): SensitivityEntry => {
    const cost = estimateNetwork(network, change.hardware);
    return {
      knob: change.knob,
      from: String(change.from),
      to: String(change.to),
      ratio: {
        energy: cost.energy_J / base.energy_J,
        latency: cost.latency_s / base.latency_s,
        area: cost.area_m2 / base.area_m2,
      },
    };
  });
  return entries.sort((a, b) => reach(b) - reach(a));
}

const reach = ({ ratio }: SensitivityEntry): number =>
  Math.max(...Object.values(ratio).map((value) => Math.abs(Math.log(value))));

/** Nodes whose tables both road maps have, finest last. */
const nodes_nm = [130, 90, 65, 45, 32, 22] as const;

function changes(hardware: AnalyticHardware): Change[] {
  const { array, cost, device, encoding, adc } = hardware;
  const withCost = (change: Partial<AnalyticCost>): AnalyticHardware => ({
    ...hardware,
    cost: { ...cost, ...change },
  });
  const list: Change[] = [];
  const add = (knob: string, from: Change["from"], to: Change["to"], changed: AnalyticHardware): void => {
    list.push({ knob, from, to, hardware: changed });
  };
  const node_nm = Math.round(cost.technology.node_m * 1e9);
  const next_nm = nodes_nm[nodes_nm.indexOf(node_nm as 32) + 1];
  if (next_nm && nodes_nm.includes(node_nm as 32)) {
    const technology = { ...cost.technology, node_m: next_nm * 1e-9 };
    add("technology.node_m", `${node_nm}e-9`, `${next_nm}e-9`, withCost({ technology }));
  }
  if (cost.technology.node_m >= 22e-9) {
    const roadmap = cost.technology.roadmap === "LSTP" ? "HP" : "LSTP";
    const technology = { ...cost.technology, roadmap } as const;
    add("technology.roadmap", cost.technology.roadmap, roadmap, withCost({ technology }));
  }
  if (adc.bits !== null && adc.bits < 12) {
    add("adc.bits", adc.bits, adc.bits + 1, withOverrides(hardware, { adcBits: adc.bits + 1 }));
  }
  const whole = array.activeRows === array.rows;
  const taller = { rows: 2 * array.rows, activeRows: whole ? 2 * array.rows : array.activeRows };
  add("array.rows", array.rows, taller.rows, withOverrides(hardware, taller));
  add(
    "array.columns",
    array.columns,
    2 * array.columns,
    withOverrides(hardware, { columns: 2 * array.columns }),
  );
  if (array.activeRows > 1) {
    const activeRows = Math.ceil(array.activeRows / 2);
    add("array.activeRows", array.activeRows, activeRows, withOverrides(hardware, { activeRows }));
  }
  if (2 * cost.columnsPerConverter <= array.columns) {
    const columnsPerConverter = 2 * cost.columnsPerConverter;
    add(
      "columnsPerConverter",
      cost.columnsPerConverter,
      columnsPerConverter,
      withCost({ columnsPerConverter }),
    );
  }
  const inputActivity = cost.inputActivity / 2;
  add("inputActivity", cost.inputActivity, inputActivity, withCost({ inputActivity }));
  const cell = { ...cost.cell, width: 2 * cost.cell.width };
  add("cell.width", cost.cell.width, cell.width, withCost({ cell }));
  const readVoltage_V = device.readVoltage_V / 2;
  add("device.readVoltage_V", device.readVoltage_V, readVoltage_V, {
    ...hardware,
    device: { ...device, readVoltage_V },
  });
  const levels_ohm = device.levels_ohm.map((ohm) => 2 * ohm);
  add("device.levels_ohm", "given", "twice", { ...hardware, device: { ...device, levels_ohm } });
  if (encoding.cellBits > 1 && device.cellModel === "ideal") {
    const cellBits = encoding.cellBits - 1;
    add("encoding.cellBits", encoding.cellBits, cellBits, withOverrides(hardware, { cellBits }));
  }
  const { temperature_K } = cost.technology;
  if (temperature_K <= 370) {
    const technology = { ...cost.technology, temperature_K: temperature_K + 50 };
    add("technology.temperature_K", temperature_K, temperature_K + 50, withCost({ technology }));
  }
  const arraysPerTile = 2 * cost.chip.arraysPerTile;
  add(
    "chip.arraysPerTile",
    cost.chip.arraysPerTile,
    arraysPerTile,
    withCost({ chip: { ...cost.chip, arraysPerTile } }),
  );
  const interconnect = cost.chip.interconnect === "bus" ? "htree" : "bus";
  add(
    "chip.interconnect",
    cost.chip.interconnect,
    interconnect,
    withCost({ chip: { ...cost.chip, interconnect } }),
  );
  const buffer = cost.chip.buffer === "sram" ? "registers" : "sram";
  add("chip.buffer", cost.chip.buffer, buffer, withCost({ chip: { ...cost.chip, buffer } }));
  return list;
}

/** A chip whose circuits are computed, or null. */
export const asAnalytic = (hardware: HardwareSpec): AnalyticHardware | null =>
  hardware.cost.style === "analytic" ? { ...hardware, cost: hardware.cost } : null;
