import { parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { csvText } from "../../src/index.js";
import { defaultJobs, pointTable, rowObjects, tableCsv, tableParquet } from "../../src/sweep/index.js";
import { sampleResult } from "../support/sample-result.js";

const result = sampleResult();
const narrow = {
  ...result,
  data: { ...result.data, adcSweep: [{ bits: 3, accuracy: 0.25, images: 500 }], pruning: null, layers: [] },
};
const rows = [
  {
    point: "aa",
    values: { lambda: 0.5, method: 'a, "b"', bits: 4, on: true },
    seed: 7,
    threads: 2,
    result,
  },
  { point: "bb", values: { lambda: 0, method: null, bits: "ideal" }, seed: 8, threads: 2, result: narrow },
  { point: "cc", values: { lambda: null }, seed: 9, threads: 2, result: null },
] as const;
const table = pointTable(["lambda", "method", "bits", "on"], rows);

describe("the table of a sweep", () => {
  test("columns stand in a fixed order; converter widths of any point come last, narrow ones first", () => {
    expect(table.columns.map(({ name }) => name)).toEqual([
      "point",
      "state",
      "lambda",
      "method",
      "bits",
      "on",
      "seed",
      "threads",
      "network",
      "accuracy_fp32",
      "accuracy_quantized",
      "accuracy_pruned",
      "accuracy_hardware",
      "softwareImages",
      "hardwareImages",
      "groupSparsity",
      "readWeightedSparsity",
      "mismatchColumns",
      "mismatchColumns_chunks",
      "compression_paper",
      "compression_parameters",
      "compression_honest",
      "arrays",
      "cells_used",
      "cells_wasted",
      "cells_empty",
      "indexMemory_bit",
      "energy_J",
      "latency_s",
      "area_m2",
      "energyOverBaseline",
      "latencyOverBaseline",
      "areaOverBaseline",
      "energyOverSameBands",
      "latencyOverSameBands",
      "areaOverSameBands",
      "accuracy_adc3",
      "accuracy_adc4",
      "accuracy_adc5",
      "accuracy_adc6",
      "accuracy_adcIdeal",
    ]);
  });

  test("holds what the results say, and nothing where a point or a width is not there", () => {
    const [first, second, third] = rowObjects(table);
    expect(first).toMatchObject({
      state: "finished",
      seed: 7,
      accuracy_hardware: result.accuracy.hardware,
      mismatchColumns: result.data.pruning!.mismatchColumns.layer,
      mismatchColumns_chunks: result.data.pruning!.mismatchColumns.chunks,
      energyOverBaseline: result.cost.energy_J / result.baseline.energy_J,
      accuracy_adc3: null,
      accuracy_adc5: 0.818,
      accuracy_adcIdeal: 0.898,
      bits: "4",
    });
    expect(second).toMatchObject({
      bits: "ideal",
      accuracy_adc3: 0.25,
      accuracy_adc5: null,
      mismatchColumns: null,
    });
    expect(third).toMatchObject({ state: "unfinished", lambda: null, seed: 9, energy_J: null, arrays: null });
  });

  test("as CSV: quotes where they are needed, numbers with all their digits", () => {
    const [head, first, , third, ...rest] = tableCsv(table).split("\r\n");
    expect(head!.startsWith("point,state,lambda,method,bits,on,seed,threads,network,")).toBe(true);
    expect(first!.startsWith('aa,finished,0.5,"a, ""b""",4,true,7,2,')).toBe(true);
    expect(first).toContain(`,${result.cost.energy_J},`);
    expect(third).toBe(`cc,unfinished,,,,,9,2${",".repeat(table.columns.length - 8)}`);
    expect(rest).toEqual([""]);
  });

  test("as Parquet: another program reads the same cells, and the same table gives the same bytes", async () => {
    const bytes = tableParquet(table);
    expect(tableParquet(table)).toEqual(bytes);
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const read = await parquetReadObjects({ file });
    const whole = new Set(table.columns.filter(({ type }) => type === "whole").map(({ name }) => name));
    const expected = rowObjects(table).map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, cell]) => [
          name,
          whole.has(name) && typeof cell === "number" ? BigInt(cell) : cell,
        ]),
      ),
    );
    expect(read.map((row) => ({ ...row }))).toEqual(expected);
  });

  test("without any finished point there still is a table", async () => {
    const empty = pointTable(["lambda"], [rows[2]]);
    const bytes = tableParquet(empty);
    const read = await parquetReadObjects({ file: bytes.slice().buffer });
    expect(read).toHaveLength(1);
    expect(read[0]).toMatchObject({ point: "cc", state: "unfinished", energy_J: null });
  });
});

test("CSV text of odd cells", () => {
  expect(csvText(["a", "b"], [[" x", "1\n2"]])).toBe('a,b\r\n" x","1\n2"\r\n');
});

describe("how many points run at once", () => {
  const GiB = 2 ** 30;
  test.each([
    // threads, open points, cores, memory in GiB, jobs
    [2, 100, 2, 64, 1],
    [2, 100, 16, 64, 8],
    [1, 100, 16, 8, 4],
    [1, 3, 16, 64, 3],
    [8, 100, 4, 64, 1],
    [1, 100, 4, 1, 1],
  ])("%i threads, %i open, %i cores, %i GiB: %i", (threads, open, cores, memory, jobs) => {
    expect(defaultJobs(threads, open, { cores, memory_bytes: memory * GiB })).toBe(jobs);
  });
});
