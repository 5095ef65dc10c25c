import { describe, expect, test } from "vitest";
import { type QuantizationAwareOptions, quantizationAware } from "../../src/compress/quantize/aware.js";
import { calibrateAlphas } from "../../src/compress/quantize/calibrate-alphas.js";
import type { GraphRunner } from "../../src/compress/quantize/post-training.js";
import { quantizerSites } from "../../src/compress/quantize/sites.js";
import { quantizedLayers } from "../../src/compress/quantize/weight-chain.js";
import type { Batch } from "../../src/data/types.js";
import { evaluateGraph, print } from "../../src/graph/index.js";
import type { Graph, Node, NodeOf } from "../../src/graph/types.js";
import { lenet5, NetworkBuilder, resnet20 } from "../../src/models/index.js";
import { createRandom } from "../../src/random.js";
import { f32, type Tensor, tensor } from "../../src/tensor.js";
import { graph, input, node, randomTensor, window } from "../graph/build.js";
import { smallNetwork } from "../train/networks.js";

const options: QuantizationAwareOptions = {
  weights: { bits: 4, rule: "mean" },
  activations: { bits: 4, alpha: 10 },
  input: { bits: 8, scale: 0.02, zeroPoint: 128 },
};
const sites = { bits: 4, inputBits: 8 };

/** Our own slow evaluation in the place of ONNX Runtime. */
const run: GraphRunner = (net, use) =>
  use(async ({ shape, data }) =>
    evaluateGraph(net, new Map([[net.inputs[0]!.name, tensor("f32", shape, data)]])),
  );

const imagesOf = (net: Graph, count: number): Batch[] => {
  const shape = [count, ...net.inputs[0]!.type.shape.slice(1)] as number[];
  return [{ shape, data: randomTensor(shape, 8).data as Float32Array, labels: new Uint8Array(count) }];
};
const evaluate = (net: Graph, [{ shape, data }]: readonly Batch[] | Batch[]) =>
  evaluateGraph(net, new Map([[net.inputs[0]!.name, tensor("f32", shape, data)]])).get(net.outputs[0]!)!
    .data as Float32Array;

const pacts = (net: Graph): NodeOf<"Pact">[] => net.nodes.filter((n) => n.op === "Pact");

test("a small network, as it is printed", () => {
  const net = new NetworkBuilder("tiny", [1, 4, 4], createRandom(1));
  const x = net.relu("relu", net.batchNorm("bn", net.conv("conv", net.image, 2, { kernel: 3, bias: false })));
  const tiny = net.build(net.dense("fc", net.flatten("flatten", x), 2, "logits"));
  expect(print(quantizationAware(tiny, options))).toMatchInlineSnapshot(`
    "input image:f32[batch,1,4,4]
    constant conv.weight:f32[2,1,3,3]
    constant bn.weight:f32[2]
    constant bn.bias:f32[2]
    constant bn.running_mean:f32[2]
    constant bn.running_var:f32[2]
    constant fc.weight:f32[2,8]
    constant fc.bias:f32[2]
    image/quantized:f32[batch,1,4,4] = FakeQuantize image { bits: 8, scale: 0.02, zeroPoint: 128 }
    conv.weight/magnitude:f32[2,1,3,3] = Abs conv.weight
    conv.weight/mean_magnitude_by_row:f32[2] = ReduceMean conv.weight/magnitude [1,2,3] { keepdims: false }
    conv.weight/mean_magnitude:f32[] = ReduceMean conv.weight/mean_magnitude_by_row { keepdims: false }
    conv.weight/fit:f32[] = Mul conv.weight/mean_magnitude 2
    conv.weight/range_is_positive:bool[] = Greater conv.weight/fit 0
    conv.weight/range:f32[] = Where conv.weight/range_is_positive conv.weight/fit 1
    conv.weight/quantized:f32[2,1,3,3] = QuantizeWeights conv.weight conv.weight/range { bits: 4, passBelow: 1 }
    conv:f32[batch,2,2,2] = Conv image/quantized conv.weight/quantized
    bn:f32[batch,2,2,2] = BatchNormalization conv bn.weight bn.bias bn.running_mean bn.running_var
    relu:f32[batch,2,2,2] = Pact bn 10 { bits: 4 }
    flatten:f32[batch,8] = Flatten relu
    fc.weight/magnitude:f32[2,8] = Abs fc.weight
    fc.weight/mean_magnitude_by_row:f32[2] = ReduceMean fc.weight/magnitude [1] { keepdims: false }
    fc.weight/mean_magnitude:f32[] = ReduceMean fc.weight/mean_magnitude_by_row { keepdims: false }
    fc.weight/fit:f32[] = Mul fc.weight/mean_magnitude 2
    fc.weight/range_is_positive:bool[] = Greater fc.weight/fit 0
    fc.weight/range:f32[] = Where fc.weight/range_is_positive fc.weight/fit 1
    fc.weight/quantized:f32[2,8] = QuantizeWeights fc.weight fc.weight/range { bits: 4, passBelow: 1 }
    logits:f32[batch,2] = Gemm flatten fc.weight/quantized fc.bias { transB: true }
    output logits"
  `);
  expect(
    print(quantizationAware(tiny, { ...options, weights: { bits: 4, rule: "sawb" } })),
  ).toMatchInlineSnapshot(`
    "input image:f32[batch,1,4,4]
    constant conv.weight:f32[2,1,3,3]
    constant bn.weight:f32[2]
    constant bn.bias:f32[2]
    constant bn.running_mean:f32[2]
    constant bn.running_var:f32[2]
    constant fc.weight:f32[2,8]
    constant fc.bias:f32[2]
    image/quantized:f32[batch,1,4,4] = FakeQuantize image { bits: 8, scale: 0.02, zeroPoint: 128 }
    conv.weight/magnitude:f32[2,1,3,3] = Abs conv.weight
    conv.weight/mean_magnitude_by_row:f32[2] = ReduceMean conv.weight/magnitude [1,2,3] { keepdims: false }
    conv.weight/mean_magnitude:f32[] = ReduceMean conv.weight/mean_magnitude_by_row { keepdims: false }
    conv.weight/square:f32[2,1,3,3] = Mul conv.weight conv.weight
    conv.weight/mean_square_by_row:f32[2] = ReduceMean conv.weight/square [1,2,3] { keepdims: false }
    conv.weight/mean_square:f32[] = ReduceMean conv.weight/mean_square_by_row { keepdims: false }
    conv.weight/rms:f32[] = Sqrt conv.weight/mean_square
    conv.weight/rms_term:f32[] = Mul conv.weight/rms 12.680000305175781
    conv.weight/magnitude_term:f32[] = Mul conv.weight/mean_magnitude -12.800000190734863
    conv.weight/sawb:f32[] = Add conv.weight/rms_term conv.weight/magnitude_term
    conv.weight/twice:f32[] = Mul conv.weight/mean_magnitude 2
    conv.weight/fit_is_positive:bool[] = Greater conv.weight/sawb 0
    conv.weight/fit:f32[] = Where conv.weight/fit_is_positive conv.weight/sawb conv.weight/twice
    conv.weight/range_is_positive:bool[] = Greater conv.weight/fit 0
    conv.weight/range:f32[] = Where conv.weight/range_is_positive conv.weight/fit 1
    conv.weight/quantized:f32[2,1,3,3] = QuantizeWeights conv.weight conv.weight/range { bits: 4, passBelow: 1 }
    conv:f32[batch,2,2,2] = Conv image/quantized conv.weight/quantized
    bn:f32[batch,2,2,2] = BatchNormalization conv bn.weight bn.bias bn.running_mean bn.running_var
    relu:f32[batch,2,2,2] = Pact bn 10 { bits: 4 }
    flatten:f32[batch,8] = Flatten relu
    fc.weight/magnitude:f32[2,8] = Abs fc.weight
    fc.weight/mean_magnitude_by_row:f32[2] = ReduceMean fc.weight/magnitude [1] { keepdims: false }
    fc.weight/mean_magnitude:f32[] = ReduceMean fc.weight/mean_magnitude_by_row { keepdims: false }
    fc.weight/square:f32[2,8] = Mul fc.weight fc.weight
    fc.weight/mean_square_by_row:f32[2] = ReduceMean fc.weight/square [1] { keepdims: false }
    fc.weight/mean_square:f32[] = ReduceMean fc.weight/mean_square_by_row { keepdims: false }
    fc.weight/rms:f32[] = Sqrt fc.weight/mean_square
    fc.weight/rms_term:f32[] = Mul fc.weight/rms 12.680000305175781
    fc.weight/magnitude_term:f32[] = Mul fc.weight/mean_magnitude -12.800000190734863
    fc.weight/sawb:f32[] = Add fc.weight/rms_term fc.weight/magnitude_term
    fc.weight/twice:f32[] = Mul fc.weight/mean_magnitude 2
    fc.weight/fit_is_positive:bool[] = Greater fc.weight/sawb 0
    fc.weight/fit:f32[] = Where fc.weight/fit_is_positive fc.weight/sawb fc.weight/twice
    fc.weight/range_is_positive:bool[] = Greater fc.weight/fit 0
    fc.weight/range:f32[] = Where fc.weight/range_is_positive fc.weight/fit 1
    fc.weight/quantized:f32[2,8] = QuantizeWeights fc.weight fc.weight/range { bits: 4, passBelow: 1 }
    logits:f32[batch,2] = Gemm flatten fc.weight/quantized fc.bias { transB: true }
    output logits"
  `);
});

describe("where quantisers go", () => {
  test("ResNet-20: every ReLU, the pooled features, the image; all 22 layers' weights", () => {
    const net = resnet20({ shortcut: "B" }, createRandom(1));
    const found = quantizerSites(net, sites);
    expect(found.filter(({ kind }) => kind === "relu").length).toBe(19);
    expect(found.filter(({ kind }) => kind !== "relu")).toEqual([
      { kind: "image", value: "image", node: "image/quantizer", bits: 8, layers: ["conv1"] },
      { kind: "unsigned", value: "avgpool", node: "avgpool/quantizer", bits: 4, layers: ["linear"] },
    ]);
    const aware = quantizationAware(net, options);
    expect(pacts(aware).length).toBe(20);
    expect(aware.nodes.filter(({ op }) => op === "Relu")).toEqual([]);
    const layers = quantizedLayers(aware);
    expect(layers.length).toBe(22);
    expect(layers.map(({ weight }) => weight)).toContain("layer2.0.shortcut.0.weight");
    expect(new Set(layers.map(({ bits, alpha }) => `${bits} ${alpha}`))).toEqual(new Set(["4 null"]));
    // The shortcut of a residual addition carries the same codes as the word lines.
    const block = aware.nodes.find(({ name }) => name === "layer1.1.add")!;
    expect(pacts(aware).map(({ outputs }) => outputs[0])).toContain(block.inputs[1]);
  });

  test("LeNet-5: max pooling and flattening keep the grid, so that nothing is quantised twice", () => {
    const found = quantizerSites(lenet5(createRandom(1)), sites);
    expect(found.map(({ kind, node, layers }) => [kind, node, ...layers])).toEqual([
      ["image", "image/quantizer", "conv1"],
      ["relu", "relu1", "conv2"],
      ["relu", "relu2", "fc1"],
      ["relu", "relu3", "fc2"],
    ]);
  });

  const dense = { alpha: 1, beta: 1, transA: false, transB: true };
  const conv = { ...window([1, 1]), group: 1 };
  /** x → what is given → a 1 × 1 convolution. */
  const behind = (nodes: readonly Node[], constants: Record<string, Tensor> = {}): Graph =>
    graph(
      [input("x", ["batch", 2, 4, 4])],
      { w: randomTensor([3, 2, 1, 1], 1), ...constants },
      [...nodes, node("Conv", ["z", "w"], "y", conv)],
      ["y"],
    );
  const kinds = (net: Graph) => quantizerSites(net, sites).map(({ kind, value }) => [kind, value]);

  test.each([
    ["Sigmoid", behind([node("Sigmoid", ["x"], "z", {})]), "unsigned"],
    [
      "Clip to 0 and 6",
      behind([node("Clip", ["x", "low", "high"], "z", {})], { low: f32([], [0]), high: f32([], [6]) }),
      "unsigned",
    ],
    [
      "Clip to −1 and 1",
      behind([node("Clip", ["x", "low", "high"], "z", {})], { low: f32([], [-1]), high: f32([], [1]) }),
      "signed",
    ],
    ["Tanh", behind([node("Tanh", ["x"], "z", {})]), "signed"],
    ["Add", behind([node("Add", ["x", "x"], "z", {})]), "signed"],
    ["LeakyRelu", behind([node("LeakyRelu", ["x"], "z", { alpha: 0.1 })]), "signed"],
  ] as const)("%s before a layer", (_name, net, kind) => {
    expect(kinds(net)).toEqual([[kind, "z"]]);
  });

  test("the sum of two ReLUs is unsigned, of a ReLU and a Tanh is not", () => {
    const relu = (x: string, y: string) => node("Relu", [x], y, {});
    const sum = node("Add", ["a", "b"], "z", {});
    expect(kinds(behind([relu("x", "a"), relu("x", "b"), sum]))).toEqual([
      ["relu", "a"],
      ["relu", "b"],
      ["unsigned", "z"],
    ]);
    expect(kinds(behind([relu("x", "a"), node("Tanh", ["x"], "b", {}), sum])).at(-1)).toEqual([
      "signed",
      "z",
    ]);
  });

  test("padding with zeros keeps the grid, padding with others does not", () => {
    const padded = (value: number) =>
      behind([node("Relu", ["x"], "a", {}), node("Pad", ["a", "pads", "value"], "z", { mode: "constant" })], {
        pads: tensor("i64", [8], Float64Array.of(0, 0, 1, 1, 0, 0, 1, 1)),
        value: f32([], [value]),
      });
    expect(kinds(padded(0))).toEqual([["relu", "a"]]);
    expect(kinds(padded(0.3)).at(-1)).toEqual(["signed", "z"]);
  });

  test("an image that is flattened first is quantised as an image", () => {
    const net = graph(
      [input("x", ["batch", 1, 2, 2])],
      { w: randomTensor([3, 4], 1) },
      [node("Flatten", ["x"], "f", { axis: 1 }), node("Gemm", ["f", "w"], "y", dense)],
      ["y"],
    );
    expect(quantizerSites(net, sites)).toEqual([
      { kind: "image", value: "x", node: "x/quantizer", bits: 8, layers: [expect.any(String)] },
    ]);
  });

  test("the published form has a Pact behind every batch normalisation and addition", () => {
    const net = resnet20({ shortcut: "B" }, createRandom(1));
    const found = quantizerSites(net, { ...sites, afterEveryBatchNorm: true });
    const unsigned = found.filter(({ kind }) => kind === "unsigned").map(({ value }) => value);
    // Nine bn2 and two shortcut normalisations, which go into additions; the pooled features.
    expect(unsigned.length).toBe(12);
    expect(unsigned).toContain("layer1.0.bn2");
    expect(unsigned).toContain("layer3.0.shortcut.1");
    const images = imagesOf(net, 1);
    const wide = { bits: 8, alpha: 40 };
    const [ours, published] = [false, true].map((afterEveryBatchNorm) =>
      evaluate(quantizationAware(net, { ...options, activations: { ...wide, afterEveryBatchNorm } }), images),
    );
    expect(Math.max(...published!.map((v, i) => Math.abs(v - ours![i]!)))).toBeGreaterThan(0.1);
  });
});

describe("what comes out", () => {
  test("with eight bits and calibrated ranges it is nearly the network in floating point", async () => {
    const net = smallNetwork(4);
    const images = imagesOf(net, 20);
    const float = evaluate(net, images);
    const errors: number[] = [];
    for (const bits of [2, 3, 4, 5, 6, 7, 8]) {
      const { alpha, input: image } = await calibrateAlphas(net, images, run, { bits, inputBits: 8 });
      const aware = quantizationAware(net, {
        weights: { bits, rule: "mean", factor: 4 },
        activations: { bits, alpha },
        input: image,
      });
      const error = evaluate(aware, images).reduce((sum, v, i) => sum + (v - float[i]!) ** 2, 0);
      errors.push(Math.sqrt(error / float.reduce((sum, v) => sum + v * v, 0)));
    }
    expect([...errors].sort((a, b) => b - a)).toEqual(errors);
    expect(errors.at(-1)).toBeLessThan(0.02);
  });

  test.each([2, 3, 4, 5, 6, 7, 8])("%i bits: every value on word lines is one of 2^bits codes", (bits) => {
    const net = lenet5(createRandom(2));
    const images = imagesOf(net, 1);
    const aware = quantizationAware(net, { ...options, activations: { bits, alpha: 1.5 } });
    const values = ["pool1", "pool2", "relu3"];
    const made = evaluateGraph(
      { ...aware, outputs: values },
      new Map([["image", tensor("f32", images[0]!.shape, images[0]!.data)]]),
    );
    for (const value of values) {
      const codes = Array.from(made.get(value)!.data, (v) => v / (1.5 / (2 ** bits - 1)));
      expect(codes.every((code) => Math.abs(code - Math.round(code)) < 1e-3 && code >= 0)).toBe(true);
      expect(Math.max(...codes)).toBeLessThan(2 ** bits - 0.5);
    }
  });

  test("layers with bits of their own", () => {
    const aware = quantizationAware(lenet5(createRandom(1)), {
      ...options,
      layers: {
        conv1: { weightBits: 8 },
        fc1: { activationBits: 6 },
        fc2: { weightBits: 2, activationBits: 8 },
      },
    });
    expect(quantizedLayers(aware).map(({ node: layer, bits }) => [layer.name, bits])).toEqual([
      ["conv1", 8],
      ["conv2", 4],
      ["fc1", 4],
      ["fc2", 2],
    ]);
    expect(pacts(aware).map(({ name, attributes }) => [name, attributes.bits])).toEqual([
      ["relu1", 4],
      ["relu2", 6],
      ["relu3", 8],
    ]);
  });

  test("a value that may be negative gets the quantiser that calibration found", async () => {
    const net = new NetworkBuilder("signed", [2, 5, 5], createRandom(3));
    const x = net.batchNorm("bn", net.conv("one", net.image, 4, { kernel: 3 }));
    const signed = net.build(net.conv("two", x, 3, { kernel: 3 }));
    expect(() => quantizationAware(signed, options)).toThrow(
      '"bn", which drives the word lines of "two", may be negative',
    );
    const images = imagesOf(signed, 3);
    const found = await calibrateAlphas(signed, images, run, sites);
    expect(found.alpha).toEqual({});
    expect(found.signed["bn"]!.zeroPoint).toBeGreaterThan(0);
    const aware = quantizationAware(signed, {
      ...options,
      activations: { bits: 4, alpha: found.alpha, signed: found.signed },
      input: found.input,
    });
    expect(aware.nodes.find(({ name }) => name === "bn/quantizer")).toMatchObject({
      op: "FakeQuantize",
      attributes: found.signed["bn"],
    });
    expect(() =>
      quantizationAware(signed, { ...options, activations: { bits: 5, alpha: 1, signed: found.signed } }),
    ).toThrow('the quantiser of "bn" has 4 bits, and 5 are asked for');
  });

  test("calibrated alphas are no worse than any other on the images", async () => {
    const net = lenet5(createRandom(2));
    const images = imagesOf(net, 2);
    const { alpha, input: image } = await calibrateAlphas(net, images, run, sites);
    const x = tensor("f32", images[0]!.shape, images[0]!.data);
    const relu1 = evaluateGraph({ ...net, outputs: ["relu1"] }, new Map([["image", x]])).get("relu1")!
      .data as Float32Array;
    const error = (a: number) =>
      relu1.reduce((sum, v) => sum + (v - Math.round(Math.min(v, a) / (a / 15)) * (a / 15)) ** 2, 0);
    // The histogram's bins and steps of 1 % stand between it and the very best.
    const best = error(alpha["relu1"]!);
    for (const part of [0.5, 0.7, 0.9, 1.1, 1.3, 2])
      expect(error(alpha["relu1"]! * part)).toBeGreaterThan(0.99 * best);
    const [low, high] = [Math.min(...images[0]!.data), Math.max(...images[0]!.data)];
    expect(image.scale * 255).toBeCloseTo(high - low, 4);
    await expect(calibrateAlphas(net, [], run, sites)).rejects.toThrow("got no images");
  });
});

describe("what is refused", () => {
  const net = lenet5(createRandom(1));
  const residual = resnet20({ shortcut: "B" }, createRandom(1));
  const aware =
    (change: Partial<QuantizationAwareOptions>, of = net) =>
    () =>
      quantizationAware(of, { ...options, ...change });
  const relu: Graph = {
    ...net,
    nodes: net.nodes.filter(({ op }) => op !== "Conv" && op !== "Gemm").slice(0, 0),
    outputs: [],
  };
  const shared: Graph = {
    ...net,
    nodes: [...net.nodes, node("Abs", ["fc2.weight"], "decay", {})],
    outputs: [...net.outputs, "decay"],
  };

  test.each<[string, () => unknown]>([
    ["has no layer that could stand", aware({}, relu)],
    [
      'is quantised already, by FakeQuantize "image/quantizer"',
      () => quantizationAware(quantizationAware(net, options), options),
    ],
    ['reads "fc2.weight", the weights of a crossbar layer, as well', aware({}, shared)],
    ["weight bits is 9", aware({ weights: { bits: 9, rule: "mean" } })],
    ["activation bits is 1", aware({ activations: { bits: 1, alpha: 1 } })],
    ["input bits is 12", aware({ input: { bits: 12, scale: 1, zeroPoint: 0 } })],
    ['"sawb" has no coefficients for 3 bits', aware({ weights: { bits: 3, rule: "sawb" } })],
    [
      '"sawb" has no coefficients for 5 bits',
      aware({ weights: { bits: 4, rule: "sawb" }, layers: { fc1: { weightBits: 5 } } }),
    ],
    ["factor of the weight range is 0", aware({ weights: { bits: 4, rule: "mean", factor: 0 } })],
    ["passBelow is 0", aware({ weights: { bits: 4, rule: "mean", passBelow: 0 } })],
    ['the alpha of "relu1" is 0', aware({ activations: { bits: 4, alpha: 0 } })],
    [
      'no alpha is given for the quantiser "relu2" of "relu2"',
      aware({ activations: { bits: 4, alpha: { relu1: 1 } } }),
    ],
    ['there is no crossbar layer "fc3"', aware({ layers: { fc3: { weightBits: 3 } } })],
    ['weightBits of layer "fc1" is 1', aware({ layers: { fc1: { weightBits: 1 } } })],
    [
      'layer "conv1" is given activationBits, but the image drives it',
      aware({ layers: { conv1: { activationBits: 3 } } }),
    ],
    [
      'the layers "layer2.0.conv1" (8), "layer2.0.shortcut.0" (the default, 4) are driven by one quantiser',
      aware({ layers: { "layer2.0.conv1": { activationBits: 8 } } }, residual),
    ],
  ])("%s", (message, make) => {
    expect(make).toThrow(message);
  });
});
