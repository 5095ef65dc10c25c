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
export function total(breakdown: Breakdown): Cost {
  const parts: Cost[] = [];
  for (const name of allComponents) {
    const part = breakdown[name];
    if (part) parts.push(part);
  }
  return sumCosts(parts);
}

/** Component by component, each summed over the breakdowns in their order. */
export const sumBreakdowns = (breakdowns: readonly Breakdown[]): Breakdown =>
  mapComponents((name) => {
    const parts: Cost[] = [];
    for (const breakdown of breakdowns) {
      const part = breakdown[name];
      if (part) parts.push(part);
    }
    return parts.length === 0 ? undefined : sumCosts(parts);
  });

const fromTables: ReadonlySet<string> = new Set(componentNames);

function mapComponents(cost: (name: AnyComponent) => Cost | undefined): Breakdown {
  const breakdown: Partial<Record<AnyComponent, Cost>> = {};
  for (const name of allComponents) {
    const found = cost(name) ?? (fromTables.has(name) ? free : undefined);
    if (found) breakdown[name] = found;
  }
  // Those that every table has are there.
  return breakdown as Breakdown;
}
