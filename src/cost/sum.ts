import { type AnyComponent, allComponents, type Breakdown, type Cost, componentNames } from "./types.js";

export const free: Cost = { energy_J: 0, latency_s: 0, area_m2: 0 };

/** Adds from left to right. */
export function sumCosts(costs: Iterable<Cost>): Cost {
  let energy_J = 0;
  let latency_s = 0;
  let area_m2 = 0;
  for (const cost of costs) {
    energy_J += cost.energy_J;
    latency_s += cost.latency_s;
    area_m2 += cost.area_m2;
  }
  return { energy_J, latency_s, area_m2 };
}

/** A breakdown from the components that cost something; the others are free, computed ones absent. */
export function breakdownOf(costs: Partial<Record<AnyComponent, Cost>>): Breakdown {
  return mapComponents((name) => costs[name]);
}

/** The sum of a breakdown, in the order of `allComponents`. */
export const total = (breakdown: Breakdown): Cost =>
  sumCosts(allComponents.flatMap((name) => breakdown[name] ?? []));

/** Component by component, each summed over the breakdowns in their order. */
export const sumBreakdowns = (breakdowns: readonly Breakdown[]): Breakdown =>
  mapComponents((name) => {
    const parts = breakdowns.flatMap((breakdown) => breakdown[name] ?? []);
    return parts.length === 0 ? undefined : sumCosts(parts);
  });

const fromTables: readonly string[] = componentNames;

function mapComponents(cost: (name: AnyComponent) => Cost | undefined): Breakdown {
  const entries = allComponents.flatMap((name) => {
    const found = cost(name) ?? (fromTables.includes(name) ? free : undefined);
    return found ? [[name, found] as const] : [];
  });
  return Object.fromEntries(entries) as Record<(typeof componentNames)[number], Cost>;
}
