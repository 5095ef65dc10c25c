import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import { evaluateGraph, type Graph, macs, parameterCount, print, verify } from "../../src/graph/index.js";
import {
  models,
  NetworkBuilder,
  prunableWeightCount,
  referenceModel,
  resnet20,
  vgg8,
} from "../../src/models/index.js";
import { createRandom } from "../../src/random.js";
import { elementCount, f32 } from "../../src/tensor.js";

const build = (name: string): Graph => referenceModel(name).build(createRandom(1));
const nodeNamed = (graph: Graph, name: string) => graph.nodes.find((node) => node.name === name);
const data = (graph: Graph, name: string) => graph.initializers.get(name)!.data;

describe("reference networks", () => {
  // Counted from the initializers, so that these do not depend on what the registry says of itself.
  const published = {
    "softmax-regression": { parameters: 7_850, prunable: 0 },
    "digits-cnn": { parameters: 33_338, prunable: 32_256 },
    lenet5: { parameters: 431_080, prunable: 0 },
    "resnet20-a": { parameters: 269_722, prunable: 267_264 },
    "resnet20-b": { parameters: 272_474, prunable: 267_264 },
    "resnet56-a": { parameters: 853_018, prunable: 847_872 },
    "resnet56-b": { parameters: 855_770, prunable: 847_872 },
    "resnet18-cifar": { parameters: 11_173_962, prunable: 10_985_472 },
    "resnet18-imagenet": { parameters: 11_689_512, prunable: 10_985_472 },
    alexnet: { parameters: 61_100_840, prunable: 2_138_112 },
    vgg8: { parameters: 12_978_058, prunable: 4_571_136 },
    "vgg16-cifar": { parameters: 14_724_042, prunable: 14_708_736 },
    "vgg16-imagenet": { parameters: 138_357_544, prunable: 14_708_736 },
  };

  test("the registry has these and no other", () => {
    expect(Object.keys(models)).toEqual(Object.keys(published));
  });

  test.each(Object.entries(published))("%s has its published number of parameters", (name, expected) => {
    const graph = build(name);
    expect(parameterCount(graph)).toBe(expected.parameters);
    expect(models[name]!.parameters).toBe(expected.parameters);
    expect(prunableWeightCount(graph)).toBe(expected.prunable);
    expect(graph.name).toBe(name);
    expect(graph.inputs).toEqual([
      { name: "image", type: { dtype: "f32", shape: ["batch", ...models[name]!.input] } },
    ]);
    expect(graph.outputs).toEqual(["logits"]);
  });

  test("the README names each with its count", () => {
    const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
    const row = (name: string) =>
      readme.split("\n").find((line) => line.startsWith("|") && line.includes(`\`${name}\``));
    for (const [name, { parameters }] of Object.entries(models))
      expect([name, row(name)]).toEqual([name, expect.stringContaining(parameters.toLocaleString("en-US"))]);
  });

  test("VGG-8's convolutions and neurons have the 12,973,440 weights that the paper counts", () => {
    const graph = vgg8(createRandom(1));
    const weights = graph.nodes.filter(({ op }) => op === "Conv" || op === "Gemm").map((n) => n.inputs[1]!);
    const sizes = weights.map((name) => elementCount(graph.initializers.get(name)!.shape));
    expect(sizes).toEqual([3456, 147456, 294912, 589824, 1179648, 2359296, 8388608, 10240]);
    expect(sizes.reduce((a, b) => a + b)).toBe(12_973_440);
  });

  test("parameters are named as PyTorch names them", () => {
    const names = [...build("resnet20-b").initializers.keys()];
    expect(names.slice(0, 6)).toEqual([
      "conv1.weight",
      "bn1.weight",
      "bn1.bias",
      "bn1.running_mean",
      "bn1.running_var",
      "layer1.0.conv1.weight",
    ]);
    expect(names).toContain("layer2.0.shortcut.0.weight");
    expect(names.slice(-2)).toEqual(["linear.weight", "linear.bias"]);
    expect([...build("resnet18-imagenet").initializers.keys()]).toContain("layer4.0.downsample.0.weight");
    // torchvision's vgg16: the last convolution is the module features.28, the last layer classifier.6.
    const vgg = build("vgg16-imagenet");
    expect(nodeNamed(vgg, "features.28")?.op).toBe("Conv");
    expect(vgg.initializers.get("features.28.weight")!.shape).toEqual([512, 512, 3, 3]);
    expect(vgg.initializers.get("classifier.0.weight")!.shape).toEqual([4096, 25088]);
    expect(vgg.initializers.get("classifier.6.weight")!.shape).toEqual([1000, 4096]);
  });

  // Multiply-accumulates per image, by hand from the papers' tables; ResNet-18's and VGG-16's are torchvision's.
  test.each([
    ["digits-cnn", 1_001_152],
    ["lenet5", 2_293_000],
    ["resnet20-a", 40_551_040],
    ["resnet20-b", 40_813_184],
    ["resnet18-imagenet", 1_814_073_344],
    ["alexnet", 714_188_480],
    ["vgg16-imagenet", 15_470_264_320],
  ])("%s multiplies and adds %i times", (name, expected) => {
    expect(macs(build(name))).toBe(expected);
  });

  test.each(Object.keys(models))("%s is sound, and needs every initializer that it has", (name) => {
    const graph = verify(build(name));
    const used = new Set(graph.nodes.flatMap((node) => node.inputs));
    expect([...graph.initializers.keys()].filter((key) => !used.has(key))).toEqual([]);
    expect(print(graph)).toContain(`logits:f32[batch,${models[name]!.classes}] = Gemm`);
  });

  test("LeNet-5 prints as the paper draws it", () => {
    expect(
      print(build("lenet5"))
        .split("\n")
        .filter((line) => line.includes(" = ")),
    ).toMatchInlineSnapshot(`
      [
        "conv1:f32[batch,20,24,24] = Conv image conv1.weight conv1.bias",
        "relu1:f32[batch,20,24,24] = Relu conv1",
        "pool1:f32[batch,20,12,12] = MaxPool relu1 { kernel: [2,2], strides: [2,2] }",
        "conv2:f32[batch,50,8,8] = Conv pool1 conv2.weight conv2.bias",
        "relu2:f32[batch,50,8,8] = Relu conv2",
        "pool2:f32[batch,50,4,4] = MaxPool relu2 { kernel: [2,2], strides: [2,2] }",
        "flatten:f32[batch,800] = Flatten pool2",
        "fc1:f32[batch,500] = Gemm flatten fc1.weight fc1.bias { transB: true }",
        "relu3:f32[batch,500] = Relu fc1",
        "logits:f32[batch,10] = Gemm relu3 fc2.weight fc2.bias { transB: true }",
      ]
    `);
  });
});

describe("shortcut A", () => {
  const graph = resnet20({ shortcut: "A" }, createRandom(1));

  test("takes every second pixel and puts half of the new channels on each side", () => {
    const slice = nodeNamed(graph, "layer2.0.shortcut.slice")!;
    expect(slice.op).toBe("Slice");
    expect(slice.inputs.slice(1).map((name) => [...data(graph, name)])).toEqual([
      [0, 0],
      [32, 32],
      [2, 3],
      [2, 2],
    ]);
    const pad = nodeNamed(graph, "layer3.0.shortcut.pad")!;
    expect([...data(graph, pad.inputs[1]!)]).toEqual([0, 16, 0, 0, 0, 16, 0, 0]);
    expect([...data(graph, pad.inputs[2]!)]).toEqual([0]);
  });

  test("computes just that", () => {
    const net = new NetworkBuilder("tiny", [2, 3, 3], createRandom(1));
    const small = net.subsample("slice", net.image, 2);
    const shortcut = net.build(net.padChannels("pad", small, 1, 2));
    const image = f32([1, 2, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(evaluateGraph(shortcut, new Map([["image", image]])).get("pad")).toEqual(
      f32([1, 5, 2, 2], [0, 0, 0, 0, 1, 3, 7, 9, 11, 13, 17, 19, 0, 0, 0, 0, 0, 0, 0, 0]),
    );
  });

  test("stands only where the size changes", () => {
    const pads = graph.nodes.filter(({ op }) => op === "Pad").map((node) => node.name);
    expect(pads).toEqual(["layer2.0.shortcut.pad", "layer3.0.shortcut.pad"]);
  });
});

describe("fresh weights", () => {
  test("are normal with variance 2 / fan-in", () => {
    const weight = Float64Array.from(data(build("resnet18-cifar"), "layer4.0.conv2.weight"));
    const n = weight.length;
    const scale = Math.sqrt(2 / (512 * 9));
    const moment = (k: number) => weight.reduce((sum, w) => sum + (w / scale) ** k, 0) / n;
    // Standard errors with 2.36 million draws: 0.0007, 0.0009 and, for the fourth moment of a normal, 0.0064.
    expect(Math.abs(moment(1))).toBeLessThan(0.004);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.005);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.035);
    let successive = 0;
    for (let i = 1; i < n; i++) successive += (weight[i - 1]! * weight[i]!) / scale ** 2 / n;
    expect(Math.abs(successive)).toBeLessThan(0.004);
  });

  test("fill tensors of odd length to the end", () => {
    const net = new NetworkBuilder("odd", [1, 3, 3], createRandom(3));
    const graph = net.build(net.conv("conv", net.image, 1, { kernel: 3 }));
    expect([...data(graph, "conv.weight")].every((w) => w !== 0)).toBe(true);
  });

  test("are the same for the same seed, others for another, and differ from layer to layer", () => {
    const weights = (seed: number) =>
      data(referenceModel("resnet20-a").build(createRandom(seed)), "conv1.weight");
    expect(weights(7)).toEqual(weights(7));
    expect(weights(7)).not.toEqual(weights(8));
    const graph = build("resnet20-a");
    expect(data(graph, "layer1.0.conv1.weight")).not.toEqual(data(graph, "layer1.0.conv2.weight"));
  });

  test("leave batch normalisation as the identity", () => {
    const graph = build("resnet20-a");
    const values = ["weight", "bias", "running_mean", "running_var"].map(
      (field) => new Set(data(graph, `layer3.2.bn2.${field}`)),
    );
    expect(values).toEqual([new Set([1]), new Set([0]), new Set([0]), new Set([1])]);
  });
});

describe("the builder", () => {
  test("refuses a second value of the same name", () => {
    const net = new NetworkBuilder("twice", [1, 4, 4], createRandom(1));
    net.relu("relu", net.image);
    expect(() => net.relu("relu", net.image)).toThrow("internal: two values named relu in twice");
  });

  test("refuses to add values of different shapes", () => {
    const net = new NetworkBuilder("shapes", [1, 4, 4], createRandom(1));
    expect(() => net.add("add", net.image, net.maxPool("pool", net.image, 2))).toThrow(
      "internal: add adds [1,4,4] and [1,2,2]",
    );
  });
});

test("an unknown name is refused with the nearest one", () => {
  expect(() => referenceModel("resnet20a")).toThrow(InputError);
  expect(() => referenceModel("resnet20a")).toThrow('model is "resnet20a", which is no reference network');
  try {
    referenceModel("toString");
    expect.unreachable();
  } catch (error) {
    expect((error as InputError).hint).toMatch(
      /^the reference networks are softmax-regression, digits-cnn, lenet5/,
    );
  }
});
