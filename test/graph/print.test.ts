import { expect, test } from "vitest";
import { macs, macsPerNode, parameterCount } from "../../src/graph/count.js";
import { consumers, freshName, namesOf, producers, replaceNodes } from "../../src/graph/edit.js";
import { print } from "../../src/graph/print.js";
import { f32, i64, tensor } from "../../src/tensor.js";
import { counting, graph, input, node, scalar, window } from "./build.js";

const net = graph(
  [input("x", ["batch", 2, 8, 8])],
  {
    w: counting([8, 2, 3, 3]),
    b: counting([8]),
    scale: counting([8]),
    bias: counting([8]),
    mean: counting([8]),
    variance: counting([8]),
    low: scalar(0),
    high: scalar(6),
    shape: i64([0, -1]),
    fc: counting([10, 32]),
    unread: i64([1]),
  },
  [
    node("Conv", ["x", "w", "b"], "c", {
      ...window([3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }),
      group: 1,
    }),
    node("BatchNormalization", ["c", "scale", "bias", "mean", "variance"], "n", {
      epsilon: Math.fround(1e-5),
    }),
    node("Clip", ["n", "low", "high"], "r", {}),
    node("Clip", ["r", "", "high"], "q", {}),
    node("MaxPool", ["q"], "p", { ...window([2, 2], { strides: [2, 2] }), ceilMode: false }),
    node("Reshape", ["p", "shape"], "f", { allowZero: false }),
    node("Dropout", ["f"], ["d", ""], {}),
    node("Gemm", ["d", "fc"], "y", { alpha: 1, beta: 1, transA: false, transB: true }),
    node("FakeQuantize", ["y"], "z", { bits: 4, scale: 0.25, zeroPoint: 3 }),
    node("Constant", [], "k", { value: i64([1, 2]) }),
    node("Constant", [], "big", { value: tensor("u8", [3, 3]) }),
    node("ConstantOfShape", ["k"], "s", { value: f32([1], [0.5]) }),
  ],
  ["z", "s"],
);

test("a graph prints one line per input, constant and node", () => {
  expect(print(net)).toMatchInlineSnapshot(`
    "input x:f32[batch,2,8,8]
    constant w:f32[8,2,3,3]
    constant b:f32[8]
    constant scale:f32[8]
    constant bias:f32[8]
    constant mean:f32[8]
    constant variance:f32[8]
    constant fc:f32[10,32]
    constant unread:i64[1]
    c:f32[batch,8,4,4] = Conv x w b { strides: [2,2], pads: [1,1,1,1] }
    n:f32[batch,8,4,4] = BatchNormalization c scale bias mean variance
    r:f32[batch,8,4,4] = Clip n 0 6
    q:f32[batch,8,4,4] = Clip r _ 6
    p:f32[batch,8,2,2] = MaxPool q { kernel: [2,2], strides: [2,2] }
    f:f32[batch,32] = Reshape p [0,-1]
    d:f32[batch,32], _ = Dropout f
    y:f32[batch,10] = Gemm d fc { transB: true }
    z:f32[batch,10] = FakeQuantize y { bits: 4, scale: 0.25, zeroPoint: 3 }
    k:i64[2] = Constant { value: i64[2] [1,2] }
    big:u8[3,3] = Constant { value: u8[3,3] }
    s:f32[1,2] = ConstantOfShape k { value: f32[1] [0.5] }
    output z, s"
  `);
});

test("a graph whose types do not fit prints without them", () => {
  const broken = graph([input("x", [2])], {}, [node("Add", ["x", "nowhere"], "y", {})], ["y"]);
  expect(print(broken)).toMatchInlineSnapshot(`
    "input x:f32[2]
    y = Add x nowhere
    output y"
  `);
});

test("multiply-accumulates count the batch once", () => {
  expect(Object.fromEntries(macsPerNode(net))).toEqual({ "c.node": 8 * 4 * 4 * 2 * 9, "y.node": 10 * 32 });
  expect(macs(net)).toBe(8 * 4 * 4 * 2 * 9 + 320);
  const eight = { ...net, inputs: [input("x", [8, 2, 8, 8])] };
  expect(macs(eight)).toBe(macs(net));
  const product = graph(
    [input("x", ["batch", 7, 4])],
    { w: counting([4, 5]) },
    [node("MatMul", ["x", "w"], "y", {})],
    ["y"],
  );
  expect(macs(product)).toBe(7 * 4 * 5);
});

test("parameters are counted as PyTorch does", () => {
  expect(parameterCount(net)).toBe(8 * 2 * 9 + 8 + 2 * 8 + 320);
  const linear = graph(
    [input("x", ["batch", 7, 4])],
    { w: counting([4, 5]), b: counting([5]), other: counting([5]) },
    [
      node("MatMul", ["x", "w"], "m", {}),
      node("Add", ["b", "m"], "a", {}),
      node("Add", ["a", "other"], "y", {}),
    ],
    ["y"],
  );
  expect(parameterCount(linear)).toBe(25);
  const shared = graph(
    [input("x", ["batch", 4])],
    { w: counting([4, 4]) },
    [node("MatMul", ["x", "w"], "m", {}), node("MatMul", ["m", "w"], "y", {})],
    ["y"],
  );
  expect(parameterCount(shared)).toBe(16);
});

test("producers, consumers and names", () => {
  expect(producers(net).get("n")!.op).toBe("BatchNormalization");
  expect(producers(net).get("x")).toBeUndefined();
  expect(
    consumers(net)
      .get("high")!
      .map(({ name }) => name),
  ).toEqual(["r.node", "q.node"]);
  expect(consumers(net).get("z")).toBeUndefined();
  const names = namesOf(net);
  expect([
    freshName(names, "w"),
    freshName(names, "w"),
    freshName(names, "new"),
    freshName(names, "new"),
  ]).toEqual(["w_1", "w_2", "new", "new_1"]);
});

test("replaceNodes keeps, drops and splits nodes, and brings their constants", () => {
  const before = graph(
    [input("x", [2])],
    {},
    [node("Relu", ["x"], "a", {}), node("Tanh", ["a"], "y", {})],
    ["y"],
  );
  const after = replaceNodes(
    before,
    (one) => (one.op === "Relu" ? [] : [node("Add", ["x", "one"], "b", {}), { ...one, inputs: ["b"] }]),
    new Map([["one", scalar(1)]]),
  );
  expect(print(after)).toMatchInlineSnapshot(`
    "input x:f32[2]
    b:f32[2] = Add x 1
    y:f32[2] = Tanh b
    output y"
  `);
  expect(before.nodes).toHaveLength(2);
});
