import { InputError } from "../../errors.js";
import type { TechnologySpec } from "../types.js";
import { type CellRules, cellRules } from "./layout.js";
import { type TransistorData, transistors } from "./transistors.js";
import { wire_F_per_m, wirePerKelvin, wires, wireWidths } from "./wires.js";

export type { CellRules } from "./layout.js";

/** A node at a temperature: what every gate and wire of a chip is made of. */
export interface Technology extends Omit<TransistorData, "off_A_per_m"> {
  readonly temperature_K: number;
  readonly off_A_per_m: { readonly n: number; readonly p: number };
  readonly cell: CellRules;
  /** Gates that fill their cell are taken as folded, an accident of rounding in one estimator. */
  readonly filledGatesFold: boolean;
  /** Fins over those of a cell are folded by rounding down, another one. */
  readonly finFoldsRoundDown: boolean;
  readonly wire: {
    readonly width_m: number;
    readonly capacitance_F_per_m: number;
    readonly resistance_ohm_per_m: number;
    readonly metal1_ohm_per_m: number;
  };
}

export const nodes_m: readonly number[] = wireWidths.map(({ node_m }) => node_m);

const cache = new Map<string, Technology>();

/**
 * The published tables at one node, roadmap and temperature. Off-current grows exponentially through its values at
 * 300 and 350 K; on-current is taken as independent of temperature, where it falls by about 0.1 % per kelvin.
 * @throws InputError for a node or roadmap that the tables lack
 */
export function technologyFor({ node_m, roadmap, temperature_K }: TechnologySpec): Technology {
  const key = `${node_m} ${roadmap} ${temperature_K}`;
  const known = cache.get(key);
  if (known) return known;
  const made = technologyAt(node_m, roadmap, temperature_K);
  cache.set(key, made);
  return made;
}

function technologyAt(node_m: number, roadmap: "LSTP" | "HP", temperature_K: number): Technology {
  const near = (a_m: number): boolean => Math.abs(a_m / node_m - 1) < 1e-6;
  const found = transistors.find((t) => near(t.node_m) && t.roadmap === roadmap);
  const wire = wireWidths.find((w) => near(w.node_m));
  if (!found || !wire) {
    const known = transistors
      .filter((t) => t.roadmap === roadmap)
      .map((t) => `${Math.round(t.node_m * 1e9)}`);
    throw new InputError(`technology ${roadmap} at ${node_m} m is not in the tables`, {
      hint: `nodes of ${roadmap}, in nm: ${known.join(", ")}; write 32 nm as 32e-9`,
    });
  }
  const { n, p, nAt350K } = found.off_A_per_m;
  const warmer = (nAt350K / n) ** ((temperature_K - 300) / 50);
  const ohmic = 1 + wirePerKelvin * (temperature_K - 300);
  return {
    ...found,
    temperature_K,
    off_A_per_m: { n: n * warmer, p: p * warmer },
    cell: cellRules(found.node_m),
    filledGatesFold: false,
    finFoldsRoundDown: false,
    wire: {
      width_m: wire.width_m,
      capacitance_F_per_m: wire_F_per_m,
      resistance_ohm_per_m: ohmic * wireResistance(wire.width_m),
      metal1_ohm_per_m: ohmic * wireResistance(wire.metal1_m),
    },
  };
}

/** r = ρ / (w² · aspect ratio), with the material of the next narrower wire of the table. */
export function wireResistance(width_m: number): number {
  const data = wires.find((w) => width_m >= w.width_m * (1 - 1e-9)) ?? wires.at(-1)!;
  return data.resistivity_ohm_m / (width_m ** 2 * data.aspectRatio);
}
