import { describe, expect, test } from "vitest";
import { referenceKernel } from "../../src/array/reference/multiply.js";
import { tableKernel } from "../../src/array/tables.js";
import type { Batch } from "../../src/data/types.js";
import { evaluateGraph } from "../../src/graph/index.js";
import type { HardwareSpec } from "../../src/hardware/types.js";
import { place } from "../../src/mapping/place.js";
import { verifyPlacement } from "../../src/mapping/verify.js";
import { withSimulationThreads } from "../../src/node/simulation.js";
import { createRandom } from "../../src/random.js";
import { calibrate, chunkImages, chunksOf, Simulator, simulate } from "../../src/simulate/index.js";
import { rangeOf } from "../../src/simulate/ranges.js";
import { tensor } from "../../src/tensor.js";
import { testHardware } from "../support/hardware.js";
import { smallImages, smallNetwork } from "../support/small-network.js";

const array = { rows: 24, columns: 16, activeRows: 12 };

const chips: [string, HardwareSpec][] = (
  [
    ["offset", {}],
    ["a dummy column", { offsetBy: "dummyColumn" }],
    ["split arrays", { sign: "splitArrays" }],
    ["paired columns", { sign: "pairedColumns" }],
    ["analog composition", { compose: "analog" }],
    ["single-bit cells", { cellBits: 1 }],
  ] as const
).map(([name, encoding]) => {
  const levels_ohm = "cellBits" in encoding ? [1e6, 1e5] : [1e6, 7e5, 4e5, 1e5];
  return [name, testHardware(array, encoding, {}, { levels_ohm })];
});

const batchesOf = (data: Float32Array, size: number): Batch[] => {
  const image = 3 * 9 * 7;
  const count = data.length / image;
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => {
    const part = data.subarray(i * size * image, (i + 1) * size * image);
    const images = part.length / image;
    return {
      shape: [images, 3, 9, 7],
      data: part,
      labels: Uint8Array.from({ length: images }, (_, n) => (i * size + n) % 5),
    };
  });
};

describe.each(chips)("a small network with %s", (_, hardware) => {
  const random = createRandom(21);
  const model = smallNetwork(random, 8);
  const images = smallImages(random, 5);

  test.each(["dense", "packed", "column-exchange"] as const)(
    "%s, ideal converters: the float network's logits",
    (scheme) => {
      const placed = verifyPlacement(place(model, hardware, { scheme }));
      const x = tensor("f32", [5, 3, 9, 7], images);
      const { logits } = new Simulator(placed, null).run(x);
      const float = evaluateGraph(model.graph, new Map([["image", x]])).get("logits")!.data as Float32Array;
      expect(Array.from(logits, (v, i) => Math.abs(v - float[i]!) < 1e-3)).not.toContain(false);
    },
  );

  test("converters of 5 bits: both kernels give the same logits, bit for bit", async () => {
    const placed = place(model, { ...hardware, adc: { bits: 5, range: "minmax", percentiles: [0, 0] } });
    const ranges = await calibrate(placed, batchesOf(images, 2));
    const x = tensor("f32", [5, 3, 9, 7], images);
    const fast = new Simulator(placed, ranges, tableKernel).run(x);
    expect(fast).toEqual(new Simulator(placed, ranges, referenceKernel).run(x));
  });
});

describe("simulate", () => {
  const random = createRandom(5);
  const model = smallNetwork(random);
  const images = smallImages(random, 37);
  const hardware = {
    ...chips[0]![1],
    adc: { bits: 6, range: "percentile", percentiles: [0.001, 0.001] },
  } as const;
  const placed = place(model, hardware);

  test("depends on neither batches nor threads", async () => {
    const ranges = await calibrate(placed, batchesOf(images, 5));
    const here = await simulate(placed, batchesOf(images, 7), { ranges });
    expect(here.images).toBe(37);
    expect(await simulate(placed, batchesOf(images, 37), { ranges })).toEqual(here);
    for (const threads of [1, 2]) {
      const there = await withSimulationThreads({ placed, ranges }, { threads }, (mapChunks) =>
        simulate(placed, batchesOf(images, 16), { ranges, mapChunks }),
      );
      expect(there).toEqual(here);
    }
  });

  test("calibration on threads gives the same ranges", async () => {
    const here = await calibrate(placed, batchesOf(images, 37));
    const job = { placed, ranges: null, histograms: true };
    const there = await withSimulationThreads(job, { threads: 2 }, (mapChunks) =>
      calibrate(placed, batchesOf(images, 5), { mapChunks }),
    );
    expect(there).toEqual(here);
    expect(here.matrices.map((m) => m.matrix)).toEqual(["c1", "c2#0", "c2#1", "d"]);
  });

  test("under mse each width has its own range, and one calibration serves all of them", async () => {
    const { adc } = placed.hardware;
    const chip = (bits: number) => ({
      ...placed,
      hardware: { ...placed.hardware, adc: { ...adc, bits, range: "mse" as const } },
    });
    const ranges = await calibrate(chip(5), batchesOf(images, 37));
    expect(await calibrate(chip(5), batchesOf(images, 37), { kernel: referenceKernel })).toEqual(ranges);
    expect(await calibrate(chip(5), batchesOf(images, 37), { kernel: tableKernel })).toEqual(ranges);
    expect((await calibrate(chip(6), batchesOf(images, 37))).matrices.map(({ widths }) => widths)).toEqual(
      ranges.matrices.map(({ widths }) => widths),
    );
    const ideal = await simulate(
      { ...placed, hardware: { ...placed.hardware, adc: { ...adc, bits: null } } },
      batchesOf(images, 37),
      { ranges: null },
    );
    // Twelve bits tell every sum of these arrays apart.
    const exact = await simulate(chip(12), batchesOf(images, 37), { ranges });
    expect(exact.logits).toEqual(ideal.logits);
  });

  test("activity is the share of products that drive a row with a bit", async () => {
    const ranges = await calibrate(placed, batchesOf(images, 37));
    const { activity } = await simulate(placed, batchesOf(images, 37), { ranges });
    const matrix = activity.matrices[0]!;
    let driven = 0;
    let inputs: Uint8Array = new Uint8Array();
    new Simulator(placed, ranges).run(tensor("f32", [37, 3, 9, 7], images), {
      onMatrix: (trace) => {
        if (trace.matrix.name === "c1") inputs = trace.inputs;
      },
    });
    const products = 37 * matrix.positions;
    // Row 4, bit 3.
    for (const code of inputs.subarray(4 * products, 5 * products)) driven += (code >> 3) & 1;
    expect(matrix.inputBits).toBe(8);
    expect(matrix.ones[3 * 18 + 4]).toBe(driven / products);
  });

  test("full scale looks at no image; a real range rule needs some", async () => {
    const full = {
      ...placed,
      hardware: { ...hardware, adc: { ...hardware.adc, range: "fullscale" as const } },
    };
    const ranges = await calibrate(full, []);
    // Cells of two bits: 0 to 3 per driven line, twelve lines at most.
    expect(ranges).toMatchObject({ rule: "fullscale", images: 0 });
    expect(ranges.matrices.map(({ low, high }) => [low, high])).toEqual([
      [0, 36],
      [0, 36],
      [0, 36],
      [0, 24],
    ]);
    await expect(calibrate(placed, [])).rejects.toThrow("calibration got no images");
  });

  test("converters without ranges, and ranges of another placement, are refused", async () => {
    await expect(simulate(placed, batchesOf(images, 5), { ranges: null })).rejects.toThrow(
      "the converters have 6 bits but no ranges were given",
    );
    const other = { rule: "minmax" as const, images: 1, matrices: [] };
    await expect(simulate(placed, batchesOf(images, 5), { ranges: other })).rejects.toThrow(
      'the calibration has no range for matrix "c1"',
    );
    await expect(simulate(placed, [], { ranges: null })).rejects.toThrow();
  });
});

describe("range rules", () => {
  const counts = new Float64Array(101);
  for (let i = 10; i <= 90; i++) counts[i] = 100;
  counts[0] = 1;
  counts[100] = 1;
  const histogram = { low: 0, width: 1, counts };
  const adc = { bits: 5, range: "minmax", percentiles: [0.001, 0.001] } as const;

  test("minmax takes the extremes, percentile leaves a thousandth outside at either end", () => {
    expect(rangeOf(histogram, adc)).toEqual({ low: 0, high: 100 });
    expect(rangeOf(histogram, { ...adc, range: "percentile" })).toEqual({ low: 10, high: 90 });
    expect(rangeOf(histogram, { ...adc, range: "percentile", percentiles: [0.02, 0.5] })).toEqual({
      low: 11,
      high: 50,
    });
  });

  describe("mse", () => {
    const least = (sums: Record<number, number>, bits: number, low = 0, width = 1) => {
      const counts = new Float64Array(109);
      for (const [sum, count] of Object.entries(sums)) counts[(Number(sum) - low) / width] = count;
      return rangeOf({ low, width, counts }, { ...adc, range: "mse", bits });
    };

    test("converters that can tell all sums apart do", () => {
      expect(least({ 0: 5, 17: 1, 31: 2 }, 5)).toMatchObject({ low: 0, high: 32 });
      expect(least({ 0: 5, 17: 1, 31: 2 }, 8)).toMatchObject({ low: 0, high: 256 });
      expect(least({ [-3]: 1, 0: 9, 2: 1 }, 4, -8)).toMatchObject({ low: -3, high: 13 });
    });

    test("rare large sums are cut off where telling the others apart is worth more", () => {
      const often = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [i, 1e6]));
      expect(least({ ...often, 60: 1 }, 5)).toMatchObject({ low: 0, high: 32 });
      const { high } = least({ ...often, 60: 1e6 }, 5);
      expect(high).toBeGreaterThan(50);
    });

    test("zero is a level, and every width of converter has a range of its own", () => {
      const sums = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [i - 20, 100 - i]));
      const { low, high, widths } = least(sums, 5, -20);
      expect(widths).toHaveLength(12);
      expect(widths![4]).toEqual({ low, high });
      for (const [i, range] of widths!.entries()) {
        const step = (range.high - range.low) / 2 ** (i + 1);
        expect(range.low / step).toBeCloseTo(Math.round(range.low / step), 9);
      }
      expect(widths![6]).toEqual({ low: -20, high: 108 });
    });

    test("nothing but zeros", () => {
      expect(least({ 0: 4 }, 5)).toMatchObject({ low: 0, high: 32 });
    });
  });

  test("sums that are all the same have a range of no width", () => {
    const single = { low: -2, width: 0.5, counts: Float64Array.of(0, 7, 0) };
    expect(rangeOf(single, { ...adc, range: "percentile" })).toEqual({ low: -1.5, high: -1.5 });
  });
});

test("chunks are cut alike from any batches", () => {
  const images = smallImages(createRandom(2), 71);
  const cut = (size: number) => {
    const labels: number[] = [];
    const chunks = [...chunksOf(batchesOf(images, size), labels)];
    return {
      shapes: chunks.map((c) => c.shape[0]),
      data: chunks.flatMap((c) => Array.from(c.data)),
      count: labels.length,
    };
  };
  expect(cut(4).shapes).toEqual([32, 32, 7]);
  expect(cut(4)).toEqual({ ...cut(71), count: 71 });
});

test.each([
  ["MNIST", 28 * 28, 32],
  ["CIFAR-10", 3 * 32 * 32, 32],
  ["Tiny ImageNet", 3 * 64 * 64, 8],
  ["odd", 3 * 40 * 41, 19],
  ["ImageNet", 3 * 224 * 224, 8],
])("a chunk has fewer of larger images: %s", (_name, numbers, images) => {
  expect(chunkImages(numbers)).toBe(images);
});
