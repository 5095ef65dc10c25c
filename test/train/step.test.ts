import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { abs, mul, total } from "../../src/autodiff/index.js";
import { alphaTraining } from "../../src/compress/quantize/alpha-training.js";
import { evaluateGraph } from "../../src/graph/evaluate.js";
import { verify } from "../../src/graph/verify.js";
import { exportOnnx } from "../../src/onnx/export.js";
import { createRandom } from "../../src/random.js";
import { openRuntime } from "../../src/runtime/open.js";
import type { Runtime } from "../../src/runtime/types.js";
import { f32, type Tensor, tensor } from "../../src/tensor.js";
import { type StepOptions, type TrainingStep, trainingStep, withInitializers } from "../../src/train/step.js";
import { graph, input, node, randomTensor } from "../graph/build.js";
import { quantized, smallNetwork } from "./networks.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const sgd = { kind: "sgd", momentum: 0.9, nesterov: true } as const;
const labels = (...values: number[]): Tensor => tensor("i32", [values.length], Int32Array.from(values));

function feedsOf(
  step: TrainingStep,
  images: Tensor,
  classes: Tensor,
  rate: number,
  state: ReadonlyMap<string, Tensor>,
) {
  return new Map<string, Tensor>([
    ...state,
    [step.inputs.images, images],
    [step.inputs.labels, classes],
    [step.inputs.rate, f32([], [rate])],
  ]);
}

const initial = (step: TrainingStep) => new Map(step.state.map((slot) => [slot.input, slot.initial]));
const next = (step: TrainingStep, made: ReadonlyMap<string, Tensor>) =>
  new Map(step.state.map((slot) => [slot.input, made.get(slot.output)!]));

/** y = x·Wᵀ + b, two inputs and two classes, small enough for arithmetic by hand. */
const linear = graph(
  [input("x", ["batch", 2])],
  { w: f32([2, 2], [1, 0, 0, 1]), b: f32([2], [0, 0]) },
  [node("Gemm", ["x", "w", "b"], "y", { alpha: 1, beta: 1, transA: false, transB: true })],
  ["y"],
);

describe("a linear classifier, by hand", () => {
  const p = 1 / (1 + Math.exp(-1)); // softmax of the logits [1, 0] at 0
  const run = (options: Partial<StepOptions> = {}) => {
    const step = trainingStep(linear, { batch: 1, optimizer: { kind: "sgd" }, ...options });
    const made = evaluateGraph(
      verify(step.graph),
      feedsOf(step, f32([1, 2], [1, 0]), labels(0), 0.5, initial(step)),
    );
    return { step, number: (name: string) => [...made.get(name)!.data] };
  };

  test("loss, correct predictions and the update", () => {
    const { step, number } = run();
    expect(number(step.outputs.loss)[0]).toBeCloseTo(-Math.log(p), 6);
    expect(number(step.outputs.correct)).toEqual([1]);
    // dL/dlogits = [p − 1, 1 − p]; dW = its outer product with x = [1, 0].
    const moved = 0.5 * (1 - p);
    for (const [i, w] of [1 + moved, 0, -moved, 1].entries()) expect(number("w/next")[i]).toBeCloseTo(w, 6);
    for (const [i, b] of [moved, -moved].entries()) expect(number("b/next")[i]).toBeCloseTo(b, 6);
  });

  test("weight decay leaves vectors alone, unless it is said otherwise", () => {
    const rate = 0.2;
    expect(run({ weightDecay: { rate } }).number("w/next")[3]).toBeCloseTo(1 - 0.5 * 0.2, 6);
    expect(run({ weightDecay: { rate } }).number("b/next")).toEqual(run().number("b/next"));
    const all = run({ weightDecay: { rate, excludes: ({ name }) => name === "w" } });
    expect(all.number("w/next")).toEqual(run().number("w/next"));
  });

  test("a penalty comes out under its name and adds its gradient, with an input of its own", () => {
    const step = trainingStep(linear, {
      batch: 1,
      optimizer: { kind: "sgd" },
      penalties: {
        lasso: ({ parameter, input: fed }) => mul(total(abs(parameter("w"))), fed("lambda", [])),
      },
    });
    const feeds = feedsOf(step, f32([1, 2], [1, 0]), labels(0), 0.5, initial(step)).set(
      "lambda",
      f32([], [3]),
    );
    const made = evaluateGraph(verify(step.graph), feeds);
    expect([...made.get(step.outputs.penalties["lasso"]!)!.data]).toEqual([6]);
    expect(made.get(step.outputs.loss)!.data[0]).toBeCloseTo(-Math.log(p), 6);
    expect(made.get("w/next")!.data[3]).toBeCloseTo(1 - 0.5 * 3, 6);
  });

  test("what follows the update has the last word", () => {
    const { number } = run({
      afterUpdate: ({ name }, updated) => (name === "w" ? mul(updated, 2) : updated),
    });
    expect(number("w/next")).toEqual(
      run()
        .number("w/next")
        .map((w) => 2 * w),
    );
    expect(number("b/next")).toEqual(run().number("b/next"));
  });

  test("a parameter that is not trained is no state", () => {
    const { step } = run({ trains: ({ kind }) => kind === "bias" });
    expect(step.state.map((slot) => slot.input)).toEqual(["b", "step/count"]);
    expect(step.graph.initializers.has("w")).toBe(true);
  });
});

describe.each([
  ["SGD", { optimizer: sgd, weightDecay: { rate: 1e-3 } }],
  ["Adam", { optimizer: { kind: "adam" } }],
  [
    "AdamW, frozen statistics",
    {
      optimizer: { kind: "adam", decoupled: true },
      weightDecay: { rate: 0.1 },
      batchNorm: { mode: "frozen" },
    },
  ],
] as [string, Omit<StepOptions, "batch">][])("%s", (title, options) => {
  test.each([
    ["FP32", smallNetwork(3)],
    ["4-bit", quantized(smallNetwork(3))],
  ])("three steps of a small %s network: ONNX Runtime agrees with the reference", async (_name, network) => {
    const step = trainingStep(network, { batch: 4, ...options });
    verify(step.graph);
    for (const optimization of ["none", "all"] as const) {
      const session = await runtime.load(exportOnnx(step.graph), { optimization, keepQuantizers: true });
      let state = initial(step);
      for (let i = 0; i < 3; i++) {
        const feeds = feedsOf(step, randomTensor([4, 2, 9, 7], 20 + i), labels(0, 2, 1, 1), 0.05, state);
        const theirs = await session.run(Object.fromEntries(feeds));
        const ours = evaluateGraph(step.graph, feeds);
        for (const [name, { shape, data }] of ours) {
          expect([...theirs[name]!.shape]).toEqual([...shape]);
          // A bias before a batch normalisation with the batch's statistics has no gradient but rounding errors, and
          // Adam makes full steps of those.
          if (name === "conv2.bias/next" && title === "Adam") continue;
          for (const [at, value] of data.entries())
            expect(Math.abs(theirs[name]!.data[at]! - value), name).toBeLessThan(
              2e-4 * (1 + Math.abs(value)),
            );
        }
        // Each step from the same numbers: Adam turns the sign of a tiny gradient into a full step.
        state = next(step, ours);
      }
      await session.dispose();
    }
  });
});

test("running statistics follow the batch's as PyTorch's do", () => {
  const net = graph(
    [input("x", ["batch", 2])],
    {
      scale: f32([2], [1, 1]),
      bias: f32([2], [0, 0]),
      mean: f32([2], [10, 0]),
      variance: f32([2], [1, 1]),
    },
    [node("BatchNormalization", ["x", "scale", "bias", "mean", "variance"], "y", { epsilon: 1e-5 })],
    ["y"],
  );
  const step = trainingStep(net, { batch: 4, optimizer: sgd, batchNorm: { mode: "batch", momentum: 0.25 } });
  const x = f32([4, 2], [0, 1, 2, 1, 4, 1, 6, 1]);
  const made = next(
    step,
    evaluateGraph(step.graph, feedsOf(step, x, labels(0, 0, 1, 1), 0.1, initial(step))),
  );
  // Channel 0: mean 3, squared deviations 9 + 1 + 1 + 9 over n − 1 = 3.
  expect([...made.get("mean")!.data]).toEqual([0.75 * 10 + 0.25 * 3, 0.25]);
  expect(made.get("variance")!.data[0]).toBeCloseTo(0.75 + (0.25 * 20) / 3, 6);
  expect(made.get("variance")!.data[1]).toBeCloseTo(0.75, 6);
  const trained = withInitializers(net, made);
  expect(trained.initializers.get("mean")).toBe(made.get("mean"));
  expect(trained.nodes).toBe(net.nodes);
  const frozen = trainingStep(net, { batch: 4, optimizer: sgd, batchNorm: { mode: "frozen" } });
  expect(frozen.state.map((slot) => slot.input)).not.toContain("mean");
});

test("PACT's ranges and the weights behind quantisers are parameters; running statistics and constants are not", () => {
  const { parameters, state } = trainingStep(quantized(smallNetwork(1)), { batch: 2, optimizer: sgd });
  expect(parameters.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    "conv1.weight weight",
    "bn1.weight scale",
    "bn1.bias shift",
    "relu1.alpha range",
    "conv2.weight weight",
    "conv2.bias bias",
    "bn2.weight scale",
    "bn2.bias shift",
    "relu2.alpha range",
    "conv3.weight weight",
    "bn3.weight scale",
    "bn3.bias shift",
    "relu3.alpha range",
    "pool2/quantizer.alpha range",
    "dense.weight weight",
    "dense.bias bias",
  ]);
  const memory = parameters.flatMap(({ name }) => [name, `${name}/momentum`]);
  const running = ["bn1", "bn2", "bn3"].flatMap((bn) => [`${bn}.running_mean`, `${bn}.running_var`]);
  expect(state.map((slot) => slot.input)).toEqual([...memory, "step/count", ...running]);
});

test.each([
  ["FP32", smallNetwork(8)],
  ["4-bit", quantized(smallNetwork(8))],
])("a %s network learns sixteen random images by heart", async (_name, network) => {
  const step = trainingStep(network, { batch: 16, optimizer: { kind: "adam" }, ...alphaTraining(network) });
  const session = await runtime.load(exportOnnx(step.graph), { keepQuantizers: true });
  const random = createRandom(6);
  const classes = labels(...Array.from({ length: 16 }, () => random.integer(0, 2)));
  const images = randomTensor([16, 2, 9, 7], 30);
  let state = initial(step);
  let [loss, correct] = [0, 0];
  for (let i = 0; i < 300; i++) {
    const made = await session.run(Object.fromEntries(feedsOf(step, images, classes, 0.03, state)));
    state = next(step, new Map(Object.entries(made)));
    loss = made[step.outputs.loss]!.data[0]!;
    correct = made[step.outputs.correct]!.data[0]!;
  }
  await session.dispose();
  expect(correct).toBe(16);
  expect(loss).toBeLessThan(0.05);
});

describe("is refused", () => {
  const options: StepOptions = { batch: 4, optimizer: sgd };
  test.each<[string, () => unknown, string]>([
    [
      "nothing to train",
      () => trainingStep(linear, { ...options, trains: () => false }),
      "nothing of the network",
    ],
    [
      "a network of another batch",
      () => trainingStep({ ...linear, inputs: [input("x", [3, 2])] }, options),
      'the network "test" is for batches of 3, and the step has 4',
    ],
    [
      "two inputs",
      () => trainingStep({ ...linear, inputs: [...linear.inputs, input("z", [1])] }, options),
      'the network "test" has 2 inputs',
    ],
    [
      "a batch of none",
      () => trainingStep(linear, { ...options, batch: 0 }),
      'dimension "batch" is given the size 0',
    ],
    [
      "a negative weight decay",
      () => trainingStep(linear, { ...options, weightDecay: { rate: -1 } }),
      "the weight decay is -1",
    ],
    [
      "a momentum of batch normalisation beyond 1",
      () => trainingStep(smallNetwork(1), { ...options, batchNorm: { mode: "batch", momentum: 2 } }),
      "the momentum of batch normalisation is 2",
    ],
    [
      "an output that is no row of logits",
      () =>
        trainingStep(
          {
            ...linear,
            nodes: [
              ...linear.nodes,
              node("Flatten", ["y"], "z", { axis: 0 }),
              node("Squeeze", ["z"], "v", {}),
            ],
            outputs: ["v"],
          },
          options,
        ),
      'the network\'s output "v" is [8], not batch × classes',
    ],
  ])("%s", (_title, run, message) => {
    expect(run).toThrow(message);
  });
});
