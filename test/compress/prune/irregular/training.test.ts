import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type IrregularPruningOptions, irregularPruning } from "../../../../src/compress/prune/index.js";
import { weightLayers, weightZeros, zeroWeights } from "../../../../src/compress/prune/weight-masks.js";
import { split } from "../../../../src/data/subsets.js";
import { InputError, InterruptedError } from "../../../../src/errors.js";
import type { Graph } from "../../../../src/graph/types.js";
import { randomFor } from "../../../../src/random.js";
import { openRuntime } from "../../../../src/runtime/open.js";
import type { Runtime } from "../../../../src/runtime/types.js";
import { batchSource, validationSource } from "../../../../src/train/batch-stream.js";
import { type TrainOptions, train } from "../../../../src/train/loop.js";
import type { OptimizerOptions } from "../../../../src/train/optimizers.js";
import { combine, type LoopAddition } from "../../../../src/train/stage.js";
import { contentOf, lamps, memoryStore, normalization, tinyNetwork } from "../../../train/support.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const { training, validation } = split(lamps(60, 1), { validation: 20, random: randomFor(1, "validation") });
const network = tinyNetwork(5, true);
/** 54 weights of the convolution and 108 of the dense layer. */
const layers = weightLayers(network);
const all = 162;
const pruning: IrregularPruningOptions = {
  sparsity: 0.9,
  schedule: { kind: "cubic", begin: 1, end: 7, every: 3 },
};

const options = (
  changes: Partial<TrainOptions> = {},
  more: Partial<IrregularPruningOptions> = {},
): TrainOptions => ({
  graph: network,
  stage: "pruned",
  steps: 10,
  interval: 1,
  batches: batchSource({ dataset: training, normalization, batch: 8, seed: 3, stage: "pruned" }),
  validation: null,
  schedule: { kind: "constant", rate: 0.05 },
  optimizer: { kind: "sgd", momentum: 0.9, nesterov: true },
  weightDecay: { rate: 1e-2 },
  addition: irregularPruning(changes.graph ?? network, { ...pruning, ...more }),
  runtime,
  ...changes,
});

const zeros = (graph: Graph): number[] => weightZeros(graph, layers).map((layer) => layer.zeros);
const total = (graph: Graph): number => zeros(graph).reduce((a, b) => a + b, 0);

test.each<[string, OptimizerOptions]>([
  ["SGD with Nesterov's momentum", { kind: "sgd", momentum: 0.9, nesterov: true }],
  ["Adam", { kind: "adam" }],
])(
  "the sparsity follows the schedule to the weight, and stays to the end, with %s",
  async (_name, optimizer) => {
    const { graph, curve } = await train(options({ optimizer }));
    const recorded = curve.points.map(
      ({ record }) => record["weights"] as { zeros: number; weights: number },
    );
    // At steps 1, 4 and 7 the share is 0, 0.9 · (1 − 1/8) and 0.9; nothing changes between.
    const wanted = [0, 0.9 * 0.875, 0.9].map((share) => Math.round(share * all));
    expect(recorded.map((point) => point.zeros)).toEqual(
      [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2].map((at) => wanted[at]),
    );
    expect(recorded.every(({ weights }) => weights === all)).toBe(true);
    expect(total(graph)).toBe(146);
    // What biases and batch normalisation have is not pruned, and everything that is left was trained.
    for (const [name, { data, shape }] of graph.initializers)
      if (shape.length === 1)
        expect(
          data.every((value) => value !== 0),
          name,
        ).toBe(true);
    for (const [l, { weight }] of layers.entries()) {
      const now = graph.initializers.get(weight)!.data;
      const before = network.initializers.get(weight)!.data;
      expect(zeroWeights(graph, layers)[l]!.every((zero, i) => zero === 1 || now[i] !== before[i])).toBe(
        true,
      );
    }
  },
);

test("what goes is what is smallest at that step; all that was zero stays zero", async () => {
  const seen: Graph[] = [];
  const watch: LoopAddition = {
    controller: {
      initial: null,
      feeds: () => ({}),
      look: (state, { graph }) => {
        seen.push(graph);
        return { state, record: {} };
      },
    },
  };
  const addition = combine([irregularPruning(network, pruning), watch]);
  await train(options({ addition }));
  for (let step = 1; step <= 10; step++)
    for (const [l, { weight }] of layers.entries()) {
      const [before, now] = [seen[step - 1]!, seen[step]!].map((net) => net.initializers.get(weight)!.data);
      expect(
        before!.every((w, i) => w !== 0 || now![i] === 0),
        `step ${step} of layer ${l}`,
      ).toBe(true);
    }
  const magnitudes = layers.flatMap(({ weight }) =>
    [...seen[4]!.initializers.get(weight)!.data].map(Math.abs),
  );
  expect(magnitudes.filter((w) => w === 0)).toHaveLength(Math.round(0.9 * 0.875 * all));
});

test("globally layers lose what is smallest, by layer they lose the same share, and shares of their own hold", async () => {
  const once = { schedule: { kind: "one-shot", begin: 0, end: 0, every: 1 } } as const;
  const start = (more: Partial<IrregularPruningOptions>) =>
    train(options({ steps: 1 }, { ...once, sparsity: 0.5, ...more }));
  const globally = await start({});
  const byLayer = await start({ scope: "layer" });
  const own = await start({ layers: { conv: 0 } });
  const scaled = await start({ normalize: "layer" });
  for (const { graph } of [globally, byLayer, own, scaled]) expect(total(graph)).toBe(81);
  expect(zeros(byLayer.graph)).toEqual([27, 54]);
  expect(zeros(own.graph)).toEqual([0, 81]);
  // He's initialisation: the layer with fewer inputs has the larger weights.
  expect(zeros(globally.graph)[0]).toBeLessThan(27);
  expect(Math.abs(zeros(scaled.graph)[0]! - 27)).toBeLessThan(27 - zeros(globally.graph)[0]!);
});

test("stopped after each step and resumed: the same bytes", async () => {
  const short = { steps: 6, interval: 2 } as const;
  const more = { schedule: { kind: "linear", begin: 0, end: 5, every: 2 } } as const;
  const straight = contentOf(await train(options(short, more)));
  for (let stop = 0; stop < 6; stop++) {
    const { store } = memoryStore();
    const abort = new AbortController();
    if (stop === 0) abort.abort();
    const stopped = train(
      options(
        {
          ...short,
          store,
          checkpointEvery: 1,
          signal: abort.signal,
          onProgress: ({ step }) => {
            if (step === stop) abort.abort();
          },
        },
        more,
      ),
    );
    await expect(stopped).rejects.toThrow(InterruptedError);
    expect(contentOf(await train(options({ ...short, store }, more))), `after step ${stop}`).toEqual(
      straight,
    );
  }
});

test("a checkpoint of another schedule is refused", async () => {
  const { store } = memoryStore();
  const abort = new AbortController();
  abort.abort();
  await expect(train(options({ store, signal: abort.signal }))).rejects.toThrow(InterruptedError);
  const other = train(options({ store }, { sparsity: 0.8 }));
  await expect(other).rejects.toThrow(
    "memory.bin is the checkpoint of another training: not the same changes between steps",
  );
});

test("a network that is not sparse yet is never selected as the best", async () => {
  const { step, graph, curve } = await train(
    options({ select: "best", validation: validationSource(validation, normalization, 20) }),
  );
  const accuracies = curve.points.map((point) => point.validation!.accuracy);
  const sparse = accuracies.slice(7);
  expect(step).toBe(7 + sparse.indexOf(Math.max(...sparse)));
  expect(total(graph)).toBe(146);
});

test("a schedule in epochs: five steps are one", async () => {
  const inEpochs = { epochs: true, schedule: { kind: "linear", begin: 0, end: 1, every: 5 } } as const;
  const { curve } = await train(options({ steps: 6 }, inEpochs));
  const counts = curve.points.map(({ record }) => (record["weights"] as { zeros: number }).zeros);
  expect(counts).toEqual([0, 0, 0, 0, 0, 146, 146]);
});

test("a second stage goes on from the zeros that are there", async () => {
  const first = await train(options({}, { sparsity: 0.5 }));
  const { curve, graph } = await train(options({ graph: first.graph }));
  const counts = curve.points.map(({ record }) => (record["weights"] as { zeros: number }).zeros);
  expect([counts[0], counts[1]]).toEqual([81, 81]);
  expect(total(graph)).toBe(146);
  const [before, after] = [first.graph, graph].map((net) => zeroWeights(net, layers));
  expect(before!.every((zero, l) => zero.every((one, i) => one <= after![l]![i]!))).toBe(true);
});

describe("is refused", () => {
  const withWeight = (value: number): Graph => {
    const net = tinyNetwork(5, true);
    net.initializers.get("dense.weight")!.data[3] = value;
    return net;
  };
  test.each<[string, () => LoopAddition, string]>([
    [
      "a weight that is no number",
      () => irregularPruning(withWeight(Number.NaN), pruning),
      'weight 3 of layer "dense" is NaN',
    ],
    [
      "an infinite one",
      () => irregularPruning(withWeight(Number.POSITIVE_INFINITY), pruning),
      'weight 3 of layer "dense" is Infinity',
    ],
    [
      "a sparsity that leaves no layer whole",
      () => irregularPruning(network, { ...pruning, sparsity: 0.999 }),
      "a sparsity of 0.999 is 162 of 162 weights, of which 160 may go",
    ],
    [
      "a layer that is none",
      () => irregularPruning(network, { ...pruning, layers: { convv: 0.2 } }),
      'a share of irregular pruning is given for "convv"',
    ],
    [
      "an initial share above the final one",
      () => irregularPruning(network, { ...pruning, initial: 0.95 }),
      "the initial sparsity is 0.95",
    ],
    [
      "another normalisation",
      () => irregularPruning(network, { ...pruning, normalize: "mean" as "layer" }),
      'the ranking is normalised by "mean"',
    ],
  ])("%s", (_name, make, message) => {
    expect(make).toThrow(InputError);
    expect(make).toThrow(message);
  });

  test("a schedule that is longer than the stage, before anything is trained", async () => {
    await expect(train(options({ steps: 6 }))).rejects.toThrow("end of the sparsity schedule is 7");
  });
});
