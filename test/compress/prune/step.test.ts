import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { groupLasso, multiGroupLasso } from "../../../src/compress/prune/lasso.js";
import { groupedLayers } from "../../../src/compress/prune/layers.js";
import { normsOf, penaltyGradient, thresholdsOf } from "../../../src/compress/prune/reference.js";
import { evaluateGraph } from "../../../src/graph/evaluate.js";
import { verify } from "../../../src/graph/verify.js";
import { exportOnnx } from "../../../src/onnx/export.js";
import { openRuntime } from "../../../src/runtime/open.js";
import type { Runtime } from "../../../src/runtime/types.js";
import { f32, type Tensor, tensor } from "../../../src/tensor.js";
import type { LoopAddition } from "../../../src/train/stage.js";
import { trainingStep } from "../../../src/train/step.js";
import { randomTensor } from "../../graph/build.js";
import { quantized, smallNetwork } from "../../train/networks.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

// 18 and 36 rows in bands of 5, the last one shorter.
const net = quantized(smallNetwork(3));
const layers = groupedLayers(net, { groupRows: 5, arrayRows: 10 });
const rate = 0.05;

function stepOf({ penalties, afterUpdate, controller }: LoopAddition) {
  const step = trainingStep(net, {
    batch: 4,
    optimizer: { kind: "sgd" },
    ...(penalties ? { penalties } : {}),
    ...(afterUpdate ? { afterUpdate } : {}),
  });
  const feeds = new Map<string, Tensor>([
    ...step.state.map(({ input, initial }) => [input, initial] as const),
    ...Object.entries(controller?.feeds(controller.initial) ?? {}),
    [step.inputs.images, randomTensor([4, 2, 9, 7], 20)],
    [step.inputs.labels, tensor("i32", [4], Int32Array.of(0, 2, 1, 1))],
    [step.inputs.rate, f32([], [rate])],
  ]);
  return { step, feeds };
}

const additions: readonly (readonly [string, LoopAddition])[] = [
  ["plain", groupLasso(layers, { lambda: 0.1 })],
  ["detached", multiGroupLasso(layers, { lambda: 0.1, clip: 0.9 })],
  ["through", multiGroupLasso(layers, { lambda: 0.1, clip: 0.9, deltaGradient: "through" })],
  ["surviving", multiGroupLasso(layers, { lambda: 0.1, clip: 0.9, mean: "surviving" })],
  ["plain proximal", groupLasso(layers, { lambda: 4, update: "proximal" })],
  ["proximal", multiGroupLasso(layers, { lambda: 4, clip: 0.9, update: "proximal" })],
];

test.each(additions)("%s: ONNX Runtime's step is the reference's", async (_name, addition) => {
  const { step, feeds } = stepOf(addition);
  const ours = evaluateGraph(verify(step.graph), feeds);
  const session = await runtime.load(exportOnnx(step.graph), { keepQuantizers: true });
  const theirs = await session.run(Object.fromEntries(feeds));
  await session.dispose();
  for (const [name, { data }] of ours)
    for (const [at, value] of data.entries())
      expect(Math.abs(theirs[name]!.data[at]! - value), name).toBeLessThan(2e-5 * (1 + Math.abs(value)));
});

describe("in a whole step", () => {
  const plain = stepOf({});
  const without = evaluateGraph(plain.step.graph, plain.feeds);
  const difference = (addition: LoopAddition, weight: string): number[] => {
    const { step, feeds } = stepOf(addition);
    const made = evaluateGraph(step.graph, feeds).get(`${weight}/next`)!.data;
    return Array.from(made, (w, i) => (without.get(`${weight}/next`)!.data[i]! - w) / rate);
  };

  test.each([
    ["detached", undefined],
    ["through", 0.9],
  ] as const)("the weights get the penalty's gradient besides the loss's, %s", (deltaGradient, through) => {
    const addition = multiGroupLasso(layers, { lambda: 0.1, clip: 0.9, deltaGradient });
    for (const layer of layers) {
      const { data } = net.initializers.get(layer.weight)!;
      const deltas = thresholdsOf(normsOf(data, layer), layer, { clip: 0.9 });
      const wanted = penaltyGradient(data, layer, [0.1, 0.1], deltas, through);
      for (const [i, made] of difference(addition, layer.weight).entries())
        expect(made).toBeCloseTo(wanted[i]!, 4);
    }
    expect(difference(addition, "conv1.weight").every((d) => d === 0)).toBe(true);
  });

  test("a proximal step zeroes groups where the subgradient does not", () => {
    const { step, feeds } = stepOf(groupLasso(layers, { lambda: 4, update: "proximal" }));
    const made = evaluateGraph(step.graph, feeds);
    const zeros = (values: ReadonlyMap<string, Tensor>) =>
      layers.flatMap((layer) =>
        [...normsOf(values.get(`${layer.weight}/next`)!.data, layer)].filter((n) => n === 0),
      );
    expect(zeros(made).length).toBeGreaterThan(3);
    expect(zeros(without)).toEqual([]);
  });
});
