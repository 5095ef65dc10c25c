import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { quantizationAware } from "../../src/compress/quantize/aware.js";
import { hasStoredRanges, storeRanges } from "../../src/compress/quantize/stored-ranges.js";
import {
  quantizedLayers,
  trainedWeightCodes,
  type WeightTrainingOptions,
  weightStep,
} from "../../src/compress/quantize/weight-chain.js";
import { largestCode, weightCode, weightRange } from "../../src/compress/quantize/weights.js";
import { bindDims } from "../../src/graph/edit.js";
import type { Graph } from "../../src/graph/types.js";
import { lenet5, resnet20 } from "../../src/models/index.js";
import { exportOnnx } from "../../src/onnx/index.js";
import { createRandom } from "../../src/random.js";
import { openRuntime } from "../../src/runtime/open.js";
import type { Runtime } from "../../src/runtime/types.js";
import { f32, type Tensor } from "../../src/tensor.js";
import { graph, input, node, randomTensor } from "../graph/build.js";
import { runnerOf } from "../support/resnet20.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 2 });
});
afterAll(() => runtime.close());

/** One dense layer with these weights, in training. */
function layer(weights: Tensor, options: WeightTrainingOptions): Graph {
  const net = graph(
    [input("x", ["batch", weights.shape[1]!])],
    { w: weights },
    [node("Gemm", ["x", "w"], "y", { alpha: 1, beta: 1, transA: false, transB: true })],
    ["y"],
  );
  return quantizationAware(net, {
    weights: options,
    activations: { bits: 4, alpha: 1 },
    input: { bits: 8, scale: 0.02, zeroPoint: 128 },
  });
}

/** The quantised weights as ONNX Runtime makes them, from weights that are fed as in a training step. */
async function inOnnxRuntime(net: Graph, weights: Tensor): Promise<{ values: Float32Array; alpha: number }> {
  const [quantizer] = quantizedLayers(net).map(({ quantizer: q }) => q);
  const [, range] = quantizer!.inputs as [string, string];
  const initializers = new Map(net.initializers);
  initializers.delete("w");
  const fed = {
    ...bindDims(net, { batch: 1 }),
    initializers,
    inputs: [
      ...bindDims(net, { batch: 1 }).inputs,
      { name: "w", type: { dtype: "f32" as const, shape: weights.shape } },
    ],
    outputs: [quantizer!.outputs[0]!, range],
  };
  const session = await runtime.load(exportOnnx(fed), { keepQuantizers: true });
  const made = await session.run({
    x: f32([1, weights.shape[1]!], new Float32Array(weights.shape[1]!)),
    w: weights,
  });
  await session.dispose();
  return { values: made[quantizer!.outputs[0]!]!.data as Float32Array, alpha: made[range]!.data[0]! };
}

describe("spec check 4, in ONNX Runtime", () => {
  // mean|W| = 0.1, k = 2: alpha 0.2, step 0.0285714.
  const weights = f32([1, 8], [0.014, 0.0143, 0.25, -0.1, 0.1, -0.25, 0.03585, -0.03585]);

  test("half to even: −0.1 is −4 steps, never −3", async () => {
    const { values, alpha } = await inOnnxRuntime(
      layer(weights, { bits: 4, rule: "mean", factor: 2 }),
      weights,
    );
    expect(alpha).toBeCloseTo(0.2, 7);
    const codes = Array.from(values, (v) => v / weightStep(alpha, 4));
    expect(codes.map((c) => Math.round(c) + 0)).toEqual([0, 1, 7, -4, 4, -7, 1, -1]);
    for (const code of codes) expect(Math.abs(code - Math.round(code))).toBeLessThan(1e-6);
    expect(values[1]).toBeCloseTo(0.0285714, 7);
    expect(values[2]).toBeCloseTo(0.2, 7);
  });
});

const distributions: Readonly<Record<string, (length: number) => Float32Array>> = {
  normal: (length) => {
    const random = createRandom(3);
    return Float32Array.from({ length }, () => 0.07 * random.normal());
  },
  sparse: (length) => {
    const random = createRandom(4);
    return Float32Array.from({ length }, () => (random.uniform() < 0.8 ? 0 : 0.3 * random.normal()));
  },
  // SAWB's fit is below zero: 12.68 · 0.05 − 12.8 · 0.05.
  constant: (length) => Float32Array.from({ length }, (_, i) => (i % 2 ? 0.05 : -0.05)),
  zeros: (length) => new Float32Array(length),
};
const rules: readonly WeightTrainingOptions[] = [
  ...[2, 3, 4, 5, 6, 7, 8].map((bits) => ({ bits, rule: "mean" as const, factor: 2.5 })),
  { bits: 2, rule: "sawb" },
  { bits: 4, rule: "sawb" },
];

describe.each(Object.keys(distributions))("%s weights", (name) => {
  test.each(rules)(
    "$bits bits, $rule: the range of weightRange, and the codes of trainedWeightCodes",
    async (options) => {
      for (const shape of [
        [1, 1],
        [7, 13],
        [64, 577],
      ]) {
        const weights = f32(shape, distributions[name]!(shape[0]! * shape[1]!));
        const { values, alpha } = await inOnnxRuntime(layer(weights, options), weights);
        const exact = weightRange(weights.data, {
          ...options,
          ...(options.factor ? { k: options.factor } : {}),
        });
        // Sums in single precision; SAWB takes the difference of two moments, each about six times the result.
        const ulps = Math.abs(alpha - exact) / (exact * 2 ** -24);
        expect(ulps, `${shape}`).toBeLessThan(options.rule === "mean" ? 16 : 128);
        const step = weightStep(alpha, options.bits);
        const codes = trainedWeightCodes(weights.data, alpha, options.bits);
        expect(values.findIndex((v, i) => v !== Math.fround(codes[i]! * step))).toBe(-1);
        expect(codes.every((code) => Math.abs(code) <= largestCode(options.bits))).toBe(true);
      }
    },
  );
});

test("codes in single precision differ from those in double at the middle of two codes only", () => {
  const weights = distributions["normal"]!(200_000);
  const alpha = Math.fround(0.11);
  for (const bits of [2, 4, 8]) {
    const codes = trainedWeightCodes(weights, alpha, bits);
    let differ = 0;
    for (const [i, w] of weights.entries()) {
      if (codes[i] === weightCode(w, alpha, bits)) continue;
      differ++;
      const place = (Math.abs(w) * largestCode(bits)) / alpha;
      expect(Math.abs((place % 1) - 0.5)).toBeLessThan(1e-4);
    }
    expect(differ).toBeLessThan(100);
  }
});

describe("storing ranges", () => {
  const options = {
    weights: { bits: 4, rule: "mean" },
    activations: { bits: 4, alpha: 3 },
    input: { bits: 8, scale: 0.03, zeroPoint: 128 },
  } as const;
  const nets: readonly (readonly [string, Graph, readonly number[]])[] = [
    ["ResNet-20", resnet20({ shortcut: "B" }, createRandom(1)), [4, 3, 32, 32]],
    ["LeNet-5", lenet5(createRandom(2)), [4, 1, 28, 28]],
  ];

  test.each(nets)(
    "%s: logits are the same bits before and after, with either rule",
    async (_name, net, shape) => {
      const run = runnerOf(runtime);
      const image = { shape, data: randomTensor(shape, 3).data as Float32Array, labels: new Uint8Array(4) };
      for (const rule of ["mean", "sawb"] as const) {
        const before = quantizationAware(net, { ...options, weights: { bits: 4, rule } });
        expect(hasStoredRanges(before)).toBe(false);
        const after = await storeRanges(before, run);
        expect(hasStoredRanges(after)).toBe(true);
        const logits = (g: Graph) =>
          run(g, async (evaluate) => (await evaluate(image)).get(g.outputs[0]!)!.data);
        expect(await logits(after)).toEqual(await logits(before));
        // The operators that computed the ranges are gone; the parameters are not.
        const ops = new Set(after.nodes.map(({ op }) => op));
        for (const op of ["Abs", "ReduceMean", "Where"] as const) expect(ops.has(op)).toBe(false);
        expect(quantizedLayers(after).map(({ weight }) => weight)).toEqual(
          quantizedLayers(before).map(({ weight }) => weight),
        );
        expect(await storeRanges(after, run)).toBe(after);
      }
    },
  );

  test("a stored range stays as weights become zero, and so do the codes of the others", async () => {
    const net = await storeRanges(quantizationAware(nets[1]![1], options), runnerOf(runtime));
    const weights = net.initializers.get("conv2.weight")!;
    const data = Float32Array.from(weights.data, (w, i) => (i % 3 === 0 ? 0 : w));
    const pruned = {
      ...net,
      initializers: new Map(net.initializers).set("conv2.weight", { ...weights, data }),
    };
    const [before, after] = [net, pruned].map(
      (g) => quantizedLayers(g).find(({ weight }) => weight === "conv2.weight")!,
    );
    expect(after!.alpha).toBe(before!.alpha);
    const codes = trainedWeightCodes(weights.data, before!.alpha!, 4);
    expect(trainedWeightCodes(data, after!.alpha!, 4)).toEqual(codes.map((c, i) => (i % 3 === 0 ? 0 : c)));
  });

  test("weights that are no numbers are refused by the layer's name", async () => {
    const net = quantizationAware(nets[1]![1], options);
    const weights = net.initializers.get("fc1.weight")!;
    const data = Float32Array.from(weights.data, () => Number.POSITIVE_INFINITY);
    const broken = {
      ...net,
      initializers: new Map(net.initializers).set("fc1.weight", { ...weights, data }),
    };
    await expect(storeRanges(broken, runnerOf(runtime))).rejects.toThrow(
      'the weight range of layer "fc1" is Infinity',
    );
  });
});
