import { sum } from "d3-array";
import { area, componentLabel, energy, latency, percent, ratio, share } from "../format.js";
import { colourScale, colours, type Plot, quantityAxis, type Series, stackedBars } from "../plots/index.js";
import type { CostTriple, Result } from "../types.js";
import { baselineWords, markerLabel } from "./baseline.js";

export type Quantity = keyof CostTriple;

export type Broken = CostTriple & { readonly breakdown: Readonly<Record<string, CostTriple>> };

export const quantities: Readonly<
  Record<Quantity, { name: string; per: string; format: (value: number) => string }>
> = {
  energy_J: { name: "energy", per: "Energy per image", format: energy },
  latency_s: { name: "latency", per: "Latency per image", format: latency },
  area_m2: { name: "area", per: "Area of the chip", format: area },
};

/** Totals of energy, latency and area beside both baselines, each broken down by component. */
export function costPlots(result: Result): Plot[] {
  return (Object.keys(quantities) as Quantity[]).map((quantity) => totalsPlot(result, quantity));
}

function totalsPlot(result: Result, quantity: Quantity): Plot {
  const { per, name, format } = quantities[quantity];
  const rows: (readonly [string, Broken])[] = [
    ["this chip", result.cost],
    ["unpruned, full columns", result.baseline],
    ["unpruned, same row groups", result.baselineSameBands],
  ];
  const series = componentsOf(
    costsOf(result),
    rows.map(([, cost]) => cost),
    quantity,
  );
  const own = result.cost[quantity];
  return stackedBars({
    id: `total-${name}`,
    title: `${per}: ${format(own)}, ${ratio(own, result.baseline[quantity])} the baseline`,
    description: `By component, beside the same network unpruned at the same precision: read in full columns (the baseline), and read in the same row groups as this chip.`,
    rowTitle: "chip",
    axis: quantityAxis(
      per.toLowerCase(),
      rows.map(([, cost]) => cost[quantity]),
      format,
    ),
    series,
    rows: rows.map(([label, cost], i) => ({
      label,
      values: series.map((component) => partOf(cost, component, quantity)),
      text: format(cost[quantity]),
      note: i === 0 ? "" : `this chip: ${ratio(own, cost[quantity])}`,
    })),
    references: [{ label: "baseline", value: result.baseline[quantity] }],
  });
}

/** Energy layer by layer, in the colours of the totals. */
export function layerEnergyPlots(result: Result): Plot[] {
  return result.data.layers.length === 0 ? [] : [layerEnergyPlot(result)];
}

function layerEnergyPlot(result: Result): Plot {
  const { layers } = result.data;
  const series = componentsOf(
    costsOf(result),
    layers.map(({ cost }) => cost),
    "energy_J",
  );
  const values = layers.flatMap(({ cost, baseline }) => [cost.energy_J, baseline?.energy_J ?? 0]);
  const top = layers.reduce((a, b) => (b.cost.energy_J > a.cost.energy_J ? b : a));
  const part = percent(
    share(
      top.cost.energy_J,
      sum(layers, ({ cost }) => cost.energy_J),
    ),
    0,
  );
  return stackedBars({
    id: "layer-energy",
    title: `Energy per image by layer; ${top.matrix} takes the most, ${part}`,
    description: `By component, in the colours of the totals.${baselineWords(layers)}`,
    rowTitle: "layer",
    axis: quantityAxis("energy per image", values, energy),
    series,
    rows: layers.map(({ matrix, cost, baseline }) => ({
      label: matrix,
      values: series.map((component) => partOf(cost, component, "energy_J")),
      text: energy(cost.energy_J),
      ...(baseline ? { marker: baseline.energy_J } : {}),
    })),
    markerLabel,
  });
}

export interface Component extends Series {
  /** Its key in a breakdown; null: what a total has beyond its parts. */
  readonly key: string | null;
}

const costsOf = (result: Result): Broken[] => [
  result.cost,
  result.baseline,
  result.baselineSameBands,
  ...result.data.layers.map(({ cost }) => cost),
];

/**
 * The components that some of these costs have, in the order of the breakdowns. A component has one colour in every
 * plot of a page, whichever of them are shown.
 * @param all every cost of the page
 */
export function componentsOf(
  all: readonly Broken[],
  costs: readonly Broken[],
  quantity: Quantity,
): Component[] {
  const keys = [...new Set(all.flatMap(({ breakdown }) => Object.keys(breakdown)))];
  const palette = colourScale(keys);
  const components: Component[] = [
    ...keys.map((key) => ({ key, name: componentLabel(key), colour: palette.get(key)! })),
    { key: null, name: "not itemised", colour: colours.rest },
  ];
  return components.filter((component) => costs.some((cost) => partOf(cost, component, quantity) > 0));
}

export function partOf(cost: Broken, { key }: Component, quantity: Quantity): number {
  if (key !== null) return cost.breakdown[key]?.[quantity] ?? 0;
  const rest = cost[quantity] - sum(Object.values(cost.breakdown), (part) => part[quantity]);
  // Sums of the same parts in another order differ in their last digits.
  return rest > 1e-9 * cost[quantity] ? rest : 0;
}
