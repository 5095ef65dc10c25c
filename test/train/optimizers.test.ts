import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../src/autodiff/builder.js";
import { evaluateGraph } from "../../src/graph/evaluate.js";
import { verify } from "../../src/graph/verify.js";
import { f32, type Tensor, tensor } from "../../src/tensor.js";
import { createOptimizer, type OptimizerOptions } from "../../src/train/optimizers.js";
import { graph, input, randomTensor } from "../graph/build.js";
import { ReferenceOptimizer } from "./reference.js";

const shape = [3, 5];

/** The update as a graph of its own: parameter, gradient, memory, rate and count in, all but gradient and rate out. */
function updateGraph(options: OptimizerOptions, decay: number) {
  const optimizer = createOptimizer(options);
  const fed = ["parameter", "gradient", ...optimizer.slots].map((name) => input(name, shape));
  const builder = new GraphBuilder(graph([...fed, input("rate", []), input("count", [], "f64")], {}, [], []));
  const value = (name: string) => builder.value(name);
  const { parameter, slots } = optimizer.update(
    value("parameter"),
    value("gradient"),
    decay,
    value,
    value("rate"),
    value("count"),
  );
  const outputs = [["parameter", parameter] as const, ...slots].map(
    ([name, next]) => builder.named(next, `${name}/next`).name,
  );
  return { net: verify(builder.build(outputs)), slots: optimizer.slots };
}

const count = (steps: number): Tensor => tensor("f64", [], Float64Array.of(steps));

const optimizers: OptimizerOptions[] = [
  { kind: "sgd" },
  { kind: "sgd", momentum: 0.9 },
  { kind: "sgd", momentum: 0.9, nesterov: true },
  { kind: "adam" },
  { kind: "adam", beta1: 0.8, beta2: 0.95, epsilon: 1e-3 },
  { kind: "adam", decoupled: true },
];

describe.each(optimizers.flatMap((options) => [0, 0.05].map((decay) => [options, decay] as const)))(
  "%j with weight decay %d",
  (options, decay) => {
    test("ten steps follow the reference", () => {
      const { net, slots } = updateGraph(options, decay);
      const reference = new ReferenceOptimizer(options, decay);
      const start = randomTensor(shape, 1);
      const expected = Float64Array.from(start.data);
      let state = new Map<string, Tensor>([
        ["parameter", start],
        ...slots.map((slot) => [slot, tensor("f32", shape)] as const),
      ]);
      for (let step = 1; step <= 10; step++) {
        const gradient = randomTensor(shape, 100 + step);
        const rate = 0.1 / step;
        const feeds = new Map([...state, ["gradient", gradient], ["rate", f32([], [rate])]]);
        if (net.inputs.some(({ name }) => name === "count")) feeds.set("count", count(step));
        const made = evaluateGraph(net, feeds);
        state = new Map([...state.keys()].map((name) => [name, made.get(`${name}/next`)!]));
        reference.step(expected, Float64Array.from(gradient.data), rate);
        const { data } = state.get("parameter")!;
        for (const [i, value] of expected.entries()) expect(Math.abs(data[i]! - value)).toBeLessThan(2e-6);
      }
      expect([...state.get("parameter")!.data]).not.toEqual([...start.data]);
    });
  },
);

test("plain SGD, by hand: 2 − 0.5 · (3 + 0.1 · 2)", () => {
  const { net } = updateGraph({ kind: "sgd" }, 0.1);
  const filled = (value: number) => f32(shape, new Array(15).fill(value));
  const feeds = new Map<string, Tensor>([
    ["parameter", filled(2)],
    ["gradient", filled(3)],
    ["rate", f32([], [0.5])],
    ["count", count(1)],
  ]);
  expect(evaluateGraph(net, feeds).get("parameter/next")!.data[0]).toBeCloseTo(0.4, 6);
});

test.each<[OptimizerOptions, string]>([
  [{ kind: "sgd", momentum: 1 }, "momentum is 1"],
  [{ kind: "sgd", momentum: -0.1 }, "momentum is -0.1"],
  [{ kind: "sgd", nesterov: true }, "nesterov is on and momentum is 0"],
  [{ kind: "adam", beta1: 1 }, "beta1 is 1"],
  [{ kind: "adam", beta2: Number.NaN }, "beta2 is NaN"],
  [{ kind: "adam", epsilon: 0 }, "epsilon is 0"],
])("%j is refused", (options, message) => {
  expect(() => createOptimizer(options)).toThrow(message);
});
