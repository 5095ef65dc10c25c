import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import { evaluateGraph } from "../../src/graph/evaluate.js";
import { foldBatchNorm, unfoldBatchNorm } from "../../src/graph/passes/batch-norm.js";
import { foldConstants } from "../../src/graph/passes/fold-constants.js";
import { applyPasses, type Pass, simplify } from "../../src/graph/passes/index.js";
import { removeDeadCode, removeIdentity, removeUnusedInitializers } from "../../src/graph/passes/remove.js";
import { print } from "../../src/graph/print.js";
import type { Graph } from "../../src/graph/types.js";
import { verify } from "../../src/graph/verify.js";
import { f32, i64, tensor } from "../../src/tensor.js";
import { counting, graph, input, node, randomTensor, scalar, window } from "./build.js";
import { flattenBySize, randomNetwork, zeroPaddedShortcut } from "./networks.js";

/** The printout after a pass and the removal of what it left unused. */
const printedAfter = (pass: Pass, before: Graph): string =>
  print(applyPasses(before, [pass, removeDeadCode]));

describe("foldConstants", () => {
  test("PyTorch's zero-padded shortcut becomes Slice, Slice, Pad", () => {
    const shortcut = zeroPaddedShortcut("x", "y", 8, "cut");
    const before = graph([input("x", ["batch", 16, 32, 32])], shortcut.constants, shortcut.nodes, ["y"]);
    expect(printedAfter(foldConstants, before)).toMatchInlineSnapshot(`
      "input x:f32[batch,16,32,32]
      cut.rows:f32[batch,16,16,32] = Slice x [0] [max] [2] [2]
      cut.half:f32[batch,16,16,16] = Slice cut.rows [0] [max] [3] [2]
      y:f32[batch,32,16,16] = Pad cut.half [0,8,0,0,0,8,0,0] 0
      output y"
    `);
  });

  test("x.view(x.size(0), -1) becomes a Reshape to [0,-1]", () => {
    const view = flattenBySize("x", "y", "view");
    const before = graph([input("x", ["batch", 64, 1, 1])], view.constants, view.nodes, ["y"]);
    expect(printedAfter(foldConstants, before)).toMatchInlineSnapshot(`
      "input x:f32[batch,64,1,1]
      y:f32[batch,64] = Reshape x [0,-1]
      output y"
    `);
  });

  test("a symbol that moved is left open", () => {
    const moved = graph(
      [input("x", ["batch", 4])],
      { four: i64([4]) },
      [
        node("Shape", ["x"], "n", { start: 0, end: 1 }),
        node("Concat", ["four", "n"], "shape", { axis: 0 }),
        node("Reshape", ["x", "shape"], "y", { allowZero: true }),
      ],
      ["y"],
    );
    expect(printedAfter(foldConstants, moved)).toMatchInlineSnapshot(`
      "input x:f32[batch,4]
      y:f32[4,batch] = Reshape x [4,-1]
      output y"
    `);
    const two = graph(
      [input("x", ["a", "b", 2])],
      { index: i64([2, 1, 0]) },
      [
        node("Shape", ["x"], "s", { start: 0, end: null }),
        node("Gather", ["s", "index"], "shape", { axis: 0 }),
        node("Reshape", ["x", "shape"], "y", { allowZero: false }),
      ],
      ["y"],
    );
    // b keeps its place, a is left open.
    expect(printedAfter(foldConstants, two)).toMatchInlineSnapshot(`
      "input x:f32[a,b,2]
      y:f32[2,b,a] = Reshape x [2,0,-1]
      output y"
    `);
  });

  test("where two symbols moved, the Reshape keeps its computed shape", () => {
    const before = graph(
      [input("x", ["a", "b"])],
      { index: i64([1, 0]) },
      [
        node("Shape", ["x"], "s", { start: 0, end: null }),
        node("Gather", ["s", "index"], "shape", { axis: 0 }),
        node("Reshape", ["x", "shape"], "y", { allowZero: false }),
      ],
      ["y"],
    );
    expect(printedAfter(foldConstants, before)).toMatchInlineSnapshot(`
      "input x:f32[a,b]
      s:i64[2] = Shape x
      shape:i64[2] = Gather s [1,0]
      y:f32[b,a] = Reshape x shape
      output y"
    `);
  });

  test("Expand and Slice to the size of the batch", () => {
    const before = graph(
      [input("x", ["batch", 1])],
      { zero: i64([0]), three: i64([3]), axis: i64([0]) },
      [
        node("Shape", ["x"], "n", { start: 0, end: 1 }),
        node("Concat", ["n", "three"], "shape", { axis: 0 }),
        node("Expand", ["x", "shape"], "wide", {}),
        node("Slice", ["wide", "zero", "n", "axis"], "y", {}),
      ],
      ["y"],
    );
    expect(printedAfter(foldConstants, before)).toMatchInlineSnapshot(`
      "input x:f32[batch,1]
      wide:f32[batch,3] = Expand x [1,3]
      y:f32[batch,3] = Slice wide [0] [max] [0]
      output y"
    `);
  });

  test("weights that are computed from constants become constants", () => {
    const before = graph(
      [input("x", ["batch", 2])],
      { w: counting([3, 2]) },
      [node("Transpose", ["w"], "wt", { perm: [1, 0] }), node("MatMul", ["x", "wt"], "y", {})],
      ["y"],
    );
    const folded = applyPasses(before, [foldConstants, removeDeadCode]);
    expect(print(folded)).toMatchInlineSnapshot(`
      "input x:f32[batch,2]
      constant wt:f32[2,3]
      y:f32[batch,3] = MatMul x wt
      output y"
    `);
    expect(folded.initializers.get("wt")).toEqual(f32([2, 3], [0, 2, 4, 1, 3, 5]));
  });

  test("an output of the graph that is constant keeps its name", () => {
    const before = graph([], {}, [node("Constant", [], "y", { value: scalar(3) })], ["y"]);
    const folded = applyPasses(before, [foldConstants]);
    expect(folded.nodes).toEqual([]);
    expect(evaluateGraph(folded, new Map()).get("y")).toEqual(scalar(3));
  });

  test("a large constant is left to the runtime, and many middling ones are not all made", () => {
    const shapeOf = (count: number) => i64([count]);
    const fill = { value: scalar(1) };
    const large = graph([], { s: shapeOf(2 ** 24 + 1) }, [node("ConstantOfShape", ["s"], "y", fill)], ["y"]);
    expect(foldConstants(large).nodes).toHaveLength(1);
    const many = Array.from({ length: 10 }, (_, i) => node("ConstantOfShape", ["s"], `y${i}`, fill));
    const middling = graph([], { s: shapeOf(2 ** 22) }, many, ["y0"]);
    expect(foldConstants(middling).nodes.length).toBeGreaterThanOrEqual(6);
  });

  test("does not change the graph it is given", () => {
    const before = randomNetwork(3);
    const [nodes, names] = [[...before.nodes], [...before.initializers.keys()]];
    simplify(before);
    expect(before.nodes).toEqual(nodes);
    expect([...before.initializers.keys()]).toEqual(names);
  });
});

describe("removal", () => {
  test("dead nodes, unread optional outputs and unused constants go", () => {
    const before = graph(
      [input("x", [2]), input("unused", [2])],
      { w: counting([2]), v: counting([2]) },
      [
        node("Dropout", ["x"], ["kept", "mask"], {}),
        node("Add", ["kept", "w"], "y", {}),
        node("Relu", ["y"], "dead", {}),
        node("Add", ["dead", "v"], "deader", {}),
      ],
      ["y"],
    );
    expect(printedAfter(removeDeadCode, before)).toMatchInlineSnapshot(`
      "input x:f32[2]
      input unused:f32[2]
      constant w:f32[2]
      kept:f32[2] = Dropout x
      y:f32[2] = Add kept w
      output y"
    `);
    expect([...removeUnusedInitializers(before).initializers.keys()]).toEqual(["w", "v"]);
    expect([...removeUnusedInitializers(removeDeadCode(before)).initializers.keys()]).toEqual(["w"]);
  });

  test("operators that hand their input on go", () => {
    const constants = {
      none: i64([0, 0, 0, 0]),
      zero: i64([0]),
      end: i64([2 ** 63]),
      same: i64([0, -1]),
      turn: i64([-1]),
    };
    const before = graph(
      [input("x", ["batch", 4])],
      { ...constants, first: i64([-1]), begin: i64([-(2 ** 63)]), one: i64([1]) },
      [
        node("Identity", ["x"], "a", {}),
        node("Dropout", ["a"], "b", {}),
        node("Cast", ["b"], "c", { to: "f32" }),
        node("Pad", ["c", "none"], "d", { mode: "constant" }),
        node("Slice", ["d", "zero", "end"], "e", {}),
        node("Reshape", ["e", "same"], "f", { allowZero: false }),
        node("Transpose", ["f"], "g", { perm: [0, 1] }),
        node("Concat", ["g"], "h", { axis: 0 }),
        node("Flatten", ["h"], "i", { axis: 1 }),
        // This one turns the rows round, and stays.
        node("Slice", ["i", "first", "begin", "one", "turn"], "j", {}),
        node("Relu", ["j"], "y", {}),
      ],
      ["y"],
    );
    expect(printedAfter(removeIdentity, before)).toMatchInlineSnapshot(`
      "input x:f32[batch,4]
      j:f32[batch,4] = Slice x [-1] [min] [1] [-1]
      y:f32[batch,4] = Relu j
      output y"
    `);
  });

  test("outputs of the graph keep their names", () => {
    const before = graph(
      [input("x", [2])],
      {},
      [
        node("Relu", ["x"], "a", {}),
        node("Identity", ["a"], "b", {}),
        node("Identity", ["b"], "out", {}),
        node("Sigmoid", ["a"], "c", {}),
        node("Identity", ["b"], "again", {}),
        node("Identity", ["x"], "input", {}),
        node("Tanh", ["b"], "d", {}),
      ],
      ["out", "c", "again", "input", "d"],
    );
    expect(printedAfter(removeIdentity, before)).toMatchInlineSnapshot(`
      "input x:f32[2]
      out:f32[2] = Relu x
      c:f32[2] = Sigmoid out
      again:f32[2] = Identity out
      input:f32[2] = Identity x
      d:f32[2] = Tanh out
      output out, c, again, input, d"
    `);
    const feeds = new Map([["x", f32([2], [-1, 2])]]);
    expect(evaluateGraph(removeIdentity(before), feeds)).toEqual(evaluateGraph(before, feeds));
  });

  test("a Dropout whose mask is read stays", () => {
    const before = graph([input("x", [2])], {}, [node("Dropout", ["x"], ["y", "mask"], {})], ["y", "mask"]);
    expect(removeIdentity(before).nodes).toHaveLength(1);
  });
});

const normParameters = (prefix: string, channels: number) => ({
  [`${prefix}.scale`]: randomTensor([channels], 11),
  [`${prefix}.bias`]: randomTensor([channels], 12),
  [`${prefix}.mean`]: randomTensor([channels], 13),
  [`${prefix}.variance`]: f32(
    [channels],
    randomTensor([channels], 14).data.map((v) => v * v + 0.5),
  ),
});
const normInputs = (x: string, prefix: string) => [
  x,
  ...["scale", "bias", "mean", "variance"].map((p) => `${prefix}.${p}`),
];
const conv3 = { ...window([3, 3], { pads: [1, 1, 1, 1] }), group: 1 };

const tiny = graph(
  [input("x", ["batch", 2, 4, 4])],
  { w: randomTensor([3, 2, 3, 3], 1), ...normParameters("bn", 3) },
  [
    node("Conv", ["x", "w"], "c", conv3),
    node("BatchNormalization", normInputs("c", "bn"), "n", { epsilon: Math.fround(1e-5) }),
    node("Relu", ["n"], "y", {}),
  ],
  ["y"],
);

/** The largest difference between two graphs' outputs, relative to the largest output. */
function difference(a: Graph, b: Graph, feed: ReturnType<typeof randomTensor>): number {
  const feeds = new Map([["x", feed]]);
  const [left, right] = [a, b].map((net) =>
    [...evaluateGraph(net, feeds).values()].flatMap((t) => [...t.data]),
  );
  const largest = Math.max(1e-6, ...left!.map(Math.abs));
  return Math.max(...left!.map((value, i) => Math.abs(value - right![i]!))) / largest;
}

describe("foldBatchNorm", () => {
  test("folds into the convolution", () => {
    expect(printedAfter(foldBatchNorm, tiny)).toMatchInlineSnapshot(`
      "input x:f32[batch,2,4,4]
      constant w.folded:f32[3,2,3,3]
      constant c.node.bias:f32[3]
      n:f32[batch,3,4,4] = Conv x w.folded c.node.bias { pads: [1,1,1,1] }
      y:f32[batch,3,4,4] = Relu n
      output y"
    `);
    expect(difference(tiny, foldBatchNorm(tiny), randomTensor([2, 2, 4, 4], 5))).toBeLessThan(1e-6);
  });

  test("w' = w · scale / √(variance + epsilon), b' = (b − mean) · scale / √(variance + epsilon) + bias", () => {
    const before = graph(
      [input("x", [1, 1, 1, 1])],
      {
        w: f32([2, 1, 1, 1], [3, 5]),
        b: f32([2], [1, 2]),
        "bn.scale": f32([2], [2, 3]),
        "bn.bias": f32([2], [10, 20]),
        "bn.mean": f32([2], [4, 6]),
        "bn.variance": f32([2], [3.75, 0]),
      },
      [
        node("Conv", ["x", "w", "b"], "c", { ...window([1, 1]), group: 1 }),
        node("BatchNormalization", normInputs("c", "bn"), "y", { epsilon: 0.25 }),
      ],
      ["y"],
    );
    const folded = applyPasses(before, [foldBatchNorm, removeDeadCode]);
    expect(folded.initializers).toEqual(
      new Map([
        ["w.folded", f32([2, 1, 1, 1], [3, 30])],
        ["b.folded", f32([2], [7, -4])],
      ]),
    );
  });

  test.each([true, false])("folds into a Gemm, transB %s", (transB) => {
    const before = graph(
      [input("x", ["batch", 4])],
      { w: randomTensor(transB ? [3, 4] : [4, 3], 1), b: randomTensor([3], 2), ...normParameters("bn", 3) },
      [
        node("Gemm", ["x", "w", "b"], "c", { alpha: 0.5, beta: 3, transA: false, transB }),
        node("BatchNormalization", normInputs("c", "bn"), "y", { epsilon: 1e-3 }),
      ],
      ["y"],
    );
    const folded = verify(foldBatchNorm(before));
    expect(folded.nodes.map(({ op }) => op)).toEqual(["Gemm"]);
    expect(difference(before, folded, randomTensor([5, 4], 3))).toBeLessThan(1e-6);
  });

  test("leaves a convolution that something else reads, and batch norms of computed parameters", () => {
    const read = { ...tiny, nodes: [...tiny.nodes, node("Tanh", ["c"], "z", {})], outputs: ["y", "z"] };
    expect(foldBatchNorm(read).nodes).toEqual(read.nodes);
    const output = { ...tiny, outputs: ["y", "c"] };
    expect(foldBatchNorm(output).nodes).toEqual(tiny.nodes);
    const initializers = new Map(tiny.initializers);
    initializers.delete("bn.scale");
    const computed = { ...tiny, inputs: [...tiny.inputs, input("bn.scale", [3])], initializers };
    expect(foldBatchNorm(verify(computed)).nodes).toEqual(tiny.nodes);
  });

  test("layers that share a weight each get their own", () => {
    const shared = graph(
      [input("x", ["batch", 2, 4, 4])],
      { w: randomTensor([2, 2, 3, 3], 1), ...normParameters("p", 2), ...normParameters("q", 2) },
      [
        node("Conv", ["x", "w"], "c1", conv3),
        node("BatchNormalization", normInputs("c1", "p"), "n1", { epsilon: 1e-5 }),
        node("Conv", ["n1", "w"], "c2", conv3),
        node("BatchNormalization", normInputs("c2", "q"), "y", { epsilon: 1e-5 }),
      ],
      ["y"],
    );
    expect(printedAfter(foldBatchNorm, shared)).toMatchInlineSnapshot(`
      "input x:f32[batch,2,4,4]
      constant w.folded:f32[2,2,3,3]
      constant c1.node.bias:f32[2]
      constant w.folded_1:f32[2,2,3,3]
      constant c2.node.bias:f32[2]
      n1:f32[batch,2,4,4] = Conv x w.folded c1.node.bias { pads: [1,1,1,1] }
      y:f32[batch,2,4,4] = Conv n1 w.folded_1 c2.node.bias { pads: [1,1,1,1] }
      output y"
    `);
    expect(difference(shared, foldBatchNorm(shared), randomTensor([1, 2, 4, 4], 5))).toBeLessThan(1e-6);
  });
});

describe("unfoldBatchNorm", () => {
  const uneven = graph(
    [input("x", ["batch", 1, 4, 4])],
    { w: f32([3, 1, 1, 1], [-8, 1, 0]), b: f32([3], [1, 2, 3]) },
    [node("Conv", ["x", "w", "b"], "y", { ...window([1, 1]), group: 1 })],
    ["y"],
  );

  test("splits filters of very different sizes from their scales", () => {
    const unfolded = applyPasses(uneven, [(g) => unfoldBatchNorm(g), removeDeadCode]);
    expect(print(unfolded)).toMatchInlineSnapshot(`
      "input x:f32[batch,1,4,4]
      constant w.normalized:f32[3,1,1,1]
      constant y.node.norm.scale:f32[3]
      constant y.node.norm.bias:f32[3]
      constant y.node.norm.mean:f32[3]
      constant y.node.norm.variance:f32[3]
      y.normalized:f32[batch,3,4,4] = Conv x w.normalized
      y:f32[batch,3,4,4] = BatchNormalization y.normalized y.node.norm.scale y.node.norm.bias y.node.norm.mean y.node.norm.variance { epsilon: 0.00000762939453125 }
      output y"
    `);
    // mean |W| is 3, so that the sizes are 8/3, 1/3 and 0; the zero filter keeps scale 1.
    expect(unfolded.initializers.get("y.node.norm.scale")).toEqual(f32([3], [8 / 3, 1 / 3, 1]));
    expect(unfolded.initializers.get("w.normalized")).toEqual(f32([3, 1, 1, 1], [-3, 3, 0]));
    expect(unfolded.initializers.get("y.node.norm.bias")).toEqual(f32([3], [1, 2, 3]));
    expect(difference(uneven, unfolded, randomTensor([2, 1, 4, 4], 5))).toBeLessThan(3e-7);
  });

  test("a pruned filter is as large as the weights that it has left", () => {
    const pruned = (first: number[]) =>
      graph(
        [input("x", ["batch", 1, 4, 4])],
        { w: f32([2, 1, 2, 2], [...first, 1, -1, 1, 1]), b: f32([2], [0, 0]) },
        [node("Conv", ["x", "w", "b"], "y", { ...window([2, 2]), group: 1 })],
        ["y"],
      );
    const sparse = unfoldBatchNorm(pruned([0, -8, 0, 0]));
    const dense = unfoldBatchNorm(pruned([8, -8, 8, 8]));
    expect(sparse.initializers.get("y.node.norm.scale")).toEqual(f32([2], [16 / 9, 2 / 9]));
    expect(sparse.initializers.get("y.node.norm.scale")).toEqual(dense.initializers.get("y.node.norm.scale"));
    const even = pruned([0, -1, 0, 0]);
    expect(unfoldBatchNorm(even).nodes).toEqual(even.nodes);
  });

  test("leaves even filters, whatever ratio is asked above theirs, and layers with a batch norm", () => {
    expect(unfoldBatchNorm(uneven, { ratio: 8.1 }).nodes).toEqual(uneven.nodes);
    expect(unfoldBatchNorm(tiny, { ratio: 1 }).nodes).toEqual(tiny.nodes);
  });

  test("folding again gives the first function", () => {
    const twice = foldBatchNorm(unfoldBatchNorm(uneven, { ratio: 1 }));
    expect(twice.nodes.map(({ op }) => op)).toEqual(["Conv"]);
    expect(difference(uneven, twice, randomTensor([2, 1, 4, 4], 5))).toBeLessThan(3e-7);
  });
});

test("passes keep the function of random networks", () => {
  const unfold: Pass = (net) => unfoldBatchNorm(net, { ratio: 1 });
  const pipelines: Pass[][] = [
    [foldConstants, removeIdentity, removeDeadCode],
    [removeIdentity],
    [foldBatchNorm],
    [simplify, foldBatchNorm, unfold],
    [unfold, simplify, foldBatchNorm],
  ];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 30 }), fc.constantFrom(...pipelines), (seed, passes) => {
      const before = randomNetwork(seed);
      const rewritten = applyPasses(before, passes);
      expect(
        difference(
          before,
          rewritten,
          randomTensor([2, ...(before.inputs[0]!.type.shape.slice(1) as number[])], seed),
        ),
      ).toBeLessThan(1e-5);
      const left = new Set(rewritten.nodes.map(({ op }) => op));
      if (passes.includes(simplify))
        for (const op of ["Shape", "Gather", "Identity"] as const) expect(left).not.toContain(op);
    }),
    { numRuns: 60 },
  );
});

describe("applyPasses", () => {
  test("blames a pass that breaks the graph", () => {
    const forgetful: Pass = function dropWeights(net) {
      return { ...net, initializers: new Map() };
    };
    expect(() => applyPasses(tiny, [foldConstants, forgetful])).toThrow(
      /^internal: pass dropWeights broke the graph: Conv "c.node": its input "w"/,
    );
    expect(() => applyPasses(tiny, [forgetful])).not.toThrow(InputError);
  });

  test("a graph that comes broken is the input's fault", () => {
    expect(() => simplify({ ...tiny, initializers: new Map() })).toThrow(InputError);
    const divides = graph([], { a: tensor("i32", [1]) }, [node("Div", ["a", "a"], "y", {})], ["y"]);
    expect(() => simplify(divides)).toThrow(InputError);
  });
});
