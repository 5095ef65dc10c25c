import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { div, log, mul, sub, total } from "../../src/autodiff/index.js";
import type { Graph } from "../../src/graph/types.js";
import { openRuntime } from "../../src/runtime/open.js";
import type { Runtime } from "../../src/runtime/types.js";
import { f32 } from "../../src/tensor.js";
import { batchSource, validationSource } from "../../src/train/batch-stream.js";
import { allFinite, DivergenceError } from "../../src/train/divergence.js";
import { type TrainOptions, train } from "../../src/train/loop.js";
import { quantized } from "./networks.js";
import { lamps, memoryStore, normalization, tinyNetwork } from "./support.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const options = (changes: Partial<TrainOptions>): TrainOptions => ({
  graph: quantized(tinyNetwork(5, true)),
  stage: "test",
  steps: 40,
  interval: 40,
  batches: batchSource({ dataset: lamps(40, 1), normalization, batch: 8, seed: 1, stage: "test" }),
  validation: null,
  schedule: { kind: "constant", rate: 0.01 },
  optimizer: { kind: "sgd", momentum: 0.9 },
  runtime,
  ...changes,
});

async function failure(changes: Partial<TrainOptions>): Promise<DivergenceError> {
  const error = await train(options(changes)).catch((e: unknown) => e);
  if (!(error instanceof DivergenceError)) throw error;
  return error;
}

const withValue = (graph: Graph, name: string, at: number, value: number): Graph => {
  const { shape, data } = graph.initializers.get(name)!;
  const changed = f32(shape, Array.from(data).with(at, value));
  return { ...graph, initializers: new Map([...graph.initializers, [name, changed]]) };
};

test("a sum of zeros tells NaN and infinities from the largest and smallest numbers", () => {
  expect(allFinite([])).toBe(true);
  expect(allFinite(Float32Array.of(3.4e38, -3.4e38, 1e-45, -0))).toBe(true);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    for (const at of [0, 1, 2]) expect(allFinite(Float32Array.of(1, 2, 3).with(at, value))).toBe(false);
});

describe("a training that diverges names the step and the first layer that is not finite", () => {
  test("through a learning rate that is far too high, with what to do", async () => {
    const { step, place, message } = await failure({
      graph: tinyNetwork(5, false),
      schedule: { kind: "constant", rate: 1e20 },
    });
    expect(step).toBe(2);
    expect(place).toBe('the output of Gemm "dense"');
    expect(message).toBe(
      'training diverged at step 2: the output of Gemm "dense" is not finite\n' +
        "  the learning rate is 100000000000000000000 there: lower it, give the schedule a warmUp, or weaken the penalties",
    );
  });

  // 3e38 is finite, and neither the sum nor the difference of two such numbers is.
  test.each([
    ["conv.weight", 3e38, 'the output of ReduceMean "conv.weight/mean_magnitude_by_row"'],
    ["bn.weight", 3e38, 'the output of BatchNormalization "bn"'],
    ["dense.bias", -3e38, "the loss"],
  ])("in the forward pass: %s", async (name, second, place) => {
    // PACT would clip what is infinite behind a batch normalisation.
    const network = name.startsWith("bn") ? tinyNetwork(5, true) : options({}).graph;
    const graph = withValue(withValue(network, name, 0, 3e38), name, 1, second);
    const found = await failure({ graph });
    expect([found.step, found.place]).toEqual([1, place]);
  });

  test("in a penalty", async () => {
    const found = await failure({
      addition: { penalties: { broken: ({ parameter }) => log(sub(total(parameter("conv.weight")), 1e9)) } },
    });
    expect([found.step, found.place]).toEqual([1, 'the penalty "broken"']);
  });

  test("in the gradient of a penalty that is finite itself", async () => {
    const found = await failure({
      addition: {
        // d √x / dx at 0 is infinite.
        penalties: {
          root: ({ parameter, builder }) => {
            const zero = mul(total(parameter("conv.weight")), 0);
            return builder.node("Sqrt", [zero], {})[0]!;
          },
        },
      },
    });
    expect([found.step, found.place]).toEqual([1, 'the gradient of the penalty "root"']);
  });

  test("behind the update", async () => {
    const found = await failure({
      addition: {
        afterUpdate: ({ name }, updated) =>
          name === "conv.weight" ? div(updated, mul(total(updated), 0)) : updated,
      },
    });
    expect([found.step, found.place]).toEqual([1, 'the update of "conv.weight"']);
  });

  test("in what a controller feeds", async () => {
    const found = await failure({
      interval: 3,
      addition: {
        penalties: {
          lasso: ({ parameter, input }) => mul(total(parameter("conv.weight")), input("lambda", [])),
        },
        controller: {
          initial: null,
          feeds: (state) => ({ lambda: f32([], [state === 3 ? Number.NaN : 0]) }),
          look: (_, { step }) => ({ state: step, record: {} }),
        },
      },
    });
    expect([found.step, found.place]).toEqual([4, '"lambda"']);
  });

  test("at a later step, which leaves the checkpoint before it", async () => {
    const { store, saves } = memoryStore();
    const found = await failure({
      store,
      checkpointEvery: 2,
      schedule: { kind: "step", rate: 0.001, milestones: [6], factor: 1e25 },
    });
    expect(found.step).toBeGreaterThan(6);
    expect(found.message).toContain(`training diverged at step ${found.step}: `);
    expect(found.place).toMatch(/^the (output of|update of|gradient through|running statistics of) /);
    expect(saves.length).toBeGreaterThan(3);
  });

  test("on validation images alone", async () => {
    const graph = withValue(tinyNetwork(5, true), "bn.running_var", 0, -1);
    const found = await failure({ graph, validation: validationSource(lamps(9, 2), normalization, 4) });
    expect([found.step, found.place]).toEqual([
      0,
      'the output of BatchNormalization "bn" on the validation images',
    ]);
  });
});
