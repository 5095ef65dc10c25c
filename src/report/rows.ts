import { area, count, energy, latency } from "./format.js";
import type { DataTable } from "./plots/types.js";
import type { CostSummary, CostTriple, Result } from "./types.js";

/** What was mapped onto what, as names and values that both reports print. */
export function hardwareRows(result: Result): [string, string][] {
  const { model, hardware } = result.data;
  const { rows, columns, activeRows, inputSliceBits } = hardware.array;
  const adc =
    hardware.adcBits === null ? "ideal" : `${hardware.adcBits} bit, range rule ${hardware.adcRange}`;
  return [
    [
      "network",
      `${model.name}, ${count(model.parameters)} parameters, ${count(model.macs)} multiply-accumulates`,
    ],
    ["hardware", `${hardware.name} (source ${hardware.source})`],
    ["arrays of", `${rows} word lines × ${columns} bit lines, ${activeRows} word lines driven at once`],
    ...layerRows(result).map(([layer, n]): [string, string] => [
      "",
      `${layer}: ${n} word lines driven at once`,
    ]),
    ...(inputSliceBits > 1
      ? [["", `inputs ${inputSliceBits} bits at a time`] satisfies [string, string]]
      : []),
    ["ADC", adc],
    ...losslessRow(result),
    [
      "encoding",
      Object.entries(hardware.encoding)
        .map(([key, value]) => `${key} ${value}`)
        .join(", "),
    ],
    ["seed", String(result.seed)],
  ];
}

/** What composed sums would need, beside what the converters have. */
function losslessRow({ data }: Result): [string, string][] {
  const { adcBits } = data.hardware;
  const needed = data.layers.flatMap(({ losslessBits }) => losslessBits ?? []);
  const most = Math.max(...needed);
  if (needed.length === 0 || adcBits === null || adcBits >= most) return [];
  const least = Math.min(...needed);
  const widths = least === most ? `${most} bit` : `${least} to ${most} bit, by layer,`;
  return [["", `composed sums take ${widths} to lose nothing`]];
}

/** Layers whose recipe has fewer word lines driven together than the chip could. */
function layerRows({ recipe }: Result): [string, unknown][] {
  const { activeRows } = (recipe["place"] ?? {}) as {
    readonly activeRows?: Readonly<Record<string, unknown>>;
  };
  return Object.entries(activeRows ?? {});
}

/** The totals under other readings of the source; a quantity that none of them changes has no column. */
export function readings({ alternatives }: CostSummary): DataTable {
  const quantities: readonly (readonly [string, keyof CostTriple, (value: number) => string])[] = [
    ["energy", "energy_J", energy],
    ["latency", "latency_s", latency],
    ["area", "area_m2", area],
  ];
  const shown = quantities.filter(([, key]) => alternatives.some((other) => other[key] !== undefined));
  return {
    columns: ["reading", ...shown.map(([name]) => name)],
    rows: alternatives.map((other) => [
      other.chosen ? `${other.name} (chosen)` : other.name,
      ...shown.map(([, key, format]) => (other[key] === undefined ? "–" : format(other[key]))),
    ]),
  };
}
