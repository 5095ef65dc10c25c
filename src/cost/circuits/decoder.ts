import type { Technology } from "../../hardware/technology/index.js";
import { behind, step } from "../gates/delay.js";
import { type Gate, inverter } from "../gates/inverter.js";
import { enlarged } from "../gates/layout.js";
import { nand, nor } from "../gates/nand.js";
import { minimumWidths, scaled } from "../gates/transistor.js";
import type { Block } from "./types.js";

export interface DecoderShape {
  readonly lines: number;
  /** What a select line has to charge in time, and all that it charges. */
  readonly path_F: number;
  readonly line_F: number;
  /** Size of the inverter that drives a line, in smallest ones; the first of a chain where the line is long. */
  readonly driver: number;
  /** One driver for the line, whatever it charges. */
  readonly fixedDriver?: boolean;
}

/**
 * A decoder: address inverters, a NAND for each pair of address bits, a NOR per select line where there are more than
 * two bits, then a NAND that enables the line, an inverter and a driver; before a line of more than four times its
 * input the driver is a chain of inverters, each up to four times as large as the one before. Time: the path through
 * them. Energy: the nodes of one path, `path_J`, and the line.
 * Source: logical path of a decoder, docs/sources.md#weste2010 (section 12.2; chains of drivers, section 4.5),
 * docs/sources.md#cacti.
 */
export function decoder(t: Technology, shape: DecoderShape): Block & { readonly path_J: number } {
  const bits = Math.max(1, Math.ceil(Math.log2(shape.lines)));
  const lines = 2 ** bits;
  const inv = inverter(t, enlarged(t, minimumWidths(t)));
  const pair = nand(t, 2, true);
  const join = nor(t, Math.max(2, Math.ceil(bits / 2)), true);
  const drivers = driverChain(t, shape);
  const joined = bits > 2;
  const pairs = 4 * Math.floor(bits / 2);
  const tracks_m = (pairs + 2 * (bits % 2)) * t.cell.trackPitch * t.node_m;
  const enable_m = pair.width_m + inv.width_m + drivers.reduce((sum, gate) => sum + gate.width_m, 0);
  const width_m = inv.width_m + pair.width_m + tracks_m + (joined ? join.width_m : 0) + enable_m;
  const height_m = lines * pair.height_m;
  let edge = step;
  let latency_s = 0;
  const stage = (tau_s: number): void => {
    edge = behind(edge, tau_s);
    latency_s += edge.delay_s;
  };
  stage(inv.pullDown_ohm * (inv.output_F + 2 * pair.input_F));
  stage(2 * pair.pullDown_ohm * (pair.output_F + (joined ? (lines / 4) * join.input_F : pair.input_F)));
  if (joined) stage(2 * join.pullUp_ohm * (join.output_F + pair.input_F));
  stage(2 * pair.pullDown_ohm * (pair.output_F + inv.input_F));
  stage(inv.pullUp_ohm * (inv.output_F + drivers[0]!.input_F));
  drivers.forEach((driver, i) => {
    stage(driver.pullDown_ohm * (driver.output_F + (drivers[i + 1]?.input_F ?? shape.path_F)));
  });
  const gates = [inv, pair, ...(joined ? [join] : []), pair, inv, ...drivers];
  const nodes_F = gates.reduce((sum, gate) => sum + gate.input_F + gate.output_F, 0);
  const square_V2 = t.supply_V ** 2;
  return {
    width_m,
    height_m,
    area_m2: width_m * height_m,
    latency_s,
    energy_J: (nodes_F + shape.line_F) * square_V2,
    path_J: nodes_F * square_V2,
    leakage_W:
      bits * inv.leakage_W +
      pairs * pair.leakage_W +
      lines *
        (pair.leakage_W +
          inv.leakage_W +
          drivers.reduce((sum, gate) => sum + gate.leakage_W, 0) +
          (joined ? join.leakage_W : 0)),
  };
}

/** Inverters from the size given up to one that takes a quarter of the line's load, in equal ratios. */
function driverChain(t: Technology, { driver, path_F, fixedDriver = false }: DecoderShape): Gate[] {
  const first = inverter(t, scaled(minimumWidths(t), driver));
  const effort = path_F / first.input_F;
  const count = fixedDriver ? 1 : Math.max(1, Math.ceil(Math.log(effort) / Math.log(4) - 1e-9));
  const ratio = effort ** (1 / count);
  return Array.from({ length: count }, (_, i) =>
    i === 0 ? first : inverter(t, scaled(minimumWidths(t), driver * ratio ** i)),
  );
}
