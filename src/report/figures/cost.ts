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
    description: `By component, beside the same network unpruned at the same precision: read in full columns (the baseline), and read in the same row groups as this chip.${othersWords(series)}`,
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
    description: `By component, in the colours of the totals.${baselineWords(layers)}${othersWords(series)}`,
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
  /** Its keys in a breakdown, several where small ones are shown together; null: what a total has beyond its parts. */
  readonly keys: readonly string[] | null;
}

/** So many components have colours that can be told apart; of more, those below this share of the largest cost are shown as one. */
const mostColours = 10;
const smallShare = 0.03;

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
  const shown = keys.length > mostColours ? keys.filter((key) => isLarge(all, key)) : keys;
  const others = keys.filter((key) => !shown.includes(key));
  const palette = colourScale(shown);
  const components: Component[] = [
    ...shown.map((key) => ({ keys: [key], name: componentLabel(key), colour: palette.get(key)! })),
    { keys: others, name: "others", colour: colours.rest },
    { keys: null, name: "not itemised", colour: colours.rest },
  ];
  return components.filter((component) => costs.some((cost) => partOf(cost, component, quantity) > 0));
}

const isLarge = (all: readonly Broken[], key: string): boolean =>
  (Object.keys(quantities) as Quantity[]).some((quantity) => {
    const most = Math.max(...all.map((cost) => cost[quantity]));
    return all.some(({ breakdown }) => (breakdown[key]?.[quantity] ?? 0) >= smallShare * most);
  });

/** What is shown as one. */
function othersWords(series: readonly Component[]): string {
  const others = series.find(({ keys }) => keys !== null && keys.length > 1);
  if (!others) return "";
  return ` Others, each below ${percent(smallShare, 0)} of the largest chip: ${others.keys!.map(componentLabel).join(", ")}.`;
}

export function partOf(cost: Broken, { keys }: Component, quantity: Quantity): number {
  if (keys !== null) return sum(keys, (key) => cost.breakdown[key]?.[quantity] ?? 0);
  const rest = cost[quantity] - sum(Object.values(cost.breakdown), (part) => part[quantity]);
  // Sums of the same parts in another order differ in their last digits.
  return rest > 1e-9 * cost[quantity] ? rest : 0;
}
