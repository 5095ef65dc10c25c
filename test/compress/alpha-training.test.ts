import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mul, total } from "../../src/autodiff/index.js";
import { alphaTraining } from "../../src/compress/quantize/alpha-training.js";
import { quantizationAware } from "../../src/compress/quantize/aware.js";
import type { Graph } from "../../src/graph/types.js";
import { NetworkBuilder } from "../../src/models/builder.js";
import { exportOnnx } from "../../src/onnx/index.js";
import { createRandom } from "../../src/random.js";
import { openRuntime } from "../../src/runtime/open.js";
import type { Runtime } from "../../src/runtime/types.js";
import { f32, type Tensor, tensor } from "../../src/tensor.js";
import { combine, type LoopAddition } from "../../src/train/stage.js";
import { type StepOptions, trainingStep } from "../../src/train/step.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 2 });
});
afterAll(() => runtime.close());

/** Pact on the image itself, so that only its alpha is at work; a dense layer behind, because a network has one. */
function network(height: number, width: number): Graph {
  const net = new NetworkBuilder("pact", [1, height, width], createRandom(1));
  const x = net.flatten("flatten", net.globalAveragePool("pool", net.relu("relu", net.image)));
  return quantizationAware(net.build(net.dense("dense", x, 2, "logits")), {
    weights: { bits: 4, rule: "mean" },
    activations: { bits: 4, alpha: 1 },
    input: { bits: 8, scale: 1, zeroPoint: 0 },
  });
}

const alphaName = "relu.alpha";
/** loss += push · Σ of Pact's outputs: alpha's gradient is push times the number of elements at or above it. */
const hostile: LoopAddition = {
  penalties: {
    hostile: ({ builder, input }) => mul(total(builder.value("relu")), input("push", [])),
  },
  trains: ({ name }) => name === alphaName,
};

interface Run {
  /** Steps with this push; the alpha after each. */
  readonly go: (push: number, steps: number) => Promise<number[]>;
}

async function training(
  graph: Graph,
  image: Tensor,
  rate: number,
  additions: readonly LoopAddition[],
  optimizer: StepOptions["optimizer"] = { kind: "sgd", momentum: 0.9 },
): Promise<Run> {
  const step = trainingStep(graph, { batch: 1, optimizer, ...combine([hostile, ...additions]) });
  const session = await runtime.load(exportOnnx(step.graph), { keepQuantizers: true });
  let state: Record<string, Tensor> = Object.fromEntries(
    step.state.map((slot) => [slot.input, slot.initial]),
  );
  const fixed = {
    [step.inputs.images]: image,
    [step.inputs.labels]: tensor("i32", [1], Int32Array.of(0)),
    [step.inputs.rate]: f32([], [rate]),
  };
  return {
    go: async (push, steps) => {
      const alphas: number[] = [];
      for (let i = 0; i < steps; i++) {
        const made = await session.run({ ...state, ...fixed, push: f32([], [push]) });
        state = Object.fromEntries(step.state.map((slot) => [slot.input, made[slot.output]!]));
        alphas.push(state[alphaName]!.data[0]!);
      }
      return alphas;
    },
  };
}

const image = (height: number, width: number): Tensor => {
  const random = createRandom(5);
  return f32(
    [1, 1, height, width],
    Array.from({ length: height * width }, () => 3 * Math.abs(random.normal())),
  );
};

describe("the sum over more than a million elements", () => {
  const [height, width] = [1024, 1030];

  test("throws a bare alpha far below zero in one step, and then far above", {
    timeout: 60_000,
  }, async () => {
    const { go } = await training(network(height, width), image(height, width), 0.1, []);
    // About 750,000 elements lie at or above 1.
    const [first] = await go(1, 1);
    expect(first).toBeLessThan(-50_000);
    // Below zero all of them push it back at once, to where each code is 0 (activations reach 16).
    expect(Math.max(...(await go(-1, 3)))).toBeGreaterThan(50_000);
  });

  test("moves a bounded alpha by its bound, down and up", { timeout: 60_000 }, async () => {
    const graph = network(height, width);
    const { go } = await training(graph, image(height, width), 0.1, [alphaTraining(graph)]);
    const down = await go(1, 30);
    for (const [i, alpha] of down.entries()) expect(alpha / 0.98 ** (i + 1)).toBeCloseTo(1, 4);
    // Momentum takes seven steps to turn: 0.9^7 < 1 / 2.
    const up = await go(-1, 25);
    expect(up.findIndex((alpha, i) => i > 0 && alpha > up[i - 1]!)).toBeLessThanOrEqual(8);
    expect(up.at(-1)! / up.at(-10)!).toBeCloseTo(1.02 ** 9, 4);
  });
});

describe.each([
  ["SGD with momentum", { kind: "sgd", momentum: 0.9 }],
  ["Adam", { kind: "adam" }],
] as const)("thousands of hostile steps at learning rate 1000, %s", (_name, optimizer) => {
  const graph = network(9, 7);
  const addition = alphaTraining(graph);

  test("alpha stays finite and above zero, and recovers when the gradient turns", {
    timeout: 60_000,
  }, async () => {
    const { go } = await training(graph, image(9, 7), 1000, [addition], optimizer);
    const down = await go(1e6, 2000);
    for (const alpha of down) expect(Number.isFinite(alpha) && alpha > 0).toBe(true);
    expect(down.at(-1)).toBeCloseTo(0.01, 6);
    const up = await go(-1e6, 1000);
    // Above the largest activation nothing is clipped and the gradient is the pull's.
    expect(Math.max(...up)).toBeGreaterThan(3);
    for (const alpha of up) expect(alpha > 0 && alpha <= 100.01).toBe(true);
    const settled = await go(0, 2000);
    for (const alpha of settled) expect(alpha > 0).toBe(true);
    expect(settled.at(-1)).toBeLessThan(up.at(-1)!);
  });

  test("gradients that change their sign and size at random do not kill it", {
    timeout: 60_000,
  }, async () => {
    const { go } = await training(graph, image(9, 7), 1000, [addition], optimizer);
    const random = createRandom(11);
    for (let i = 0; i < 300; i++)
      for (const alpha of await go(random.normal() * 10 ** random.integer(-6, 9), 5))
        expect(alpha >= 0.0099 && alpha <= 100.01).toBe(true);
  });
});

describe("where nothing is hostile", () => {
  test("the optimiser's own step is taken, with the pull as a real gradient", async () => {
    const graph = network(9, 7);
    const pulled = await training(graph, image(9, 7), 0.1, [alphaTraining(graph, { pull: 0.05 })], {
      kind: "sgd",
    });
    const plain = await training(graph, image(9, 7), 0.1, [alphaTraining(graph, { pull: 0 })], {
      kind: "sgd",
    });
    const [a, b] = [(await pulled.go(1e-4, 1))[0]!, (await plain.go(1e-4, 1))[0]!];
    // alpha − rate · 2 · pull · alpha
    expect(b - a).toBeCloseTo(0.1 * 2 * 0.05, 5);
    expect(Math.abs(b - 1)).toBeLessThan(0.02);
  });

  test("nothing but alphas is touched", () => {
    const graph = network(9, 7);
    const step = trainingStep(graph, { batch: 1, optimizer: { kind: "sgd" }, ...alphaTraining(graph) });
    const bare = trainingStep(graph, { batch: 1, optimizer: { kind: "sgd" } });
    const clips = (g: Graph) => g.nodes.filter(({ op }) => op === "Min" || op === "Max").length;
    expect(clips(bare.graph)).toBe(0);
    // Four for each of the two alphas.
    expect(clips(step.graph)).toBe(8);
  });

  test.each([
    [{ pull: -1 }, "the pull on alphas is -1"],
    [{ largestChange: 1 }, "the largest change of an alpha is 1"],
    [{ span: 1 }, "the span of alphas is 1"],
  ])("%o is refused", (options, message) => {
    expect(() => alphaTraining(network(9, 7), options)).toThrow(message);
  });
});
