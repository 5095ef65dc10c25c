import { type CsvCell, csvText } from "../csv.js";
import type { ComparedRun, RunComparison } from "./runs.js";

/**
 * A comparison as CSV (RFC 4180) with one line per run: SI values with their unit in the column's name, ratios to the
 * first run, empty where a run has no such figure. `extra` columns stand behind the name.
 */
export function comparisonCsv(
  { runs }: RunComparison,
  extra: Readonly<Record<string, readonly string[]>> = {},
): string {
  const widths = [...new Set(runs.flatMap(({ adcSweep }) => adcSweep.map(({ bits }) => bits)))].sort(
    (a, b) => (a ?? 99) - (b ?? 99),
  );
  const rows = runs.map((run, i) => ({
    run: run.name,
    ...Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, values[i]!])),
    ...cellsOf(run),
    ...Object.fromEntries(
      widths.map((bits) => [
        `accuracy_adc_${bits ?? "ideal"}`,
        run.adcSweep.find((entry) => entry.bits === bits)?.accuracy ?? null,
      ]),
    ),
  }));
  return csvText(
    Object.keys(rows[0] ?? {}),
    rows.map((row) => Object.values(row)),
  );
}

function cellsOf(run: ComparedRun): Record<string, CsvCell> {
  const { accuracy, mismatchColumns, compression, toFirst, energyToBaseline } = run;
  return {
    model: run.model,
    data: run.data,
    hardware: run.hardware,
    seed: run.seed,
    software_images: run.softwareImages,
    hardware_images: run.hardwareImages,
    accuracy_fp32: accuracy.fp32,
    accuracy_quantized: accuracy.quantized,
    accuracy_pruned: accuracy.pruned,
    accuracy_hardware: accuracy.hardware,
    group_sparsity: run.groupSparsity,
    read_weighted_sparsity: run.readWeightedSparsity,
    mismatch_columns_layer: mismatchColumns?.layer ?? null,
    mismatch_columns_chunks: mismatchColumns?.chunks ?? null,
    wasted_fraction: run.wastedFraction,
    compression_paper: compression.paper,
    compression_parameters: compression.parameters,
    compression_honest: compression.honest,
    arrays: run.arrays,
    energy_J: run.energy_J,
    latency_s: run.latency_s,
    area_m2: run.area_m2,
    arrays_to_first: toFirst.arrays,
    energy_to_first: toFirst.energy,
    latency_to_first: toFirst.latency,
    area_to_first: toFirst.area,
    energy_to_full_columns: energyToBaseline.fullColumns,
    energy_to_same_row_groups: energyToBaseline.sameRowGroups,
  };
}
