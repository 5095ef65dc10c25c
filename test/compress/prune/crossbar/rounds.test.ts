import { describe, expect, test } from "vitest";
import {
  type Crossbars,
  crossbarMatrices,
  layerParts,
  pruneInRounds,
  pruneSegments,
  type Round,
  type RoundsOptions,
  type RoundTools,
  withKept,
} from "../../../../src/compress/prune/crossbar/index.js";
import { exchangeOf, holdsAll, plainExchange } from "../../../../src/compress/prune/crossbar/orders.js";
import { InterruptedError } from "../../../../src/errors.js";
import type { Graph } from "../../../../src/graph/types.js";
import {
  type ColumnExchange,
  countExchange,
  exchangeColumns,
} from "../../../../src/mapping/column-exchange/index.js";
import { createRandom, randomFor } from "../../../../src/random.js";
import { f32, type Tensor } from "../../../../src/tensor.js";
import { encodeGraph } from "../../../../src/train/graph-file.js";
import { withInitializers } from "../../../../src/train/step.js";
import { graph, input, node, window } from "../../../graph/build.js";
import { sparseWeights } from "./matrices.js";

const crossbars: Crossbars = {
  array: { rows: 4, columns: 6 },
  encoding: { cellBits: 4, sign: "splitArrays", compose: "digital", offsetBy: "digital" },
  weightBits: 8,
};

/** A grouped convolution and a dense layer of each form, pruned at random. */
function network(seed: number, density = 0.5): Graph {
  const random = createRandom(seed);
  const weights = (shape: readonly number[]) =>
    f32(shape, [
      ...sparseWeights(
        random,
        shape.reduce((a, b) => a * b),
        density,
      ),
    ]);
  const gemm = (transB: boolean) => ({ alpha: 1, beta: 1, transA: false, transB });
  return graph(
    [input("image", ["batch", 4, 3, 3])],
    { w1: weights([10, 2, 3, 3]), w2: weights([10, 13]), w3: weights([7, 13]) },
    [
      node("Conv", ["image", "w1"], "c", { ...window([3, 3]), group: 2 }),
      node("Flatten", ["c"], "f", { axis: 1 }),
      node("Gemm", ["f", "w2"], "d", gemm(false)),
      node("Gemm", ["d", "w3"], "logits", gemm(true)),
    ],
    ["logits"],
  );
}

const options: RoundsOptions = {
  stage: "rows",
  mode: "remainder-aware",
  share: 0.1,
  normalize: "layer-mean",
  rounds: 4,
  budget_points: 0.5,
};

const remap: RoundTools["remap"] = (matrices) =>
  matrices.map((matrix) =>
    exchangeColumns({ ...matrix, settings: { restarts: 1, searchPasses: 2 }, seed: 1 }),
  );

/** Training that changes every weight that is not 0 in a way that depends on the round; accuracies as given. */
function tools(accuracies: readonly number[], changes: Partial<RoundTools> = {}) {
  const calls: string[] = [];
  let round = 0;
  const made: RoundTools = {
    remap,
    fineTune: async (net, _, moment) => {
      calls.push(`train ${moment.round}`);
      round = moment.round;
      return { graph: shaken(net, moment.round), curve: curveOf(moment.round) };
    },
    validate: async () => ({ accuracy: accuracies[round]!, images: 1000 }),
    ...changes,
  };
  return { made, calls };
}

const shaken = (net: Graph, seed: number): Graph =>
  withInitializers(
    net,
    new Map(
      [...net.initializers].map(([name, value]): [string, Tensor] => {
        const random = randomFor(seed, name);
        return [
          name,
          f32(
            value.shape,
            Array.from(value.data, (w) => w * (1 + 0.5 * random.uniform())),
          ),
        ];
      }),
    ),
  );

const curveOf = (round: number) => ({
  stage: "rows",
  points: [0, 5].map((step) => ({
    step,
    epoch: step / 10,
    rate: 0.1,
    loss: step === 0 ? null : round,
    accuracy: null,
    penalties: {},
    validation: null,
    record: {},
  })),
});

const bytes = (net: Graph) => Buffer.from(encodeGraph(net)).toString("base64");

/** Arrays of a network in the given orders, counted by the mapping. */
const tiles = (net: Graph, orders: ReadonlyMap<string, ColumnExchange>): number =>
  crossbarMatrices(net, layerParts(net), crossbars).reduce(
    (sum, m) => sum + countExchange(m.weights, orders.get(m.name)!, m.room, m.planes).tiles,
    0,
  );

describe("rounds", () => {
  test("go on while the accuracy holds; one that costs too much is undone", async () => {
    const straight = await pruneInRounds(
      network(1),
      crossbars,
      { ...options, rounds: 2 },
      tools([0.9, 0.899, 0.895]).made,
    );
    expect(straight.report.ended).toBe("rounds");
    // 5 of 1,000 images fewer are 0.5 points: still within the budget. 6 are not.
    const found = await pruneInRounds(
      network(1),
      crossbars,
      options,
      tools([0.9, 0.899, 0.895, 0.894, 1]).made,
    );
    const { report } = found;
    expect(report.rounds.map(({ round, accuracy, kept }) => [round, accuracy, kept])).toEqual([
      [1, 0.899, true],
      [2, 0.895, true],
      [3, 0.894, false],
    ]);
    expect([report.ended, report.images, report.end.accuracy]).toEqual(["budget", 1000, 0.895]);
    // What is left is the network of round 2, weight for weight, and its orders.
    expect(bytes(found.graph)).toBe(bytes(straight.graph));
    expect(found.orders).toEqual(straight.orders);
    expect(report.end).toEqual(straight.report.end);
    expect(found.curve!.points.map(({ step }) => step)).toEqual([0, 5, 5, 10]);
  });

  test("where the first one costs too much, the network is as it was", async () => {
    const net = network(2);
    const found = await pruneInRounds(net, crossbars, options, tools([0.9, 0.8]).made);
    expect(bytes(found.graph)).toBe(bytes(net));
    expect(found.curve).toBeNull();
    expect(found.report.end).toEqual(found.report.start);
    expect(found.report.rounds).toHaveLength(1);
  });

  test("free as many arrays as they say, in each round and in all", async () => {
    const accuracies = [0.9, 0.9, 0.9, 0.9, 0.9];
    for (const mode of ["literal", "remainder-aware"] as const) {
      const {
        graph: left,
        orders,
        report,
      } = await pruneInRounds(network(3), crossbars, { ...options, mode }, tools(accuracies).made);
      expect(report.end.arrays).toBe(tiles(left, orders));
      expect(report.rounds.at(-1)!.arrays).toBe(report.end.arrays);
      const standing = [report.start, ...report.rounds];
      for (const [i, { weights, arrays }] of report.rounds.entries()) {
        expect(weights).toBeLessThan(standing[i]!.weights);
        const asked = mode === "literal" ? 0 : Math.max(1, Math.round(options.share * standing[i]!.arrays));
        // A better order may free more.
        expect(arrays).toBeLessThanOrEqual(standing[i]!.arrays - asked);
      }
      const { utilization } = report;
      const sums = [utilization.dense, utilization.exchanged, utilization.pruned].map((counts) =>
        counts.reduce((a, b) => a + b, 0),
      );
      expect(sums).toEqual([report.dense.arrays, report.start.arrays, report.end.arrays]);
      for (const key of ["dense", "start", "end"] as const)
        expect(report.layers.reduce((sum, layer) => sum + layer[key].arrays, 0)).toBe(report[key].arrays);
    }
  });

  test("keep the old order where mapping anew finds none that is better", async () => {
    let first: readonly ColumnExchange[] = [];
    const poor: RoundTools["remap"] = async (matrices, round) => {
      if (round === 0) {
        first = await remap(matrices, 0);
        return first;
      }
      return matrices.map((matrix) =>
        exchangeColumns({
          ...matrix,
          settings: { strategy: "identity", searchPasses: 0 },
          seed: 1,
        }),
      );
    };
    const found = await pruneInRounds(
      network(4, 0.15),
      crossbars,
      options,
      tools([1, 1, 1, 1, 1], { remap: poor }).made,
    );
    const kept = [...found.orders.values()].filter((order, i) => {
      expect(order.columns).toBe(first[i]!.columns);
      return JSON.stringify(plainExchange(order)) === JSON.stringify(plainExchange(first[i]!));
    });
    expect(kept.length).toBeGreaterThan(0);
    const matrices = crossbarMatrices(found.graph, layerParts(found.graph), crossbars);
    for (const matrix of matrices) expect(holdsAll(matrix, found.orders.get(matrix.name)!)).toBe(true);
  });

  test("end where no group can lose more", async () => {
    const found = await pruneInRounds(
      network(5),
      crossbars,
      { ...options, share: 1, mode: "literal", rounds: 9 },
      tools(new Array(10).fill(1)).made,
    );
    expect(found.report.ended).toBe("nothing left");
    expect(found.report.rounds.length).toBeLessThan(9);
  });

  test("interrupted at any moment, go on to the same bytes", async () => {
    const accuracies = [0.9, 0.9, 0.9, 0.9, 0.7];
    const straight = await pruneInRounds(network(6), crossbars, options, tools(accuracies).made);
    const content = (found: typeof straight) => [
      bytes(found.graph),
      JSON.stringify([found.report, found.curve]),
    ];
    for (let stop = 0; stop <= 4; stop++) {
      for (const when of ["before", "after"] as const) {
        const disk = new Map<number, string>();
        const graphs = new Map<number, Graph>();
        const keeping =
          (interrupts: boolean): RoundTools["keep"] =>
          async (round, make) => {
            const text = disk.get(round);
            if (text) return { ...JSON.parse(text), graph: graphs.get(round)! } as Round;
            if (interrupts && round === stop && when === "before") throw new InterruptedError();
            const { graph: net, ...rest } = await make();
            disk.set(round, JSON.stringify(rest));
            graphs.set(round, net);
            if (interrupts && round === stop) throw new InterruptedError();
            return { ...rest, graph: net };
          };
        const accuraciesOf = (keep: RoundTools["keep"]) => {
          // A resumed round validates by its own number.
          const { made, calls } = tools(accuracies, { ...(keep && { keep }) });
          return { made, calls };
        };
        await expect(
          pruneInRounds(network(6), crossbars, options, accuraciesOf(keeping(true)).made),
        ).rejects.toThrow(InterruptedError);
        const resumed = accuraciesOf(keeping(false));
        const found = await pruneInRounds(network(6), crossbars, options, resumed.made);
        expect(content(found)).toEqual(content(straight));
        const done = when === "after" ? stop : stop - 1;
        expect(resumed.calls).toEqual(
          [1, 2, 3, 4].filter((round) => round > done).map((round) => `train ${round}`),
        );
      }
    }
  });

  test("an order of columns goes through JSON unchanged", () => {
    const [matrix] = crossbarMatrices(network(7), layerParts(network(7)), crossbars);
    const order = exchangeColumns({ ...matrix!, seed: 1 });
    expect(exchangeOf(JSON.parse(JSON.stringify(plainExchange(order))))).toEqual(order);
  });
});

describe("the matrices of a network", () => {
  test("are those that are placed: a convolution's groups, dense layers of both forms", () => {
    const net = network(1);
    const parts = layerParts(net);
    expect(parts.map(({ name, rows, columns }) => [name, rows, columns])).toEqual([
      ["c.node#0", 18, 5],
      ["c.node#1", 18, 5],
      ["d.node", 10, 13],
      ["logits.node", 13, 7],
    ]);
    const matrices = crossbarMatrices(net, parts, crossbars);
    const w = (name: string) => net.initializers.get(name)!.data;
    expect(matrices[1]!.weights[3 * 5 + 2]).toBe(w("w1")[(5 + 2) * 18 + 3]);
    expect(matrices[2]!.weights[3 * 13 + 2]).toBe(w("w2")[3 * 13 + 2]);
    expect(matrices[3]!.weights[3 * 7 + 2]).toBe(w("w3")[2 * 13 + 3]);
    expect(matrices.map(({ room, planes }) => [room, planes])).toEqual(
      new Array(4).fill([{ rows: 4, columns: 3 }, 2]),
    );
  });

  test("take back what is kept of them, each weight in its place", () => {
    const net = network(8);
    const parts = layerParts(net);
    const matrices = crossbarMatrices(net, parts, crossbars);
    const ordered = matrices.map((matrix) => ({
      ...matrix,
      exchange: exchangeColumns({ ...matrix, seed: 1 }),
    }));
    const { kept, after } = pruneSegments(ordered, { ...options, share: 0.5 });
    const less = withKept(net, parts, kept);
    const left = crossbarMatrices(less, parts, crossbars);
    let weights = 0;
    for (const [m, matrix] of left.entries())
      for (const [at, weight] of matrix.weights.entries()) {
        const before = matrices[m]!.weights[at]!;
        const held = (kept[m]![at]! & (before > 0 ? 1 : 2)) !== 0;
        expect(weight).toBe(held ? before : 0);
        if (weight !== 0) weights++;
      }
    expect(weights).toBe(after.weights);
  });
});

describe("bad and odd input", () => {
  test.each([
    [{ rounds: 0 }, "rounds of crossbar-grained pruning are 0"],
    [{ budget_points: -1 }, "the accuracy budget is -1 percentage points"],
    [{ share: 2 }, "the share that is pruned is 2"],
  ])("%o is refused", async (change, message) => {
    const { made } = tools([1, 1]);
    await expect(pruneInRounds(network(1), crossbars, { ...options, ...change }, made)).rejects.toThrow(
      message,
    );
  });

  test("weights that are no number are named; a network without layers is refused", async () => {
    const net = network(1);
    net.initializers.get("w2")!.data[3 * 13 + 2] = Number.NaN;
    await expect(pruneInRounds(net, crossbars, options, tools([1]).made)).rejects.toThrow(
      'the weight of "d.node" at row 3, column 2 is NaN',
    );
    const none = graph([input("x", ["batch", 2])], {}, [node("Relu", ["x"], "y", {})], ["y"]);
    await expect(pruneInRounds(none, crossbars, options, tools([1]).made)).rejects.toThrow(
      "has no layer that could stand on a crossbar",
    );
  });

  test("an all-zero network, and arrays larger than its matrices, lose nothing that has to stay", async () => {
    const zeros = withInitializers(
      network(1),
      new Map(
        [...network(1).initializers].map(([name, { shape, data }]) => [
          name,
          f32(shape, [...data.map(() => 0)]),
        ]),
      ),
    );
    const empty = await pruneInRounds(zeros, crossbars, options, tools([1]).made);
    expect([empty.report.ended, empty.report.start.arrays, empty.report.rounds]).toEqual([
      "nothing left",
      0,
      [],
    ]);
    const large = { ...crossbars, array: { rows: 512, columns: 512 } };
    const found = await pruneInRounds(
      network(1),
      large,
      { ...options, rounds: 9 },
      tools(new Array(10).fill(1)).made,
    );
    // Two signs of four matrices on one array each, of which one sign of each may go.
    expect([found.report.start.arrays, found.report.end.arrays]).toEqual([8, 4]);
  });
});
