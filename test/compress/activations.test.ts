import { describe, expect, test } from "vitest";
import { ActivationHistogram, activationQuantizer } from "../../src/compress/quantize/activations.js";
import { createRandom } from "../../src/random.js";

function histogramOf(values: Float32Array): ActivationHistogram {
  const histogram = new ActivationHistogram();
  histogram.observe(values);
  histogram.count(values);
  return histogram;
}

describe("activation ranges", () => {
  const random = createRandom(9);
  const relu = Float32Array.from({ length: 20000 }, () => Math.max(0, random.normal()));

  test("values that are never negative get zero point 0; max keeps the largest value exactly", () => {
    const q = activationQuantizer(histogramOf(relu), 4, "max");
    expect(q).toEqual({ bits: 4, zeroPoint: 0, scale: Math.fround(Math.max(...relu) / 15) });
  });

  test("least squares clips a long tail, and errs less than max does", () => {
    const tail = Float32Array.from(relu, (v, i) => (i === 0 ? 40 : v));
    const error = (scale: number): number =>
      tail.reduce((sum, v) => sum + (v - Math.min(15, Math.round(v / scale)) * scale) ** 2, 0);
    const mse = activationQuantizer(histogramOf(tail), 4, "mse");
    const max = activationQuantizer(histogramOf(tail), 4, "max");
    expect(mse.scale).toBeLessThan(max.scale);
    expect(error(mse.scale)).toBeLessThan(error(max.scale));
  });

  test("percentile leaves 0.1 % above the range", () => {
    const q = activationQuantizer(histogramOf(relu), 8, "percentile");
    const above = relu.filter((v) => v > q.scale * 255).length / relu.length;
    expect(above).toBeGreaterThan(0.0002);
    expect(above).toBeLessThan(0.002);
  });

  test("signed values get a zero point, so that zero is a code and both ends fit", () => {
    const signed = Float32Array.from({ length: 1001 }, (_, i) => -1 + (3 * i) / 1000);
    const q = activationQuantizer(histogramOf(signed), 8, "max");
    expect(q.zeroPoint).toBe(85);
    expect((0 - q.zeroPoint) * q.scale).toBeCloseTo(-1, 6);
    expect((255 - q.zeroPoint) * q.scale).toBeCloseTo(2, 6);
  });

  test("a value that is always zero needs no range", () => {
    expect(activationQuantizer(histogramOf(new Float32Array(10)), 4, "mse")).toEqual({
      bits: 4,
      scale: 1,
      zeroPoint: 0,
    });
  });
});
