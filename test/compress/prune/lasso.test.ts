import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { differentiate, mul, total } from "../../../src/autodiff/index.js";
import { lambdaInput } from "../../../src/compress/prune/controller.js";
import { groupLasso, multiGroupLasso } from "../../../src/compress/prune/lasso.js";
import { type GroupedLayer, type GroupOptions, groupedLayers } from "../../../src/compress/prune/layers.js";
import { groupNorms } from "../../../src/compress/prune/norms.js";
import {
  normsOf,
  penaltyGradient,
  penaltyOf,
  proximalNorm,
  thresholdsOf,
} from "../../../src/compress/prune/reference.js";
import type { Graph } from "../../../src/graph/types.js";
import { createRandom } from "../../../src/random.js";
import { elementCount, f32, type Tensor } from "../../../src/tensor.js";
import type { LoopAddition } from "../../../src/train/stage.js";
import { graph, input, node, randomTensor } from "../../graph/build.js";
import { convNetwork, evaluateStep, onlyLayer, weightsOfNorms } from "./networks.js";

const weightsIn = (net: Graph, layers: readonly GroupedLayer[]): Map<string, Tensor> =>
  new Map(layers.map(({ weight }) => [weight, net.initializers.get(weight)!]));

/** The penalty of an addition and its gradient by the one layer's weights. */
function penalized(net: Graph, layer: GroupedLayer, addition: LoopAddition, lambdas: readonly number[]) {
  const [penalty, gradient] = evaluateStep(
    weightsIn(net, [layer]),
    { [lambdaInput]: lambdas },
    0.1,
    (step) => {
      const value = addition.penalties!["lasso"]!(step);
      return [value, ...differentiate(value, [step.parameter(layer.weight)])];
    },
  );
  return { penalty: penalty![0]!, gradient: gradient! };
}

/** The weights of the one layer behind an addition's change of the update. */
function changed(
  net: Graph,
  layer: GroupedLayer,
  addition: LoopAddition,
  lambdas: readonly number[],
  rate: number,
): Float64Array {
  const value = net.initializers.get(layer.weight)!;
  const parameter = { name: layer.weight, kind: "weight", value } as const;
  return evaluateStep(weightsIn(net, [layer]), { [lambdaInput]: lambdas }, rate, (step) => [
    addition.afterUpdate!(parameter, step.parameter(layer.weight), step),
  ])[0]!;
}

const expectClose = (made: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void => {
  expect(made.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++)
    expect(Math.abs(made[i]! - wanted[i]!), `element ${i}`).toBeLessThanOrEqual(
      tolerance * (1 + Math.abs(wanted[i]!)),
    );
};

describe("spec check 2", () => {
  const net = convNetwork(weightsOfNorms([1, 2, 3, 6], [4, 4, 4, 4]));
  const layer = onlyLayer(net, { groupRows: 72 });
  const lambdas = [0.1, 0.2];
  const weights = net.initializers.get(layer.weight)!.data;
  const norms = normsOf(weights, layer);
  /** Of each group, [column][position]: the gradient over w / |w|. */
  const slopes = (gradient: ArrayLike<number>) =>
    [0, 1, 2, 3].map((column) =>
      [0, 1].map((i) => {
        const at = column * 144 + i * 72;
        return gradient[at]! / (weights[at]! / norms[column * 2 + i]!);
      }),
    );

  test("thresholds, penalty and the gradient with thresholds held", () => {
    expectClose(thresholdsOf(norms, layer, { clip: 0.5 }), [1.5, 2], 1e-6);
    const addition = multiGroupLasso([layer], { lambda: 0.1, clip: 0.5 });
    const { penalty, gradient } = penalized(net, layer, addition, lambdas);
    expect(penalty).toBeCloseTo(0.1 * 5.5 + 0.2 * 8, 5);
    expect(penaltyOf(norms, layer, lambdas, [1.5, 2])).toBeCloseTo(2.15, 5);
    expectClose(slopes(gradient)[0]!, [0.1, 0], 1e-12);
    expectClose(slopes(gradient).slice(1).flat(), [0, 0, 0, 0, 0, 0], 1e-12);
  });

  test("through the thresholds every group gets k·a/G more", () => {
    const addition = multiGroupLasso([layer], { lambda: 0.1, clip: 0.5, deltaGradient: "through" });
    const { penalty, gradient } = penalized(net, layer, addition, lambdas);
    expect(penalty).toBeCloseTo(2.15, 5);
    expectClose(slopes(gradient).flat(), [0.1 + 0.0375, 0.1, 0.0375, 0.1, 0.0375, 0.1, 0.0375, 0.1], 1e-12);
  });

  test("plain group Lasso counts every norm in full", () => {
    const { penalty, gradient } = penalized(net, layer, groupLasso([layer], { lambda: 0.1 }), [0.1, 0.1]);
    expect(penalty).toBeCloseTo(0.1 * (12 + 16), 5);
    expectClose(slopes(gradient).flat(), new Array(8).fill(0.1), 1e-12);
  });
});

const shapes = fc.record({
  outputs: fc.integer({ min: 1, max: 5 }),
  channels: fc.integer({ min: 1, max: 9 }),
  kernel: fc.constantFrom([3, 3], [1, 2], [5, 3]),
  groupRows: fc.integer({ min: 1, max: 20 }),
  positions: fc.integer({ min: 1, max: 4 }),
  clip: fc.constantFrom(undefined, 0.5, 0.9, 1.3),
  layout: fc.constantFrom("conv", "dense", "denseTransposed", "neuron"),
  seed: fc.integer({ min: 0, max: 1 << 20 }),
});
type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

/** A layer of odd size with norms all over the place, some groups of it 0. */
function randomLayer({ outputs, channels, kernel, groupRows, positions, layout, seed }: Shape) {
  const options: GroupOptions = { groupRows, arrayRows: groupRows * positions };
  const rows = channels * kernel[0]! * kernel[1]!;
  const transB = layout !== "dense";
  const shape =
    layout === "conv"
      ? [outputs, channels, kernel[0]!, kernel[1]!]
      : transB
        ? [outputs, rows]
        : [rows, outputs];
  const empty = f32(shape, new Float32Array(elementCount(shape)));
  const netOf = (weights: Tensor) =>
    layout === "conv"
      ? convNetwork(weights)
      : graph(
          [input("x", [1, rows])],
          { w: weights },
          [node("Gemm", ["x", "w"], "y", { alpha: 1, beta: 1, transA: false, transB })],
          ["y"],
        );
  const dense = layout === "neuron" ? ("neuron" as const) : ("rows" as const);
  const layer = onlyLayer(
    netOf(empty),
    layout === "conv" ? options : { ...options, dense: { "y.node": dense } },
  );
  const random = createRandom(seed);
  const scales = Array.from({ length: layer.grid.columns * layer.bands.length }, () =>
    random.uniform() < 0.2 ? 0 : 2 * random.uniform(),
  );
  const data = new Float32Array(randomTensor(shape, seed).data);
  for (let column = 0; column < layer.grid.columns; column++)
    for (const [b, { firstRow, rowCount }] of layer.bands.entries())
      for (let row = firstRow; row < firstRow + rowCount; row++)
        data[layer.outputMajor ? column * rows + row : row * outputs + column]! *=
          scales[column * layer.bands.length + b]!;
  const weights = f32(shape, data);
  const lambdas = Array.from({ length: layer.grid.positions }, () => random.uniform());
  return { net: netOf(weights), layer, weights, lambdas };
}

describe("on layers of odd sizes, tails and zero groups", () => {
  test.each(["detached", "through"] as const)(
    "values and gradients are the reference's, %s",
    (deltaGradient) => {
      fc.assert(
        fc.property(shapes, (shape) => {
          const { net, layer, weights, lambdas } = randomLayer(shape);
          const { clip } = shape;
          const lambda = layer.neuron ? lambdas[0]! : 0.5;
          const addition = clip
            ? multiGroupLasso([layer], { lambda, clip, deltaGradient })
            : groupLasso([layer], { lambda });
          const { penalty, gradient } = penalized(net, layer, addition, lambdas);
          const norms = normsOf(weights.data, layer);
          const deltas = thresholdsOf(norms, layer, clip ? { clip } : undefined);
          expectClose([penalty], [penaltyOf(norms, layer, lambdas, deltas)], 1e-12);
          const through = deltaGradient === "through" ? clip : undefined;
          expectClose(gradient, penaltyGradient(weights.data, layer, lambdas, deltas, through), 1e-10);
        }),
        { numRuns: 60 },
      );
    },
  );

  test("a layer's own clip goes before that of all; 0 leaves it alone", () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom(0, 0.6, 1.2), (shape, own) => {
        const { net, layer, weights, lambdas } = randomLayer(shape);
        const lambda = layer.neuron ? lambdas[0]! : 0.5;
        const clipping = { clip: 5, clipLayers: { [layer.node]: own } };
        const { penalty, gradient } = penalized(
          net,
          layer,
          multiGroupLasso([layer], { lambda, ...clipping }),
          lambdas,
        );
        const norms = normsOf(weights.data, layer);
        const deltas = thresholdsOf(norms, layer, { clip: own });
        expect(thresholdsOf(norms, layer, clipping)).toEqual(deltas);
        expectClose([penalty], [penaltyOf(norms, layer, lambdas, deltas)], 1e-12);
        expectClose(gradient, penaltyGradient(weights.data, layer, lambdas, deltas), 1e-10);
        if (own === 0) expect(Math.max(0, ...gradient.map(Math.abs))).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  test("gradients are central differences of the penalty", () => {
    fc.assert(
      fc.property(shapes, fc.boolean(), (shape, held) => {
        const { layer, weights, lambdas } = randomLayer(shape);
        const clipping = shape.clip ? { clip: shape.clip } : undefined;
        const at = Float64Array.from(weights.data);
        const fixed = thresholdsOf(normsOf(at, layer), layer, clipping);
        const penalty = () => {
          const norms = normsOf(at, layer);
          return penaltyOf(norms, layer, lambdas, held ? fixed : thresholdsOf(norms, layer, clipping));
        };
        const gradient = penaltyGradient(at, layer, lambdas, fixed, held ? undefined : shape.clip);
        // Zero groups have a corner there, which no difference sees.
        for (let i = 0; i < at.length; i += 7) {
          if (at[i] === 0) continue;
          const value = at[i]!;
          const [up, down] = [1e-6, -1e-6].map((h) => {
            at[i] = value + h;
            return penalty();
          });
          at[i] = value;
          expect(Math.abs((up! - down!) / 2e-6 - gradient[i]!)).toBeLessThan(1e-6);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("proximal steps are the reference's", () => {
    fc.assert(
      fc.property(shapes, fc.double({ min: 0, max: 3, noNaN: true }), (shape, rate) => {
        const { net, layer, weights, lambdas } = randomLayer(shape);
        const lambda = layer.neuron ? lambdas[0]! : 0.5;
        const { clip } = shape;
        const addition = clip
          ? multiGroupLasso([layer], { lambda, clip, update: "proximal" })
          : groupLasso([layer], { lambda, update: "proximal" });
        const made = changed(net, layer, addition, lambdas, rate);
        const norms = normsOf(weights.data, layer);
        const deltas = thresholdsOf(norms, layer, clip ? { clip } : undefined);
        const wanted = norms.map((norm, group) => {
          const { position } = layer.bands[group % layer.bands.length]!;
          return proximalNorm(norm, rate * lambdas[position]!, deltas[position]!);
        });
        expectClose(normsOf(made, layer), wanted, 1e-9);
        expect(addition.penalties).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  test("a group of zeros has norm 0 and gradient 0, in single precision too", () => {
    const layer = onlyLayer(convNetwork(f32([2, 16, 3, 3], new Float32Array(288))), { groupRows: 72 });
    for (const tiny of [0, 1e-30, 1e-13]) {
      const weights = new Map([[layer.weight, f32(layer.shape, new Float32Array(288).fill(tiny))]]);
      const [norms, gradient] = evaluateStep(weights, {}, 0.1, ({ parameter }) => {
        const made = groupNorms(parameter(layer.weight), layer);
        return [made, ...differentiate(total(mul(made, made)), [parameter(layer.weight)])];
      });
      expect([...norms!]).toEqual([0, 0, 0, 0]);
      expect(gradient!.every((g) => g === 0)).toBe(true);
    }
  });
});

test("padding is in no mean: a tail group counts as one group, whatever its length", () => {
  // 10 rows in groups of 4 and arrays of 8: bands of 4, 4 and 2 rows at the positions 0, 1 and 0.
  const net = convNetwork(f32([1, 5, 1, 2], [3, 4, 6, 8, 0, 0, 5, 12, 8, 6]));
  const layer = onlyLayer(net, { groupRows: 4, arrayRows: 8 });
  const norms = normsOf(net.initializers.get(layer.weight)!.data, layer);
  expectClose(norms, [Math.hypot(3, 4, 6, 8), 13, 10], 1e-12);
  expectClose(
    thresholdsOf(norms, layer, { clip: 0.6 }),
    [0.6 * ((Math.hypot(3, 4, 6, 8) + 10) / 2), 0.6 * 13],
    1e-12,
  );
});

test("the mean over surviving groups leaves zero groups out", () => {
  const net = convNetwork(weightsOfNorms([0, 2, 0, 6], [0, 0, 0, 0]));
  const layer = onlyLayer(net, { groupRows: 72 });
  const addition = multiGroupLasso([layer], { lambda: 1, clip: 0.5, mean: "surviving" });
  const { penalty, gradient } = penalized(net, layer, addition, [1, 1]);
  // δ = 0.5 · (2 + 6) / 2; over all four groups it would be 1.
  expect(penalty).toBeCloseTo(2 + 2, 5);
  expect(gradient.every((g) => Number.isFinite(g))).toBe(true);
  const norms = normsOf(net.initializers.get(layer.weight)!.data, layer);
  const deltas = thresholdsOf(norms, layer, { clip: 0.5, mean: "surviving" }, [0, 0, 1, 0, 0, 0, 1, 0]);
  expectClose(deltas, [2, 0], 1e-6);
});

describe("the proximal step", () => {
  test("spec check 3", () => {
    const close = (norm: number, shrink: number, delta: number, wanted: number) =>
      expect(proximalNorm(norm, shrink, delta)).toBeCloseTo(wanted, 12);
    close(0.39, 0.4, 1.1, 0);
    close(1.2, 0.4, 1.1, 0.8);
    close(1.4, 0.4, 1.1, 1.4);
    close(0.25, 0.4, 0.1, 0);
    close(0.5, 0.4, 0.1, 0.5);
    close(0.2828, 0.4, 0.1, 0);
    close(0.2829, 0.4, 0.1, 0.2829);
  });

  test("is the exact minimiser", () => {
    const number = (max: number) => fc.double({ min: 0, max, noNaN: true });
    fc.assert(
      fc.property(number(3), number(2), number(3), number(4), (norm, shrink, delta, other) => {
        const cost = (x: number) => 0.5 * (x - norm) ** 2 + shrink * Math.min(x, delta);
        expect(cost(proximalNorm(norm, shrink, delta))).toBeLessThanOrEqual(cost(other) + 1e-12);
      }),
      { numRuns: 2000 },
    );
  });

  test("without a penalty nothing moves, to the last bit", () => {
    const net = convNetwork(randomTensor([3, 7, 3, 3], 4));
    const layer = onlyLayer(net, { groupRows: 10, arrayRows: 30 });
    const addition = multiGroupLasso([layer], { lambda: 0, clip: 0.7, update: "proximal" });
    const made = changed(net, layer, addition, [0, 0, 0], 0.1);
    expect([...made]).toEqual([...net.initializers.get(layer.weight)!.data]);
  });
});

describe("spec check 11, the lopsided toy", () => {
  const line = (from: number, to: number) =>
    Array.from({ length: 101 }, (_, i) => from + i * ((to - from) / 100));
  const targets = [line(0.5, 1.5), line(0.25, 0.75)] as const;
  const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const perPosition = targets.map((norms) => 0.9 * average(norms));

  test("plain group Lasso prunes 11 and 70, a lambda for each position 41 and 41", () => {
    const pruned = (lambdas: readonly number[]) =>
      targets.map(
        (norms, i) =>
          norms.filter((norm) => proximalNorm(norm, lambdas[i]!, Number.POSITIVE_INFINITY) === 0).length,
      );
    expect(pruned([0.6, 0.6])).toEqual([11, 70]);
    expect(pruned(perPosition)).toEqual([41, 41]);
  });

  /** 101 columns of one weight per position, so that the norm of a group is its weight to the last bit. */
  test("and so do the graphs, in one step of rate 1 from the minimum of the quadratic loss", () => {
    const data = targets[0].flatMap((norm, column) => [norm, targets[1][column]!]);
    const net = convNetwork(f32([101, 1, 1, 2], data));
    const layer = onlyLayer(net, { groupRows: 1, arrayRows: 2 });
    const weights = new Map([
      [layer.weight, { dtype: "f64", shape: layer.shape, data: Float64Array.from(data) }],
    ]);
    const zeros = (lambdas: readonly number[]) => {
      const addition = groupLasso([layer], { lambda: 0.6, update: "proximal" });
      const parameter = {
        name: layer.weight,
        kind: "weight",
        value: net.initializers.get(layer.weight)!,
      } as const;
      const [made] = evaluateStep(weights as Map<string, Tensor>, { [lambdaInput]: lambdas }, 1, (step) => [
        addition.afterUpdate!(parameter, step.parameter(layer.weight), step),
      ]);
      return [0, 1].map((i) => made!.filter((w, at) => at % 2 === i && w === 0).length);
    };
    expect(zeros([0.6, 0.6])).toEqual([11, 70]);
    expect(zeros(perPosition)).toEqual([41, 41]);
  });
});

describe("dense layers", () => {
  const dense = (how: "rows" | "neuron") => {
    const net = graph(
      [input("x", [1, 4])],
      { w: f32([1, 4], [3, 4, 0, 2]) },
      [node("Gemm", ["x", "w"], "y", { alpha: 1, beta: 1, transA: false, transB: true })],
      ["y"],
    );
    return { net, layer: groupedLayers(net, { groupRows: 2, arrayRows: 4, dense: { "y.node": how } })[0]! };
  };
  const penaltyFor = (how: "rows" | "neuron", lambda: number, lambdaDense: number | undefined) => {
    const { net, layer } = dense(how);
    const addition = groupLasso([layer], { lambda, ...(lambdaDense === undefined ? {} : { lambdaDense }) });
    return penalized(net, layer, addition, [lambda, 3 * lambda]).penalty;
  };

  test("by rows have their own lambda, which follows the positions' ratios", () => {
    expect(penaltyFor("rows", 0.1, undefined)).toBeCloseTo(0.1 * 5 + 0.3 * 2, 12);
    expect(penaltyFor("rows", 0.1, 0.4)).toBeCloseTo(0.4 * 5 + 1.2 * 2, 12);
    expect(penaltyFor("rows", 0, 0.4)).toBeCloseTo(0.4 * (5 + 2), 12);
  });

  test("by neurons have one that stays", () => {
    expect(penaltyFor("neuron", 0.1, undefined)).toBeCloseTo(0.1 * Math.sqrt(29), 12);
    expect(penaltyFor("neuron", 0.1, 0.4)).toBeCloseTo(0.4 * Math.sqrt(29), 12);
  });
});

test.each<[string, (layer: string) => unknown, string]>([
  ["a negative lambda", () => ({ lambda: -1, clip: 1 }), "lambda of the group Lasso is -1"],
  [
    "a lambda of dense layers that is no number",
    () => ({ lambda: 1, lambdaDense: Number.NaN, clip: 1 }),
    "lambdaDense of the group Lasso is NaN",
  ],
  [
    "a clip for a layer that is none",
    () => ({ lambda: 1, clip: 1, clipLayers: { "z.node": 1 } }),
    'clipLayers is given for "z.node", which is no such layer of this network',
  ],
  [
    "a negative clip of a layer",
    (layer) => ({ lambda: 1, clip: 1, clipLayers: { [layer]: -1 } }),
    "clipLayers is -1 for ",
  ],
  ["a clip of 0", () => ({ lambda: 1, clip: 0 }), "the clip of the multi-group Lasso is 0"],
  [
    "a gradient through thresholds that a proximal step holds",
    () => ({ lambda: 1, clip: 1, update: "proximal", deltaGradient: "through" }),
    'deltaGradient is "through"',
  ],
])("%s is refused", (_title, options, message) => {
  const layer = onlyLayer(convNetwork(randomTensor([2, 3, 3, 3], 1)), { groupRows: 9 });
  expect(() =>
    multiGroupLasso([layer], options(layer.node) as Parameters<typeof multiGroupLasso>[1]),
  ).toThrow(message);
  expect(() => multiGroupLasso([], { lambda: 1, clip: 1 })).toThrow("no layer with groups");
});
