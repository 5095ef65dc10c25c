import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Crossbars,
  crossbarMatrices,
  heldSegments,
  keptWeights,
  layerParts,
  pruneSegments,
  withKept,
} from "../../../../src/compress/prune/crossbar/index.js";
import { weightCount } from "../../../../src/compress/prune/crossbar/segments.js";
import { maskedWeights } from "../../../../src/compress/prune/weight-masks.js";
import { evaluationModel } from "../../../../src/compress/quantize/evaluation.js";
import { evaluateGraph } from "../../../../src/graph/index.js";
import type { Graph } from "../../../../src/graph/types.js";
import { countExchange, exchangeColumns } from "../../../../src/mapping/column-exchange/index.js";
import { place } from "../../../../src/mapping/place.js";
import { arrayCount } from "../../../../src/mapping/table.js";
import { verifyPlacement } from "../../../../src/mapping/verify.js";
import { exportOnnx } from "../../../../src/onnx/export.js";
import { createRandom } from "../../../../src/random.js";
import { openRuntime } from "../../../../src/runtime/open.js";
import type { Runtime } from "../../../../src/runtime/types.js";
import { Simulator } from "../../../../src/simulate/index.js";
import { f32, type Tensor, tensor } from "../../../../src/tensor.js";
import { combine, type LoopAddition } from "../../../../src/train/stage.js";
import { trainingStep, withInitializers } from "../../../../src/train/step.js";
import { randomTensor } from "../../../graph/build.js";
import { testHardware } from "../../../support/hardware.js";
import { runnerOf } from "../../../support/resnet20.js";
import { smallNetwork as placeable, smallImages } from "../../../support/small-network.js";
import { quantized, smallNetwork } from "../../../train/networks.js";
import { withStoredRanges } from "../networks.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const crossbarsOf = (sign: Crossbars["encoding"]["sign"]): Crossbars => ({
  array: { rows: 4, columns: 12 },
  encoding: { cellBits: 2, sign, compose: "digital", offsetBy: "digital" },
  weightBits: 4,
});

/** Half of all weights of a network 0, then a share of its arrays freed. */
function pruned(net: Graph, crossbars: Crossbars, share = 0.3) {
  const random = createRandom(3);
  const parts = layerParts(net);
  const layers = new Set(parts.map(({ layer }) => layer.weight));
  const half = (value: Tensor): Tensor =>
    f32(
      value.shape,
      Array.from(value.data, (w) => (random.uniform() < 0.5 ? 0 : w)),
    );
  const sparse = withInitializers(
    net,
    new Map([...net.initializers].map(([name, value]) => [name, layers.has(name) ? half(value) : value])),
  );
  const ordered = crossbarMatrices(sparse, parts, crossbars).map((matrix) => ({
    ...matrix,
    exchange: exchangeColumns({ ...matrix, seed: 1 }),
  }));
  const found = pruneSegments(ordered, { mode: "remainder-aware", share, normalize: "layer-mean" });
  return { ...found, parts, ordered, graph: withKept(sparse, parts, found.kept) };
}

/** Five steps whose momentum pushes every weight, with what an addition does behind each. */
async function trained(net: Graph, addition: LoopAddition): Promise<Graph> {
  const step = trainingStep(net, {
    batch: 4,
    optimizer: { kind: "sgd", momentum: 0.9, nesterov: false },
    ...(addition.afterUpdate ? { afterUpdate: addition.afterUpdate } : {}),
  });
  const session = await runtime.load(exportOnnx(step.graph), { keepQuantizers: true });
  let state = Object.fromEntries(
    step.state.map(({ input, initial }) => [
      input,
      input.endsWith("/momentum")
        ? f32(
            initial.shape,
            Array.from(initial.data, (_, i) => (i % 2 === 0 ? 2 : -2)),
          )
        : initial,
    ]),
  );
  for (let i = 0; i < 5; i++) {
    const made = await session.run({
      ...state,
      [step.inputs.images]: randomTensor([4, 2, 9, 7], i),
      [step.inputs.labels]: tensor("i32", [4], Int32Array.of(0, 2, 1, 1)),
      [step.inputs.rate]: f32([], [0.05]),
    });
    state = Object.fromEntries(step.state.map(({ input, output }) => [input, made[output]!]));
  }
  await session.dispose();
  const parameters = step.parameters.map(({ name }) => [name, state[name]!] as const);
  return withInitializers(net, new Map(parameters));
}

describe.each([
  ["in float", smallNetwork(5)],
  ["with trained quantisers", withStoredRanges(quantized(smallNetwork(5)))],
])("%s, arrays of each sign", (_, net) => {
  const crossbars = crossbarsOf("splitArrays");
  const { graph, parts, ordered, kept, after } = pruned(net, crossbars);
  const arrays = (of: Graph) =>
    crossbarMatrices(of, parts, crossbars).reduce(
      (sum, m, i) => sum + countExchange(m.weights, ordered[i]!.exchange, m.room, m.planes).tiles,
      0,
    );

  test("arrays that pruning freed stay free while the rest is trained; masks alone do not do it", async () => {
    expect(arrays(graph)).toBe(after.arrays);
    const held = await trained(graph, combine([maskedWeights(graph), heldSegments(parts, kept)]));
    const masked = await trained(graph, maskedWeights(graph));
    expect(arrays(held)).toBeLessThanOrEqual(after.arrays);
    expect(arrays(masked)).toBeGreaterThan(after.arrays);
    // It did train: weights that are kept have moved, and every zero is where it was.
    let moved = 0;
    for (const { layer } of parts) {
      const [a, b] = [graph, held].map((of) => of.initializers.get(layer.weight)!.data);
      for (const [at, weight] of a!.entries()) {
        if (weight === 0) expect(b![at]).toBeCloseTo(0, 30);
        else if (weight !== b![at]) moved++;
      }
    }
    expect(moved).toBeGreaterThan(20);
  });
});

describe("with trained quantisers", () => {
  test("only the codes of pruned segments change, and the placed model has as many arrays as counted", async () => {
    const crossbars = crossbarsOf("splitArrays");
    const { graph, parts, ordered, kept, after } = pruned(
      withStoredRanges(quantized(smallNetwork(7))),
      crossbars,
    );
    const left = crossbarMatrices(graph, parts, crossbars);
    for (const [i, { weights }] of left.entries())
      expect([...weights]).toEqual([...keptWeights(ordered[i]!.weights, kept[i]!)].map((w) => w + 0));
    const model = await evaluationModel(graph, { groupRows: null }, runnerOf(runtime));
    const { array, encoding } = crossbars;
    const hardware = testHardware({ ...array, activeRows: 4 }, encoding);
    const exchanged = new Map(ordered.map(({ name, exchange }) => [name, exchange]));
    const placed = verifyPlacement(place(model, hardware, { scheme: "column-exchange", exchanged }));
    expect(placed.matrices.reduce((sum, { arrays }) => sum + arrayCount(arrays), 0)).toBe(after.arrays);
    const codes = placed.matrices.reduce((sum, matrix) => sum + weightCount(matrix.codes), 0);
    expect(codes).toBe(after.weights);
  });
});

describe("equivalence", () => {
  test.each(["splitArrays", "offset", "pairedColumns"] as const)(
    "%s: the pruned network's logits are those of its arrays, simulated bit by bit",
    (sign) => {
      const random = createRandom(21);
      const model = placeable(random);
      const crossbars = { ...crossbarsOf(sign), array: { rows: 12, columns: 16 } };
      const { graph, ordered, before, after } = pruned(model.graph, crossbars, 0.4);
      expect(after.arrays).toBeLessThan(before.arrays);
      const hardware = testHardware({ ...crossbars.array, activeRows: 6 }, crossbars.encoding);
      const exchanged = new Map(ordered.map(({ name, exchange }) => [name, exchange]));
      const placed = verifyPlacement(
        place({ ...model, graph }, hardware, { scheme: "column-exchange", exchanged }),
      );
      expect(placed.matrices.reduce((sum, { arrays }) => sum + arrayCount(arrays), 0)).toBe(after.arrays);
      const x = tensor("f32", [3, 3, 9, 7], smallImages(random, 3));
      const { logits } = new Simulator(placed, null).run(x);
      const float = evaluateGraph(graph, new Map([["image", x]])).get("logits")!.data as Float32Array;
      expect(Array.from(logits, (v, i) => Math.abs(v - float[i]!) < 1e-3)).not.toContain(false);
    },
  );
});
