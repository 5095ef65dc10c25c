import { describe, expect, test } from "vitest";
import type { Graph } from "../../src/graph/types.js";
import { importOnnx } from "../../src/onnx/index.js";
import { DataType, floats, longs, model, node, ramp, refusal, value } from "./build.js";

const names = (graph: Graph) => graph.nodes.map((n) => n.name);

describe("structure", () => {
  test("a small network", () => {
    const graph = importOnnx(
      model({
        name: "tiny",
        nodes: [
          node(
            "Conv",
            ["x", "w", "b"],
            ["c"],
            { kernel_shape: { ints: [3, 3] }, pads: { ints: [1, 1, 1, 1] } },
            "conv",
          ),
          node("Relu", ["c"], ["y"]),
        ],
        inputs: [value("x", ["batch", 1, 4, 4])],
        outputs: ["y"],
        initializers: [floats("w", [2, 1, 3, 3], ramp(18)), floats("b", [2], [1, 2])],
      }),
    );
    expect(graph).toEqual({
      name: "tiny",
      inputs: [{ name: "x", type: { dtype: "f32", shape: ["batch", 1, 4, 4] } }],
      outputs: ["y"],
      nodes: [
        {
          op: "Conv",
          name: "conv",
          inputs: ["x", "w", "b"],
          outputs: ["c"],
          attributes: { kernel: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], group: 1 },
        },
        { op: "Relu", name: "y", inputs: ["c"], outputs: ["y"], attributes: {} },
      ],
      initializers: new Map([
        ["w", { dtype: "f32", shape: [2, 1, 3, 3], data: Float32Array.from(ramp(18)) }],
        ["b", { dtype: "f32", shape: [2], data: Float32Array.of(1, 2) }],
      ]),
    });
  });

  test("the caller's name replaces the file's; a file without one is called model", () => {
    const parts = { nodes: [node("Relu", ["x"], ["y"])], inputs: [value("x", [1])], outputs: ["y"] };
    expect(importOnnx(model({ ...parts, name: "file" }), { name: "mine" }).name).toBe("mine");
    expect(importOnnx(model({ ...parts, name: "file" })).name).toBe("file");
    expect(importOnnx(model({ ...parts, name: "" })).name).toBe("model");
  });

  test("a Buffer of Node reads as the plain bytes do", () => {
    const bytes = model({
      nodes: [node("Reshape", ["x", "s"], ["y"])],
      inputs: [value("x", [4])],
      outputs: ["y"],
      initializers: [longs("s", [2], [2, 2])],
    });
    const pooled = Buffer.concat([Buffer.from([7]), bytes]).subarray(1);
    expect(importOnnx(pooled)).toEqual(importOnnx(bytes));
    expect([...importOnnx(pooled).initializers.get("s")!.data]).toEqual([2, 2]);
  });

  test("initializers that are listed as inputs are no inputs", () => {
    const graph = importOnnx(
      model({
        nodes: [node("Add", ["x", "w"], ["y"])],
        inputs: [value("x", [2]), value("w", [2])],
        outputs: ["y"],
        initializers: [floats("w", [2], [1, 2])],
      }),
    );
    expect(graph.inputs.map((i) => i.name)).toEqual(["x"]);
  });

  test("node names: kept where one node alone has them, else made from the first output", () => {
    const chain = ["same", "same", "", "alone", "b"];
    const nodes = chain.map((name, i) =>
      node("Relu", [i === 0 ? "x" : "abcde"[i - 1]!], ["abcde"[i]!], {}, name),
    );
    const graph = importOnnx(model({ nodes, inputs: [value("x", [1])], outputs: ["e"] }));
    expect(names(graph)).toEqual(["a", "b_2", "c", "alone", "b"]);
  });

  test("dimensions: numbers, names, and a name of its own for each open one", () => {
    const graph = importOnnx(
      model({
        nodes: [node("Relu", ["x"], ["y"]), node("Relu", ["z"], ["v"])],
        inputs: [value("x", [null, "x.0", 3]), value("z", [null, 1, ""])],
        outputs: ["y", "v"],
      }),
    );
    expect(graph.inputs.map((i) => i.type.shape)).toEqual([
      ["x.0_2", "x.0", 3],
      ["z.0", 1, "z.2"],
    ]);
  });

  test("half-precision inputs become f32", () => {
    const bytes = model({
      nodes: [node("Relu", ["x"], ["y"])],
      inputs: [value("x", [1], DataType.FLOAT16)],
      outputs: ["y"],
    });
    expect(importOnnx(bytes).inputs[0]!.type.dtype).toBe("f32");
  });

  test("nodes in a wrong order are put into a right one, the others stay", () => {
    const nodes = [
      node("Relu", ["b"], ["c"], {}, "third"),
      node("Relu", ["x"], ["a"], {}, "first"),
      node("Relu", ["a"], ["b"], {}, "second"),
      node("Relu", ["c"], ["d"], {}, "fourth"),
    ];
    const graph = importOnnx(model({ nodes, inputs: [value("x", [1])], outputs: ["d"] }));
    expect(names(graph)).toEqual(["first", "second", "third", "fourth"]);
  });

  test("a chain of 20,000 nodes in reverse needs no deep stack", () => {
    const nodes = Array.from({ length: 20_000 }, (_, i) => node("Relu", [`v${i}`], [`v${i + 1}`])).reverse();
    const graph = importOnnx(model({ nodes, inputs: [value("v0", [1])], outputs: ["v20000"] }));
    expect(graph.nodes[19_999]!.name).toBe("v20000");
  });

  test("absent optional inputs at the end are dropped, in the middle they stay", () => {
    const nodes = [node("Clip", ["x", "", "hi"], ["a"]), node("Clip", ["a", "", ""], ["y"])];
    const parts = { nodes, inputs: [value("x", [1])], outputs: ["y"], initializers: [floats("hi", [], [6])] };
    expect(importOnnx(model(parts)).nodes.map((n) => n.inputs)).toEqual([["x", "", "hi"], ["a"]]);
  });
});

describe("refused structure", () => {
  const relu = node("Relu", ["x"], ["y"], {}, "act");
  const x = value("x", [1]);
  test.each([
    [
      "a value that nobody makes",
      { nodes: [node("Add", ["x", "w"], ["y"], {}, "sum")], inputs: [x], outputs: ["y"] },
      'Add node "sum" uses "w", which is no input, no initializer and no node\'s output',
    ],
    [
      "a cycle",
      {
        nodes: [node("Add", ["x", "b"], ["a"], {}, "one"), node("Relu", ["a"], ["b"], {}, "two")],
        inputs: [x],
        outputs: ["b"],
      },
      'Relu node "two" uses "a", which depends on that node\'s own output: a cycle',
    ],
    [
      "a node that feeds itself",
      { nodes: [node("Relu", ["y"], ["y"], {}, "self")], outputs: ["y"] },
      'Relu node "self" uses "y", which depends',
    ],
    [
      "two makers of a value",
      { nodes: [relu, node("Tanh", ["x"], ["y"], {}, "again")], inputs: [x], outputs: ["y"] },
      'the value "y" is made twice, the second time by Tanh node "again"',
    ],
    [
      "an output that is an input",
      { nodes: [node("Relu", ["x"], ["x"])], inputs: [x], outputs: ["x"] },
      'the value "x" is made twice',
    ],
    [
      "an output that is an initializer",
      {
        nodes: [node("Relu", ["x"], ["w"])],
        inputs: [x],
        outputs: ["w"],
        initializers: [floats("w", [1], [0])],
      },
      'the value "w" is made twice',
    ],
    [
      "an initializer twice",
      {
        nodes: [relu],
        inputs: [x],
        outputs: ["y"],
        initializers: [floats("w", [1], [0]), floats("w", [1], [0])],
      },
      'the value "w" is made twice, the second time by initializer "w"',
    ],
    [
      "an initializer without a name",
      { nodes: [relu], inputs: [x], outputs: ["y"], initializers: [floats("", [1], [0])] },
      'initializer "" has no name',
    ],
    [
      "an input twice",
      { nodes: [relu], inputs: [x, x], outputs: ["y"] },
      'the model has the input "x" twice',
    ],
    [
      "an output that nobody makes",
      { nodes: [relu], inputs: [x], outputs: ["y", "z"] },
      'output "z" is made by no node',
    ],
    ["an output twice", { nodes: [relu], inputs: [x], outputs: ["y", "y"] }, 'the output "y" twice'],
    ["no outputs", { nodes: [relu], inputs: [x] }, "the model has no outputs"],
    [
      "a node without an output",
      { nodes: [node("Relu", ["x"], [], {}, "act")], inputs: [x], outputs: ["y"] },
      'Relu node "act" has no output',
    ],
    [
      "a dimension of zero",
      { nodes: [relu], inputs: [value("x", [0, 3])], outputs: ["y"] },
      'input "x" has an axis of length 0',
    ],
    [
      "a negative dimension",
      { nodes: [relu], inputs: [value("x", [-1])], outputs: ["y"] },
      'input "x" has an axis of length -1',
    ],
    [
      "a huge dimension",
      { nodes: [relu], inputs: [value("x", [2 ** 40])], outputs: ["y"] },
      'input "x" has an axis of length 1099511627776',
    ],
    [
      "string inputs",
      { nodes: [relu], inputs: [value("x", [1], DataType.STRING)], outputs: ["y"] },
      'input "x" has element type STRING (8)',
    ],
    [
      "opset 10",
      { opset: 10, nodes: [relu], inputs: [x], outputs: ["y"] },
      "the model uses opset 10, but 11 to 21 are supported",
    ],
    ["opset 22", { opset: 22, nodes: [relu], inputs: [x], outputs: ["y"] }, "the model uses opset 22"],
    [
      "too few inputs",
      { nodes: [node("Add", ["x"], ["y"], {}, "sum")], inputs: [x], outputs: ["y"] },
      'Add node "sum" has 1 inputs, but 2 belong to it',
    ],
    [
      "too many inputs",
      { nodes: [node("Relu", ["x", "x"], ["y"], {}, "act")], inputs: [x], outputs: ["y"] },
      'Relu node "act" has 2 inputs, but 1 belong to it',
    ],
    [
      "an absent required input",
      { nodes: [node("Add", ["", "x"], ["y"], {}, "sum")], inputs: [x], outputs: ["y"] },
      'Add node "sum" leaves out its input 1, which is not optional',
    ],
    [
      "two outputs of one",
      { nodes: [node("Relu", ["x"], ["y", "z"], {}, "act")], inputs: [x], outputs: ["y"] },
      'Relu node "act" has a further output, "z"',
    ],
    [
      "an unknown operator",
      { nodes: [node("Convolution", ["x"], ["y"], {}, "c1")], inputs: [x], outputs: ["y"] },
      'the operator "Convolution" of node "c1" is not supported',
    ],
    [
      "an operator with a misspelt name",
      { nodes: [node("relu", ["x"], ["y"], {}, "act")], inputs: [x], outputs: ["y"] },
      "did you mean Relu?",
    ],
    [
      "our own quantiser",
      { nodes: [node("FakeQuantize", ["x"], ["y"], {}, "q")], inputs: [x], outputs: ["y"] },
      'the operator "FakeQuantize" of node "q"',
    ],
    [
      "shapes that do not fit",
      {
        nodes: [node("Add", ["x", "z"], ["y"], {}, "sum")],
        inputs: [value("x", [2]), value("z", [3])],
        outputs: ["y"],
      },
      'Add "sum"',
    ],
    [
      "an unknown attribute",
      { nodes: [node("Relu", ["x"], ["y"], { alpha: { float: 1 } }, "act")], inputs: [x], outputs: ["y"] },
      'Relu node "act" has attributes that are not supported: "alpha"',
    ],
    [
      "an attribute of the wrong type",
      { nodes: [node("Softmax", ["x"], ["y"], { axis: { float: 1 } }, "s")], inputs: [x], outputs: ["y"] },
      'Softmax node "s": attribute axis is of type FLOAT, but must be INT',
    ],
  ])("%s", (_, parts, message) => {
    expect(refusal(() => importOnnx(model(parts)))).toContain(message);
  });

  test("another domain", () => {
    const custom = node("Gelu", ["x"], ["y"], {}, "g");
    custom.domain = "com.microsoft";
    expect(refusal(() => importOnnx(model({ nodes: [custom], inputs: [x], outputs: ["y"] })))).toContain(
      'Gelu node "g" is of the domain "com.microsoft", but only ai.onnx is supported',
    );
  });

  test("very long names are cut in messages", () => {
    const message = refusal(() =>
      importOnnx(model({ nodes: [relu], inputs: [x], outputs: ["z".repeat(1e6)] })),
    );
    expect(message.length).toBeLessThan(250);
  });
});

test("the domain may be written out", () => {
  const act = node("Relu", ["x"], ["y"]);
  act.domain = "ai.onnx";
  expect(importOnnx(model({ nodes: [act], inputs: [value("x", [1])], outputs: ["y"] })).nodes[0]!.op).toBe(
    "Relu",
  );
});
