import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LambdaControllerOptions, lambdaController } from "../../../src/compress/prune/controller.js";
import { groupLasso, multiGroupLasso } from "../../../src/compress/prune/lasso.js";
import { groupedLayers } from "../../../src/compress/prune/layers.js";
import type { Graph } from "../../../src/graph/types.js";
import { lenet5 } from "../../../src/models/index.js";
import { createRandom } from "../../../src/random.js";
import { openRuntime } from "../../../src/runtime/open.js";
import type { Runtime } from "../../../src/runtime/types.js";
import { combine, type Json, type TrainingView } from "../../../src/train/stage.js";
import { lopsidedNetwork, trainLopsided } from "./lopsided.js";
import { convNetwork, onlyLayer, weightsOfNorms } from "./networks.js";

/** Zero groups: 1 of 4 above, 3 of 4 below. */
const net = convNetwork(weightsOfNorms([0, 1, 2, 3], [0, 0, 0, 4]));
const layer = onlyLayer(net, { groupRows: 72 });

interface State {
  readonly lambda0: number;
  readonly lambdas: readonly number[];
}

const looked = (
  options: LambdaControllerOptions,
  view: Partial<TrainingView> = {},
  looks = 1,
  graph: Graph = net,
): State => {
  const controller = lambdaController([layer], options);
  let state: Json = controller.initial;
  for (let i = 0; i < looks; i++)
    state = controller.look(state, { step: 0, steps: 100, graph, ...view }).state;
  return state as unknown as State;
};

const expectClose = (made: readonly number[], wanted: readonly number[]): void => {
  for (const [i, value] of wanted.entries()) expect(made[i]).toBeCloseTo(value, 12);
  expect(made).toHaveLength(wanted.length);
};

describe("the law of spec 2.8", () => {
  test("a position with fewer zero groups is pressed harder, and the mean stays", () => {
    const [above, below] = [Math.exp(2 * 0.25), Math.exp(-2 * 0.25)];
    const { lambdas, lambda0 } = looked({ lambda0: 0.1 });
    expectClose(lambdas, [(0.2 * above) / (above + below), (0.2 * below) / (above + below)]);
    expect(lambda0).toBe(0.1);
  });

  test("lambdas are clamped to a quarter and four times lambda0 before they are scaled", () => {
    const { lambdas } = looked({ lambda0: 0.1, kappa: 100 });
    // 0.4 and 0.025, of mean 0.2125.
    expectClose(lambdas, [0.04 / 0.2125, 0.0025 / 0.2125]);
  });

  test("with kappa 0 all positions share one lambda", () => {
    expectClose(looked({ lambda0: 0.1, kappa: 0 }, {}, 5).lambdas, [0.1, 0.1]);
  });

  test("without a penalty it stays without", () => {
    expectClose(looked({ lambda0: 0 }, {}, 3).lambdas, [0, 0]);
  });

  test("lambdas are frozen for the last tenth of the steps", () => {
    expect(looked({ lambda0: 0.1 }, { step: 89 }).lambdas).not.toEqual([0.1, 0.1]);
    for (const step of [90, 100]) expect(looked({ lambda0: 0.1 }, { step }).lambdas).toEqual([0.1, 0.1]);
    expect(looked({ lambda0: 0.1, freeze: 0 }, { step: 99 }).lambdas).not.toEqual([0.1, 0.1]);
  });

  test("lambda0 goes after a target sparsity, within its range", () => {
    // Half of the groups are zero at the start; at step 40 a target of 0.9 by step 80 wants 0.7.
    const target = { sparsity: 0.9, gain: 4, rise: 16 };
    expect(looked({ lambda0: 0.1, target }, { step: 40 }).lambda0).toBeCloseTo(0.1 * Math.exp(4 * 0.2), 12);
    expect(looked({ lambda0: 0.1, target }, { step: 85 }).lambda0).toBeCloseTo(0.1 * Math.exp(4 * 0.4), 12);
    expect(looked({ lambda0: 0.1, target }, { step: 85 }, 20).lambda0).toBeCloseTo(
      0.1 * Math.exp(4 * 0.4),
      12,
    );
    const { lambda0, lambdas } = looked({ lambda0: 0.1, target: { sparsity: 0.9 } }, { step: 85 }, 20);
    expect(lambda0).toBe(0.2);
    expect(lambdas[0]! + lambdas[1]!).toBeCloseTo(0.4, 12);
    expect(looked({ lambda0: 0.1, target: { sparsity: 0.2 } }, { step: 85 }).lambda0).toBe(0.1 / 16);
  });
});

test("the state goes through JSON unchanged, and is fed as one input", () => {
  const { controller } = multiGroupLasso([layer], { lambda: 0.1, clip: 0.5 });
  const { state } = controller!.look(controller!.initial, { step: 0, steps: 10, graph: net });
  const back = JSON.parse(JSON.stringify(state)) as Json;
  expect(back).toEqual(state);
  const fed = controller!.feeds(back)["lasso/lambda"]!;
  expect(fed.shape).toEqual([2]);
  expect([...fed.data]).toEqual((state as unknown as State).lambdas.map(Math.fround));
});

test("a look is written down", () => {
  const { controller } = multiGroupLasso([layer], { lambda: 0.1, clip: 0.5, control: { kappa: 0 } });
  const { record } = controller!.look(controller!.initial, { step: 0, steps: 10, graph: net });
  // δ = 0.5 · (1 + 2 + 3) / 4 above: nothing but the zero group is below it; 0.5 · 4 / 4 below.
  expect(record).toEqual({
    pruning: {
      lambda0: 0.1,
      lambda: [0.1, 0.1],
      groups: 8,
      zeroGroups: 4,
      groupSparsity: 0.5,
      sparsityAt: [0.25, 0.75],
      mismatch: { groups: 2, layerBitLines: 4, chunkBitLines: 4 },
      layers: {
        "conv.node": { groups: 8, zero: [1, 3], delta: [0.75, 0.5], penalized: 0, mismatch: [4, 4] },
      },
    },
  });
  const plain = groupLasso([layer], { lambda: 0.1 }).controller!;
  const layers = { "conv.node": { groups: 8, zero: [1, 3], penalized: 4, mismatch: [4, 4] } };
  expect(plain.look(plain.initial, { step: 0, steps: 10, graph: net }).record).toMatchObject({
    pruning: { layers },
  });
});

test("it combines with other additions", () => {
  const both = combine([
    multiGroupLasso([layer], { lambda: 0.1, clip: 0.5 }),
    {
      controller: {
        initial: 1,
        feeds: () => ({}),
        look: () => ({ state: 2, record: { other: true } }),
      },
    },
  ]);
  const { record } = both.controller!.look(both.controller!.initial, { step: 0, steps: 10, graph: net });
  expect(Object.keys(record)).toEqual(["pruning", "other"]);
  expect(Object.keys(both.penalties!)).toEqual(["lasso"]);
});

test("dense layers by neurons have no lambda to be steered", () => {
  const lenet = lenet5(createRandom(1));
  const layers = groupedLayers(lenet, { groupRows: 72, dense: { fc1: "neuron" } });
  const controller = lambdaController(layers.slice(1), { lambda0: 0.1 });
  expect(controller.feeds(controller.initial)).toEqual({});
});

test.each<[Partial<LambdaControllerOptions>, string]>([
  [{ lambda0: Number.NaN }, "lambda0 of the lambda controller is NaN"],
  [{ kappa: -1 }, "kappa of the lambda controller is -1"],
  [{ freeze: 1.5 }, "freeze of the lambda controller is 1.5"],
  [{ target: { sparsity: 1 } }, "the target sparsity of the lambda controller is 1"],
  [{ target: { sparsity: 0.5, by: 0 } }, "`by` of the target of the lambda controller is 0"],
])("%j is refused", (options, message) => {
  expect(() => lambdaController([layer], { lambda0: 0.1, ...options })).toThrow(message);
});

describe("a lopsided network", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime({ threads: 1 });
  });
  afterAll(() => runtime.close());

  const trained = (seed: number, kappa: number) =>
    trainLopsided(runtime, lopsidedNetwork(seed), {
      kappa,
      steps: 500,
      interval: 10,
      lambda: 0.015,
      rate: 0.1,
    });
  const points = (sparsityAt: readonly number[]) => 100 * Math.abs(sparsityAt[0]! - sparsityAt[1]!);

  test.each([1, 2])(
    "ends with at most 5 points between its positions (%i)",
    async (seed) => {
      const { statistics, records } = await trained(seed, 2);
      expect(statistics.groupSparsity).toBeGreaterThan(0.2);
      expect(points(statistics.sparsityAt)).toBeLessThanOrEqual(5);
      // The last tenth of the looks: lambdas stay.
      const lambdas = records.map(({ pruning }) => (pruning as { lambda: number[] }).lambda);
      expect(lambdas.at(-1)).toEqual(lambdas.at(-6));
      expect(lambdas.at(-6)).not.toEqual(lambdas.at(-10));
    },
    60_000,
  );

  test("and with one lambda for both they end far apart", async () => {
    const { statistics } = await trained(1, 0);
    expect(statistics.groupSparsity).toBeGreaterThan(0.2);
    expect(points(statistics.sparsityAt)).toBeGreaterThan(20);
  }, 60_000);
});
