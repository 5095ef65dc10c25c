import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { abs, mul, total } from "../../src/autodiff/index.js";
import { batches } from "../../src/data/batches.js";
import { split } from "../../src/data/subsets.js";
import { InputError, InterruptedError } from "../../src/errors.js";
import { exportOnnx } from "../../src/onnx/export.js";
import { randomFor } from "../../src/random.js";
import { classify } from "../../src/runtime/evaluate.js";
import { openRuntime } from "../../src/runtime/open.js";
import type { Runtime } from "../../src/runtime/types.js";
import { f32, tensor } from "../../src/tensor.js";
import { batchMaker, batchSource, validationSource } from "../../src/train/batch-stream.js";
import { type TrainOptions, train } from "../../src/train/loop.js";
import { schedule } from "../../src/train/schedule.js";
import type { LoopAddition } from "../../src/train/stage.js";
import { trainingStep, withInitializers } from "../../src/train/step.js";
import { quantized } from "./networks.js";
import { contentOf, lamps, memoryStore, normalization, referenceRuntime, tinyNetwork } from "./support.js";

let ort: Runtime;
beforeAll(async () => {
  ort = await openRuntime({ threads: 1 });
});
afterAll(() => ort.close());

const { training, validation } = split(lamps(60, 1), {
  validation: 21,
  random: randomFor(1, "validation"),
});
const sgd = { kind: "sgd", momentum: 0.9, nesterov: true } as const;

/** A lambda that follows the weights' size, and a penalty with it. */
const lasso: LoopAddition = {
  penalties: {
    lasso: ({ parameter, input }) => mul(total(abs(parameter("conv.weight"))), input("lambda", [])),
  },
  controller: {
    initial: { lambda: 0.001, looks: 0 },
    feeds: (state) => ({ lambda: f32([], [(state as { lambda: number }).lambda]) }),
    look: (state, { graph, step }) => {
      let size = 0;
      for (const w of graph.initializers.get("conv.weight")!.data) size += Math.abs(w);
      const { looks } = state as { looks: number };
      return { state: { lambda: 1e-4 * size, looks: looks + 1 }, record: { size, step } };
    },
  },
};

const plan = {
  dataset: training,
  normalization,
  batch: 8,
  augmentation: { flip: 0.5, crop: 1 },
  seed: 3,
  stage: "test",
};

const options = (changes: Partial<TrainOptions> = {}): TrainOptions => ({
  graph: tinyNetwork(5, true),
  stage: "test",
  steps: 13,
  interval: 4,
  batches: batchSource(plan),
  validation: validationSource(validation, normalization, 10),
  schedule: { kind: "cosine", rate: 0.1, steps: 13, warmUp: 2 },
  optimizer: sgd,
  weightDecay: { rate: 1e-3 },
  addition: lasso,
  runtime: ort,
  select: "best",
  ...changes,
});

test("is the steps one after another, and the looks between them", async () => {
  const { graph, curve, step } = await train(options({ select: "last", steps: 6, interval: 4 }));
  const { controller, ...parts } = lasso;
  const made = trainingStep(options().graph, {
    batch: 8,
    optimizer: sgd,
    weightDecay: { rate: 1e-3 },
    ...parts,
  });
  const session = await ort.load(exportOnnx(made.graph), { keepQuantizers: true });
  const batchOf = batchMaker(plan);
  const rate = schedule(options().schedule);
  let state = Object.fromEntries(made.state.map(({ input, initial }) => [input, initial]));
  let looked = controller!.look(controller!.initial, { step: 0, steps: 6, graph: options().graph });
  const losses: number[] = [];
  const corrects: number[] = [];
  for (let s = 0; s < 6; s++) {
    const { shape, data, labels } = batchOf(s);
    const out = await session.run({
      ...state,
      ...controller!.feeds(looked.state),
      [made.inputs.images]: tensor("f32", shape, data),
      [made.inputs.labels]: tensor("i32", [8], Int32Array.from(labels)),
      [made.inputs.rate]: f32([], [rate(s)]),
    });
    state = Object.fromEntries(made.state.map(({ input, output }) => [input, out[output]!]));
    losses.push(out[made.outputs.loss]!.data[0]!);
    corrects.push(out[made.outputs.correct]!.data[0]!);
    const now = withInitializers(options().graph, new Map(Object.entries(state)));
    if (s === 3) looked = controller!.look(looked.state, { step: 4, steps: 6, graph: now });
  }
  const trained = withInitializers(options().graph, new Map(Object.entries(state)));
  expect(graph.initializers).toEqual(trained.initializers);
  expect(step).toBe(6);
  expect(curve.stage).toBe("test");
  expect(curve.points.map((point) => point.step)).toEqual([0, 4, 6]);
  expect(curve.points.map((point) => point.epoch)).toEqual([0, 1, 1.5]);
  expect(curve.points.map((point) => point.rate)).toEqual([rate(0), rate(3), rate(5)]);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(curve.points.map((point) => point.loss)).toEqual([
    null,
    mean(losses.slice(0, 4)),
    mean(losses.slice(4)),
  ]);
  expect(curve.points[2]!.accuracy).toBe((corrects[4]! + corrects[5]!) / 16);
  expect(curve.points[0]!.penalties).toEqual({});
  expect(curve.points[1]!.penalties["lasso"]).toBeGreaterThan(0);
  expect(curve.points[1]!.record).toEqual(looked.record);
  await session.dispose();

  const last = await ort.load(exportOnnx(trained));
  const { accuracy, logits } = await classify(last, batches(validation, normalization, { size: 7 }));
  const loss = Array.from(validation.labels, (label, i) => {
    const own = logits.subarray(3 * i, 3 * i + 3);
    return Math.log(own.reduce((sum, x) => sum + Math.exp(x), 0)) - own[label]!;
  });
  expect(curve.points[2]!.validation!.accuracy).toBe(accuracy);
  expect(curve.points[2]!.validation!.loss).toBeCloseTo(mean(loss), 5);
  await last.dispose();
});

test("learns, and gives the best network of all looks, the earlier of equals", async () => {
  const { graph, curve, step } = await train(
    options({ steps: 60, interval: 4, schedule: { kind: "constant", rate: 0.1 } }),
  );
  const accuracies = curve.points.map((point) => point.validation!.accuracy);
  expect(Math.max(...accuracies)).toBeGreaterThan(0.85);
  expect(accuracies[0]).toBeLessThan(0.7);
  const best = accuracies.indexOf(Math.max(...accuracies));
  expect(step).toBe(curve.points[best]!.step);
  const session = await ort.load(exportOnnx(graph));
  const { accuracy } = await classify(session, batches(validation, normalization, { size: 10 }));
  expect(accuracy).toBe(accuracies[best]);
  await session.dispose();
});

test("tells running means after every step, and never reads validation images without a source", async () => {
  const seen: string[] = [];
  const { curve } = await train(
    options({
      steps: 5,
      interval: 3,
      validation: null,
      select: "last",
      onProgress: ({ step, steps, loss, accuracy }) => {
        seen.push(`${step}/${steps}`);
        expect(loss).toBeGreaterThan(0);
        expect(accuracy >= 0 && accuracy <= 1).toBe(true);
      },
    }),
  );
  expect(seen).toEqual(["1/5", "2/5", "3/5", "4/5", "5/5"]);
  expect(curve.points.map((point) => point.validation)).toEqual([null, null, null]);
});

test("without an interval it looks after every pass, and at the end", async () => {
  const { interval: _, ...rest } = options({ steps: 9, validation: null, select: "last" });
  const { curve } = await train(rest);
  expect(curve.points.map((point) => point.epoch)).toEqual([0, 1, 2, 2.25]);
});

describe.each([
  ["ONNX Runtime, 4-bit", () => ort, quantized(tinyNetwork(5, true))],
  ["the reference", () => referenceRuntime, tinyNetwork(5, false)],
])("on %s", (_name, runtime, graph) => {
  const steps = 6;
  const short = (changes: Partial<TrainOptions> = {}) =>
    options({ graph, steps, runtime: runtime(), ...changes });

  test("stopped after each step, and resumed: the same bytes", async () => {
    const straight = contentOf(await train(short()));
    for (let stop = 0; stop <= steps; stop++) {
      const { store, saves } = memoryStore();
      const abort = new AbortController();
      if (stop === 0) abort.abort();
      const stopped = train(
        short({
          store,
          signal: abort.signal,
          onProgress: ({ step }) => {
            if (step === stop) abort.abort();
          },
        }),
      );
      await expect(stopped).rejects.toThrow(
        new InterruptedError(`stage "test" was stopped after ${stop} of 6 steps`),
      );
      const before = saves.length;
      expect(contentOf(await train(short({ store }))), `after step ${stop}`).toEqual(straight);
      expect(saves.length).toBeGreaterThan(before);
    }
  });

  test("stopped at every single step of one training", async () => {
    const straight = contentOf(await train(short()));
    const { store } = memoryStore();
    for (let i = 0; i < steps; i++) {
      const abort = new AbortController();
      const stopped = train(short({ store, signal: abort.signal, onProgress: () => abort.abort() }));
      await expect(stopped).rejects.toThrow(InterruptedError);
    }
    expect(contentOf(await train(short({ store })))).toEqual(straight);
  });
});

test("stopped within a validation: it is done again, and the step before it is not", async () => {
  const straight = contentOf(await train(options()));
  const { store } = memoryStore();
  let stepsDone = 0;
  // Each look goes through three batches.
  for (const [at, step] of [
    [2, 0],
    [1 + 3, 4],
    [1 + 3 + 2, 8],
  ] as const) {
    const abort = new AbortController();
    const source = options().validation!;
    let read = 0;
    function* watched() {
      for (const batch of source.batches()) {
        if (++read === at) abort.abort();
        yield batch;
      }
    }
    const stopping = options({
      store,
      signal: abort.signal,
      validation: { ...source, batches: watched },
      onProgress: () => stepsDone++,
    });
    await expect(train(stopping)).rejects.toThrow(
      new InterruptedError(`stage "test" was stopped after ${step} of 13 steps`),
    );
    expect(stepsDone).toBe(step);
  }
  expect(contentOf(await train(options({ store, onProgress: () => stepsDone++ })))).toEqual(straight);
  expect(stepsDone).toBe(13);
});

test("a store that fails while it writes: the checkpoint before counts", async () => {
  const straight = contentOf(await train(options()));
  for (const failing of [0, 1, 4, 7]) {
    const { store, saves } = memoryStore((save) => {
      if (save === failing && !failed) {
        failed = true;
        throw new Error("the disk is full");
      }
    });
    let failed = false;
    await expect(train(options({ store, checkpointEvery: 2 }))).rejects.toThrow("the disk is full");
    expect(saves.length).toBe(failing);
    expect(contentOf(await train(options({ store, checkpointEvery: 3 })))).toEqual(straight);
  }
});

test("a finished training is not run again", async () => {
  const { store } = memoryStore();
  const first = contentOf(await train(options({ store })));
  const none: Runtime = {
    ...ort,
    load: () => {
      throw new Error("a model was loaded");
    },
  };
  expect(contentOf(await train(options({ store, runtime: none })))).toEqual(first);
});

test("checkpoints come at every look and every so many steps between", async () => {
  const { store, saves } = memoryStore();
  await train(options({ store, checkpointEvery: 3 }));
  // Looks at 0, 4, 8, 12 and 13; 3, 6 and 9 between them; 12 only once.
  expect(saves.length).toBe(8);
});

describe("the checkpoint of another training is refused, saying what differs", () => {
  test.each<[string, Partial<TrainOptions>]>([
    ["schedule", { schedule: { kind: "cosine", rate: 0.2, steps: 13, warmUp: 2 } }],
    ["network", { graph: tinyNetwork(6, true) }],
    ["training step", { weightDecay: { rate: 2e-3 } }],
    ["training images", { batches: batchSource({ ...plan, seed: 4 }) }],
    ["training images", { batches: batchSource({ ...plan, dataset: lamps(39, 2) }) }],
    ["validation images", { validation: validationSource(lamps(21, 3), normalization, 10) }],
    ["interval", { interval: 5 }],
    ["settings", { identity: { threads: 2 } }],
    ["select", { select: "last" }],
    ["controller", { addition: { ...lasso, controller: { ...lasso.controller!, initial: { lambda: 2 } } } }],
    ["runtime", { runtime: { version: "0.0.1" } as Runtime }],
  ])("%s", async (what, changes) => {
    const abort = new AbortController();
    const { store } = memoryStore();
    abort.abort();
    await expect(train(options({ store, signal: abort.signal }))).rejects.toThrow(InterruptedError);
    const other = { ...changes, ...(what === "runtime" ? { runtime: { ...ort, version: "0.0.1" } } : {}) };
    const error = await train(options({ store, ...other })).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(String(error)).toBe(
      `memory.bin is the checkpoint of another training: not the same ${what}\n` +
        "  go on with what it was started with, or delete it to begin this stage anew",
    );
  });
});

describe("is refused", () => {
  test.each<[string, Partial<TrainOptions>, string]>([
    ["no steps", { steps: 0 }, 'steps of stage "test" is 0'],
    ["half an interval", { interval: 0.5 }, 'interval of stage "test" is 0.5'],
    ["no steps between checkpoints", { checkpointEvery: 0 }, 'checkpointEvery of stage "test" is 0'],
    ["the best of none", { validation: null }, 'stage "test" selects the best network'],
    [
      "more classes than outputs",
      { batches: batchSource({ ...plan, dataset: { ...training, classes: 4 } }) },
      'the network "tiny" has 3 outputs',
    ],
    [
      "validation on no images",
      { validation: validationSource(lamps(0, 1), normalization) },
      "there are 0 validation images",
    ],
    [
      "an input that nobody feeds",
      { addition: { penalties: lasso.penalties! } },
      "internal: no controller feeds lambda of the training step",
    ],
    [
      "a controller's state that JSON would lose",
      {
        addition: {
          controller: {
            initial: 0,
            feeds: () => ({}),
            look: () => ({ state: { x: Number.NaN }, record: {} }),
          },
        },
      },
      "internal: the controller's state has x NaN",
    ],
  ])("%s", async (_title, changes, message) => {
    await expect(train(options(changes))).rejects.toThrow(message);
  });
});
