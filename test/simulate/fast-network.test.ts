import { expect, test } from "vitest";
import { supportedVariants } from "../../src/array/simd/module.js";
import { tableKernel } from "../../src/array/tables.js";
import { type GraphRunner, quantizePostTraining } from "../../src/compress/quantize/post-training.js";
import { evaluateGraph } from "../../src/graph/evaluate.js";
import type { CompressedModel, Node, WindowAttributes } from "../../src/graph/types.js";
import { meng2021 } from "../../src/hardware/presets/meng2021.js";
import type { HardwareSpec } from "../../src/hardware/types.js";
import { place } from "../../src/mapping/place.js";
import type { Placement } from "../../src/mapping/types.js";
import { lenet5 } from "../../src/models/index.js";
import { withSimulationThreads } from "../../src/node/simulation.js";
import { createRandom } from "../../src/random.js";
import { openRuntime } from "../../src/runtime/open.js";
import { type AdcRanges, calibrate, sharedTables, simulate } from "../../src/simulate/index.js";
import { type ChunkResult, Simulator } from "../../src/simulate/simulator.js";
import { elementCount, f32, type Tensor, tensor } from "../../src/tensor.js";
import { withData } from "../support/data.js";
import { images, quantizedResnet20 } from "../support/resnet20.js";

const random = createRandom(3);
const normal = (shape: readonly number[], scale = 1): Tensor<"f32"> =>
  f32(
    shape,
    Array.from({ length: elementCount(shape) }, () => scale * random.normal()),
  );

/** Logits bit for bit, and the counts of driven rows. */
function expectSame(actual: ChunkResult, expected: ChunkResult): void {
  expect(actual.logits.length).toBe(expected.logits.length);
  const differ = expected.logits.findIndex((value, i) => !Object.is(value, actual.logits[i]));
  expect(differ).toBe(-1);
  expect(actual.ones).toEqual(expected.ones);
}

function expectFastEqualsPlain(placed: Placement, ranges: AdcRanges | null, input: Tensor): void {
  const expected = new Simulator(placed, ranges, tableKernel).run(input);
  expect(new Set(expected.logits).size).toBeGreaterThan(2);
  for (const variant of supportedVariants()) {
    const simulator = new Simulator(placed, ranges, undefined, { variant });
    expect(simulator.fastNetwork()).not.toBeNull();
    expectSame(simulator.run(input), expected);
    // Once more, on memory that has been used.
    expectSame(simulator.run(input), expected);
  }
}

const batchOf = ({ shape, data }: Tensor<"f32">) => ({
  shape,
  data,
  labels: new Uint8Array(shape[0]!),
});

const chip = (overrides: Partial<HardwareSpec["encoding"]> = {}, adcBits: number | null = 5) => ({
  ...meng2021,
  adc: { ...meng2021.adc, bits: adcBits },
  encoding: { ...meng2021.encoding, ...overrides },
});

const sliced = (hardware: HardwareSpec, inputSliceBits: number): HardwareSpec => ({
  ...hardware,
  array: { ...hardware.array, inputSliceBits },
});

const runner: GraphRunner = async (graph, use) =>
  use(async ({ shape, data }) =>
    evaluateGraph(graph, new Map([[graph.inputs[0]!.name, tensor("f32", shape, data)]])),
  );

const bits = { weightRange: "mse", activationRange: "mse", groupRows: null } as const;

test("LeNet-5 with fresh weights: pooling before and behind quantisers, dense layers", async () => {
  const training = normal([4, 1, 28, 28]);
  const model = await quantizePostTraining(lenet5(createRandom(1)), [batchOf(training)], runner, {
    ...bits,
    weightBits: 4,
    activationBits: 4,
    inputBits: 8,
  });
  for (const hardware of [chip(), chip({ sign: "pairedColumns" }), chip({ offsetBy: "dummyColumn" }, 7)]) {
    const placed = place(model, hardware);
    expectFastEqualsPlain(placed, await calibrate(placed, [batchOf(training)]), normal([3, 1, 28, 28]));
  }
});

/** A layer's weights as codes times their scale. */
const codes = (shape: readonly number[], limit: number, scale: number): Tensor<"f32"> =>
  f32(
    shape,
    Array.from({ length: elementCount(shape) }, () => Math.fround(random.integer(-limit, limit) * scale)),
  );

const windowOf = (kernel: [number, number], rest: Partial<WindowAttributes> = {}): WindowAttributes => ({
  kernel,
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  ...rest,
});

/**
 * Odd everything: signed input codes, a grouped and dilated convolution with uneven pads, a residual that is no code,
 * one that is moved and padded, pooling that hangs over, means of unquantised values.
 */
function oddNetwork(): CompressedModel {
  const [weightScale, weightBits] = [2 ** -4 + 0.001, 5];
  const quantizers = {
    image: { bits: 6, scale: 0.11, zeroPoint: 29 },
    a: { bits: 3, scale: 0.37, zeroPoint: 0 },
    b: { bits: 5, scale: 0.21, zeroPoint: 9 },
    c: { bits: 4, scale: 0.17, zeroPoint: 0 },
  };
  const quantize = (from: keyof typeof quantizers, input: string = from): Node => ({
    op: "FakeQuantize",
    name: `quantize ${from}`,
    inputs: [input],
    outputs: [`${from}/q`],
    attributes: quantizers[from],
  });
  const node = (op: Node["op"], inputs: string[], output: string, attributes: object = {}): Node =>
    ({ op, name: output, inputs, outputs: [output], attributes }) as Node;
  const norm = ["gain", "shift", "mean", "variance"];
  const nodes: Node[] = [
    quantize("image"),
    node("Conv", ["image/q", "w1", "b1"], "y1", { ...windowOf([3, 2], { pads: [1, 0, 2, 1] }), group: 1 }),
    node("Relu", ["y1"], "r1"),
    node("MaxPool", ["r1"], "p1", {
      ...windowOf([3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
      ceilMode: true,
    }),
    quantize("a", "p1"),
    node("Conv", ["a/q", "w2"], "y2", {
      ...windowOf([3, 3], { dilations: [2, 1], pads: [2, 1, 2, 1] }),
      group: 2,
    }),
    node("BatchNormalization", ["y2", ...norm], "n2", { epsilon: 1e-5 }),
    node("Add", ["a/q", "n2"], "s2"),
    quantize("b", "s2"),
    node("Conv", ["b/q", "w3", "b3"], "y3", { ...windowOf([1, 1], { strides: [2, 2] }), group: 1 }),
    node("Slice", ["b/q", "starts", "ends", "axes", "steps"], "cut"),
    node("Add", ["y3", "cut"], "s3"),
    node("Relu", ["s3"], "r3"),
    quantize("c", "r3"),
    node("Conv", ["c/q", "w3", "b3"], "y4", { ...windowOf([1, 1]), group: 1 }),
    node("Sigmoid", ["y4"], "g4"),
    node("Conv", ["c/q", "w3"], "y5", { ...windowOf([1, 1]), group: 1 }),
    node("Add", ["y5", "g4"], "s5"),
    node("Relu", ["s5"], "r5"),
    node("GlobalAveragePool", ["r5"], "means"),
    node("Flatten", ["means"], "logits", { axis: 1 }),
  ];
  const whole = (values: number[]): Tensor =>
    tensor("i64", [values.length], Float64Array.from(values) as never);
  const layer = (name: string, input: keyof typeof quantizers) => ({
    node: name,
    weightBits,
    weightScale,
    input: quantizers[input],
    groupRows: null,
  });
  return {
    graph: {
      name: "odd",
      inputs: [{ name: "image", type: { dtype: "f32", shape: ["n", 3, 11, 13] } }],
      outputs: ["logits"],
      nodes,
      initializers: new Map<string, Tensor>([
        ["w1", codes([8, 3, 3, 2], 15, weightScale)],
        ["b1", normal([8], 0.3)],
        ["w2", codes([8, 4, 3, 3], 15, weightScale)],
        ["w3", codes([8, 8, 1, 1], 15, weightScale)],
        ["b3", normal([8], 0.3)],
        ["gain", normal([8])],
        ["shift", normal([8])],
        ["mean", normal([8])],
        ["variance", f32([8], [0.3, 1, 2, 0.7, 1.5, 0.9, 1.1, 4])],
        ["starts", whole([0, 0])],
        ["ends", whole([7, 7])],
        ["axes", whole([2, 3])],
        ["steps", whole([2, 2])],
      ]),
    },
    layers: [layer("y1", "image"), layer("y2", "a"), layer("y3", "b"), layer("y4", "c"), layer("y5", "c")],
  };
}

test.each([
  ["digital offset", chip()],
  ["ideal converters", chip({}, null)],
  ["subtracted arrays", chip({ sign: "splitArrays" }, 8)],
  ["analog composition", chip({ compose: "analog", cellBits: 3 }, 9)],
  ["branches that err", chip({ compose: "analog", branchGainSigma: 0.03 }, 13)],
  ["the same, subtracted", chip({ compose: "analog", sign: "splitArrays", branchGainSigma: 0.03 }, 8)],
  ["the same, ideal converters", chip({ compose: "analog", branchGainSigma: 0.03 }, null)],
  ["inputs in slices of two bits", sliced(chip(), 2)],
  ["inputs in slices of three bits, dummy columns", sliced(chip({ offsetBy: "dummyColumn" }, 6), 3)],
  ["whole inputs at once, subtracted arrays", sliced(chip({ sign: "splitArrays" }, 8), 8)],
  ["uneven conductances", { ...chip(), device: { ...meng2021.device, cellModel: "conductance" as const } }],
])("a network of odd shapes and operators, %s", async (_, hardware) => {
  const model = oddNetwork();
  const placed = place(model, hardware);
  const training = batchOf(normal([3, 3, 11, 13], 2));
  const ranges = await calibrate(placed, [training]);
  const plain = await calibrate(placed, [training], { kernel: tableKernel });
  expect(ranges).toEqual(plain);
  expectFastEqualsPlain(placed, ranges, normal([5, 3, 11, 13], 2));
});

test("simulators that share tables take turns, and give what each gives alone", async () => {
  const placed = place(oddNetwork(), chip());
  const ranges = await calibrate(placed, [batchOf(normal([3, 3, 11, 13], 2))]);
  const tables = sharedTables(placed, ranges)!;
  const alone = new Simulator(placed, ranges);
  const together = [0, 1, 2].map(() => new Simulator(placed, ranges, undefined, { tables }));
  for (const count of [2, 5, 1, 8]) {
    const input = normal([count, 3, 11, 13], 2);
    const expected = alone.run(input);
    for (const simulator of together) expectSame(simulator.run(input), expected);
  }
  expect(tables.bytes).toBeGreaterThan(0);
  // What is left to each is work space and maps; the tables stand once.
  const { tableBytes } = alone.fastNetwork()!;
  for (const simulator of together)
    expect(simulator.fastNetwork()!.tableBytes).toBeLessThanOrEqual(tableBytes - tables.bytes + 65_536);
});

withData("trained ResNet-20", () => {
  test("logit for logit, with 144, 72 and 36 rows, even and uneven conductances", async () => {
    const runtime = await openRuntime({ threads: 2 });
    const model = await quantizedResnet20(runtime, 72);
    await runtime.close();
    const [training] = await images("train", 8);
    const [test] = await images("test", 8);
    for (const activeRows of [144, 72, 36]) {
      const hardware = { ...meng2021, array: { ...meng2021.array, activeRows } };
      const uneven = { ...hardware, device: { ...meng2021.device, cellModel: "conductance" as const } };
      for (const each of activeRows === 72 ? [hardware, uneven] : [hardware]) {
        const placed = place(model, each);
        const ranges = await calibrate(placed, [training!]);
        expectFastEqualsPlain(placed, ranges, tensor("f32", test!.shape, test!.data));
      }
    }
  });

  test("one thread and two give the same bytes", async () => {
    const runtime = await openRuntime({ threads: 2 });
    const placed = place(await quantizedResnet20(runtime, null), meng2021);
    await runtime.close();
    const ranges = await calibrate(placed, await images("train", 8));
    const test = await images("test", 100);
    const results = [];
    for (const threads of [1, 2]) {
      results.push(
        await withSimulationThreads({ placed, ranges }, { threads }, (mapChunks) =>
          simulate(placed, test, { ranges, mapChunks }),
        ),
      );
    }
    expect(results[0]).toEqual(results[1]);
    expect(results[0]!.accuracy).toBeGreaterThan(0.3);
  });
});
