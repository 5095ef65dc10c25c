import { designWords, type EqualArea, type EqualAreaDesign, type OtherDesign } from "../cost/index.js";
import { area, count, energy, latency, times } from "./format.js";
import type { DataTable } from "./plots/types.js";
import type { CostTriple, EqualAreaChip, EqualAreaData } from "./types.js";

const triple = ({ energy_J, latency_s, area_m2 }: CostTriple): CostTriple => ({
  energy_J,
  latency_s,
  area_m2,
});

/** The comparison as result.json holds it: totals and copies, layers only by their copies. */
export function equalAreaData(found: EqualArea): EqualAreaData {
  return { ...found, designs: found.designs.map(chipOf) };
}

function chipOf(design: EqualAreaDesign): EqualAreaChip {
  const { name, hardware, array, encoding, converters, cost, pipelined, serial } = design;
  return {
    ...{ name, hardware, rows: array.rows, columns: array.columns },
    ...{ cellBits: encoding.cellBits, compose: encoding.compose },
    converter_bits: converters.charged_bits,
    lossless_bits: converters.lossless_bits,
    losslessAlone_bits: converters.losslessAlone_bits,
    arrays: cost.counts.arrays,
    ...triple(cost),
    interval_s: cost.interval_s!,
    breakdown: Object.fromEntries(Object.entries(cost.breakdown).map(([key, part]) => [key, triple(part)])),
    pipelined: pipelined && {
      copies: pipelined.copies,
      interval_s: pipelined.cost.interval_s!,
      area_m2: pipelined.cost.area_m2,
    },
    serial: serial && {
      copies: serial.copies,
      latency_s: serial.cost.latency_s,
      area_m2: serial.cost.area_m2,
    },
  };
}

const others: readonly OtherDesign[] = ["baseline", "dense", "denseDigital"];
const heads: Readonly<Record<OtherDesign, string>> = {
  baseline: "baseline",
  dense: "dense",
  denseDigital: "dense, digital",
};

/** The chips, and what the exchange gains over each of the others under every assumption. */
export function equalAreaTables(data: EqualAreaData): DataTable[] {
  const factor = (value: number | null): string => (value === null ? "–" : times(value));
  const chips = data.designs.map((chip) => [
    designWords[chip.name as keyof typeof designWords],
    `${chip.rows} × ${chip.columns}`,
    `${chip.cellBits} bit`,
    chip.compose,
    `${chip.converter_bits} (${chip.lossless_bits})`,
    count(chip.arrays),
    energy(chip.energy_J),
    area(chip.area_m2),
    chip.pipelined === null ? "–" : latency(chip.pipelined.interval_s),
    chip.serial === null ? "–" : latency(chip.serial.latency_s),
  ]);
  const gains = data.variants.map(({ assumption, gains }) => [
    assumption,
    ...others.flatMap((other) => {
      const { energy, pipelined, serial } = gains[other];
      return [factor(energy), factor(pipelined), factor(serial)];
    }),
  ]);
  return [
    {
      columns: [
        ...["chip", "array", "cells", "composition", "ADC bits (lossless)", "arrays", "energy", "area"],
        ...["pipelined", "serial"],
      ],
      rows: chips,
    },
    {
      columns: [
        "gain over",
        ...others.flatMap((other) => [`${heads[other]}: energy`, "pipelined", "serial"]),
      ],
      rows: gains,
    },
  ];
}

/** What the tables show, in a sentence or two. */
export function equalAreaLead({ baseline, budget_m2, budgetFrom, node_m }: EqualAreaData): string {
  const whose =
    budgetFrom === "given" ? "as given" : `what ${baseline}'s arrays take with every weight stored once`;
  return `Energy and area are of one copy of every layer; times are those of the copies that fit into ${area(budget_m2)} (${whose}). Gains are the other chip's figure over that of the exchanged columns; all chips are built of the same components at ${Math.round(node_m * 1e9)} nm, baseline ${baseline}.`;
}
