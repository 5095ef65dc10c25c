import { describe, expect, test } from "vitest";
import { gradientGraph } from "../../src/autodiff/differentiate.js";
import { gradients } from "../../src/autodiff/gradients.js";
import { bindDims } from "../../src/graph/edit.js";
import { evaluateGraph } from "../../src/graph/evaluate.js";
import { opKinds } from "../../src/graph/ops.js";
import { verify } from "../../src/graph/verify.js";
import { f32, type Tensor } from "../../src/tensor.js";
import { graph, input, node, window } from "../graph/build.js";
import { type Case, cases } from "./cases.js";
import { centralDifferences, lossOf } from "./finite.js";

const title = ({ op, attributes, operands }: Case): string =>
  `${op} ${JSON.stringify(attributes)} ${operands.map((x) => (x ? `[${x.shape}]` : "_")).join(" ")}`;

/** The loss whose derivative the rule claims to make: the operator's, or its surrogate's. */
function differentiable(item: Case) {
  if (!item.surrogate) return lossOf(item, "f64");
  const [op, attributes, operands] = item.surrogate;
  const own = operands.map((operand) => (typeof operand === "number" ? item.operands[operand]! : operand));
  // Operands of the surrogate that are not the operator's are constants.
  const constant = operands.flatMap((operand, i) => (typeof operand === "number" ? [] : [i]));
  const loss = lossOf({ op, attributes, operands: own, outputs: 1, constant }, "f64");
  const indices = operands.filter((operand) => typeof operand === "number");
  return { ...loss, by: loss.by, indices };
}

describe.each(cases.map((item) => [title(item), item] as const))("%s", (_title, item) => {
  test("the rule agrees with central differences", () => {
    // FakeQuantize works on f32 only; its gradients are products of masks and weights.
    const dtype = item.op === "FakeQuantize" ? "f32" : "f64";
    const own = lossOf(item, dtype);
    const net = verify(gradientGraph(own.graph, "loss", own.by));
    const made = evaluateGraph(net, own.feeds);
    const finite = differentiable(item);
    expect(finite.by.length).toBe(own.by.length);
    for (const [i, name] of own.by.entries()) {
      const gradient = made.get(`d loss/d ${name}`)!;
      expect(gradient.shape).toEqual(own.feeds.get(name)!.shape);
      const differences = centralDifferences(finite, finite.by[i]!);
      for (const [at, expected] of differences.entries())
        expect(Math.abs(gradient.data[at]! - expected)).toBeLessThan(1e-6 * (1 + Math.abs(expected)));
    }
  });
});

test("every operator is among the cases, and no case is without a rule", () => {
  expect(new Set(cases.map(({ op }) => op))).toEqual(new Set(opKinds));
  expect(Object.keys(gradients).sort()).toEqual([...opKinds].sort());
});

test("every operator with a float input and a float output is differentiated by something", () => {
  const without = new Set([
    "Constant",
    "Shape",
    "ConstantOfShape",
    "Range",
    "Sign",
    "Equal",
    "Greater",
    "Less",
    "And",
    "Not",
    "ArgMax",
  ]);
  for (const op of opKinds) {
    const nonZero = cases.some((item) => {
      if (item.op !== op) return false;
      const own = lossOf(item, "f32");
      const made = evaluateGraph(gradientGraph(own.graph, "loss", own.by), own.feeds);
      return own.by.some((name) => made.get(`d loss/d ${name}`)!.data.some((value) => value !== 0));
    });
    expect([op, nonZero]).toEqual([op, !without.has(op)]);
  }
});

describe("where a derivative jumps", () => {
  /** Gradients of Σ y by the operands. */
  function gradientsOf(item: Case): Record<string, number[]> {
    const own = lossOf(item, "f64");
    const plain = [...own.graph.initializers].map(([name, value]) => {
      const ones = { ...value, data: Float64Array.from(value.data, () => 1) };
      return [name, name.startsWith("weight") ? ones : value] as const;
    });
    const net = gradientGraph({ ...own.graph, initializers: new Map(plain) }, "loss", own.by);
    const made = evaluateGraph(net, own.feeds);
    return Object.fromEntries(own.by.map((name) => [name, [...made.get(`d loss/d ${name}`)!.data]]));
  }
  const it = (op: Case["op"], attributes: Case["attributes"], ...operands: Tensor[]) =>
    gradientsOf({ op, attributes, operands, outputs: 1, constant: [] });
  const vector = (...values: number[]) => f32([values.length], values);

  test("Relu and Abs have 0 at 0", () => {
    expect(it("Relu", {}, vector(-1, 0, 2))).toEqual({ x0: [0, 0, 1] });
    expect(it("Abs", {}, vector(-1, 0, 2))).toEqual({ x0: [-1, 0, 1] });
  });

  test("of equal operands of Min and Max the first gets it", () => {
    expect(it("Max", {}, vector(1, 2, 3), vector(1, 3, 2))).toEqual({ x0: [1, 0, 1], x1: [0, 1, 0] });
    expect(it("Min", {}, vector(1, 2, 3), vector(1, 3, 2))).toEqual({ x0: [1, 1, 0], x1: [0, 0, 1] });
  });

  test("PACT passes from 0 to below alpha, and alpha gets what lies at or above it", () => {
    expect(it("Pact", { bits: 4 }, vector(-1, 0, 1, 2, 3), f32([], [2]))).toEqual({
      x0: [0, 1, 1, 0, 0],
      x1: [2],
    });
  });

  test("a Clip passes from its lower bound to below its upper one", () => {
    const [low, high] = [f32([], [-1]), f32([], [2])];
    expect(it("Clip", {}, vector(-2, -1, 0, 2, 3), low, high)).toEqual({
      x0: [0, 1, 1, 0, 0],
      x1: [1],
      x2: [2],
    });
  });

  test("a weight passes below the bound, or up to the range", () => {
    const weights = vector(-1, -0.5, 0.5, 0.75);
    const alpha = f32([], [0.5]);
    expect(it("QuantizeWeights", { bits: 4, passBelow: 1 }, weights, alpha)["x0"]).toEqual([0, 1, 1, 1]);
    expect(it("QuantizeWeights", { bits: 4, passBelow: null }, weights, alpha)["x0"]).toEqual([0, 1, 1, 0]);
  });

  test("the first of a pool's equal elements gets it", () => {
    const attributes = { ...window([2, 2]), ceilMode: false };
    expect(it("MaxPool", attributes, f32([1, 1, 2, 3], [5, 5, 5, 5, 5, 5]))).toEqual({
      x0: [1, 1, 0, 0, 0, 0],
    });
  });
});

test("a value that the loss does not depend on has a gradient of zeros", () => {
  const net = graph(
    [input("x", [2]), input("z", [3])],
    {},
    [node("ReduceSum", ["x"], "loss", { keepdims: false })],
    ["loss"],
  );
  const made = gradientGraph(net, "loss", ["x", "z"]);
  const feeds = new Map([
    ["x", f32([2], [1, 2])],
    ["z", f32([3], [1, 2, 3])],
  ]);
  const gradient = (name: string) => [...evaluateGraph(made, feeds).get(`d loss/d ${name}`)!.data];
  expect(gradient("x")).toEqual([1, 1]);
  expect(gradient("z")).toEqual([0, 0, 0]);
});

test("a value used twice gets both shares", () => {
  const net = graph(
    [input("x", [])],
    {},
    [node("Mul", ["x", "x"], "y", {}), node("Mul", ["y", "x"], "loss", {})],
    ["loss"],
  );
  const made = evaluateGraph(gradientGraph(net, "loss", ["x", "y"]), new Map([["x", f32([], [3])]]));
  expect([...made.get("d loss/d x")!.data, ...made.get("d loss/d y")!.data]).toEqual([27, 3]);
});

test("a dynamic batch is refused with the way out", () => {
  const net = graph(
    [input("x", ["batch"])],
    {},
    [node("ReduceSum", ["x"], "loss", { keepdims: false })],
    ["loss"],
  );
  expect(() => gradientGraph(net, "loss", ["x"])).toThrow(
    '"x" has the shape [batch], and training needs fixed sizes',
  );
  expect(() => bindDims(net, { size: 3 })).toThrow('graph "test" has no dynamic dimension "size"');
  expect(() => bindDims(net, { batch: 1.5 })).toThrow('dimension "batch" is given the size 1.5');
  expect(gradientGraph(bindDims(net, { batch: 3 }), "loss", ["x"]).inputs[0]!.type.shape).toEqual([3]);
});
