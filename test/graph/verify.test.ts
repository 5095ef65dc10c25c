import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import { simplify } from "../../src/graph/passes/index.js";
import { print } from "../../src/graph/print.js";
import type { Graph, Node } from "../../src/graph/types.js";
import { verify } from "../../src/graph/verify.js";
import { f32, i64, type Tensor, tensor } from "../../src/tensor.js";
import { counting, graph, input, node, scalar, window } from "./build.js";
import { randomNetwork } from "./networks.js";

const sound = graph(
  [input("x", ["batch", 1, 4, 4])],
  { w: counting([2, 1, 3, 3]) },
  [node("Conv", ["x", "w"], "c", { ...window([3, 3]), group: 1 }), node("Relu", ["c"], "y", {})],
  ["y"],
);
const [conv, relu] = sound.nodes as [Node, Node];

const withConv = (changed: object): Graph => ({ ...sound, nodes: [{ ...conv, ...changed } as Node, relu] });
const attributes = (changed: object): Graph => withConv({ attributes: { ...conv.attributes, ...changed } });
const withNode = (extra: Node): Graph => ({ ...sound, nodes: [...sound.nodes, extra] });
const pool = (changed: object) =>
  withNode(node("MaxPool", ["y"], "z", { ...window([2, 2]), ceilMode: false, ...changed }));
const quantizer = (changed: object) =>
  withNode(node("FakeQuantize", ["y"], "z", { bits: 4, scale: 0.1, zeroPoint: 0, ...changed }));
const constants = (changed: Record<string, Tensor>): Graph => ({
  ...sound,
  initializers: new Map([...sound.initializers, ...Object.entries(changed)]),
});

test("a sound graph comes back as it is", () => {
  expect(verify(sound)).toBe(sound);
});

test.each<[string, Graph, RegExp]>([
  [
    "out of order",
    { ...sound, nodes: [relu, conv] },
    /Relu "y.node": its input "c" is made only later, by Conv "c.node"/,
  ],
  [
    "a cycle",
    { ...sound, nodes: [node("Add", ["x", "y"], "c", {}), relu] },
    /Add "c.node": its input "y" is made only later/,
  ],
  [
    "an undefined input",
    { ...sound, initializers: new Map() },
    /Conv "c.node": its input "w" is made by no node/,
  ],
  ["a missing output", { ...sound, outputs: ["y", "z"] }, /output "z" of graph "test" is made by no node/],
  ["an output named twice", { ...sound, outputs: ["y", "y"] }, /names an output twice/],
  [
    "a value made twice",
    withNode(node("Relu", ["x"], "c", {})),
    /another node has the same name|"c" is defined twice/,
  ],
  [
    "a value that is also an initializer",
    constants({ y: counting([1]) }),
    /"y" is defined twice, .* an output of Relu/,
  ],
  [
    "an input that is also an initializer",
    constants({ x: counting([1]) }),
    /"x" is defined twice, .* an initializer/,
  ],
  [
    "a node name twice",
    withNode({ ...node("Relu", ["x"], "z", {}), name: "y.node" }),
    /Relu "y.node": another node/,
  ],
  [
    "an output without a name",
    withNode({ ...node("Relu", ["x"], "z", {}), outputs: [""] }),
    /its first output has no name/,
  ],
  ["too few inputs", withConv({ inputs: ["x"] }), /Conv "c.node": 1 inputs, but 2 to 3 belong to it/],
  ["too many inputs", withConv({ inputs: ["x", "w", "w", "w"] }), /4 inputs, but 2 to 3/],
  ["an absent input", withConv({ inputs: ["x", ""] }), /input 1 is absent, and it is not optional/],
  ["too many outputs", withConv({ outputs: ["c", "d"] }), /2 outputs, but 1 belong to it/],
  ["stride 0", attributes({ strides: [1, 0] }), /strides \[1,0\]/],
  ["negative pads", attributes({ pads: [0, -1, 0, 0] }), /pads \[0,-1,0,0\]/],
  ["three pads", attributes({ pads: [0, 0, 0] }), /pads \[0,0,0\]/],
  ["dilation 0.5", attributes({ dilations: [0.5, 1] }), /dilations \[0.5,1\]/],
  ["kernel 0", attributes({ kernel: [0, 3] }), /kernel \[0,3\]/],
  ["group 0", attributes({ group: 0 }), /group 0/],
  ["a pool of padding", pool({ pads: [0, 2, 0, 0] }), /pads \[0,2,0,0\] reach the kernel \[2,2\]/],
  ["bits", quantizer({ bits: 0 }), /bits 0/],
  ["scale", quantizer({ scale: -1 }), /scale -1/],
  ["a scale without reciprocal", quantizer({ scale: 1e-45 }), /scale 1e-45/],
  ["zero point", quantizer({ zeroPoint: 16 }), /zeroPoint 16 is not from 0 to 15/],
  [
    "perm",
    withNode(node("Transpose", ["y"], "z", { perm: [0, 1, 1, 3] })),
    /perm \[0,1,1,3\] is no permutation/,
  ],
  [
    "epsilon",
    withNode(node("BatchNormalization", ["y", "w", "w", "w", "w"], "z", { epsilon: -1 })),
    /epsilon -1/,
  ],
  [
    "a constant of the wrong length",
    constants({ v: { ...counting([3]), shape: [4] } }),
    /initializer "v" of shape \[4\] holds 3 elements/,
  ],
  ["a shape of the wrong kind", constants({ v: { ...counting([4]), shape: [-2, -2] } }), /initializer "v"/],
  [
    "a Constant of the wrong length",
    withNode(node("Constant", [], "z", { value: { ...counting([3]), shape: [4] } })),
    /value holds 3 elements/,
  ],
  [
    "a ConstantOfShape of two values",
    withNode(node("ConstantOfShape", ["w"], "z", { value: i64([1, 2]) })),
    /holds 2 elements, not one/,
  ],
  [
    "an input of an odd shape",
    { ...sound, inputs: [input("x", ["batch", 1, -4, 4])] },
    /input "x" has the shape \[batch,1,-4,4\]/,
  ],
  [
    "types that do not fit",
    { ...sound, inputs: [input("x", ["batch", 2, 4, 4])] },
    /takes 1 × 1 groups of channels, the input has 2/,
  ],
])("%s is refused", (_name, broken, message) => {
  expect(() => verify(broken)).toThrow(InputError);
  expect(() => verify(broken)).toThrow(message);
});

test("optional outputs may have no name", () => {
  const twice = [
    node("Dropout", ["x"], ["d", ""], {}),
    node("Dropout", ["d"], ["e", ""], {}),
    node("Clip", ["e", "", "six"], "y", {}),
  ];
  const net = graph([input("x", [2])], { six: scalar(6) }, twice, ["y"]);
  expect(print(simplify(net))).toMatchInlineSnapshot(`
    "input x:f32[2]
    y:f32[2] = Clip x _ 6
    output y"
  `);
  const fixed = { ...net, inputs: [], initializers: new Map([...net.initializers, ["x", counting([2])]]) };
  expect([...simplify(fixed).initializers.keys()]).toEqual(["y"]);
});

describe("small files that ask for much are refused or left alone, at once", () => {
  const within = (milliseconds: number, run: () => void) => {
    const start = performance.now();
    run();
    expect(performance.now() - start).toBeLessThan(milliseconds);
  };

  test("a dimension squared again and again", () => {
    const nodes = [node("Shape", ["x"], "n0", { start: 0, end: 1 })];
    for (let i = 0; i < 60; i++) nodes.push(node("Mul", [`n${i}`, `n${i}`], `n${i + 1}`, {}));
    nodes.push(node("Reshape", ["x", "n60"], "y", { allowZero: false }));
    const net = graph([input("x", ["batch"])], {}, nodes, ["y"]);
    within(1000, () => expect(() => simplify(net)).toThrow(/the new shape is computed from data/));
  });

  test("flattened products of dynamic dimensions", () => {
    const nodes: Node[] = [];
    for (let i = 0; i < 8; i++)
      nodes.push(
        node("Shape", [`x${i}`], `s${i}`, { start: 0, end: 1 }),
        node("Concat", new Array(50).fill(`s${i}`), `t${i}`, { axis: 0 }),
        node("Expand", ["one", `t${i}`], `wide${i}`, {}),
        node("Reshape", [`wide${i}`, "flat"], `x${i + 1}`, { allowZero: false }),
      );
    const net = graph([input("x0", ["batch"])], { one: scalar(1), flat: i64([-1]) }, nodes, ["x8"]);
    within(1000, () => expect(() => simplify(net)).toThrow(/product of too many dynamic ones/));
  });

  test("a rank that grows without end", () => {
    const axes = i64(Array.from({ length: 60 }, (_, i) => i));
    const nodes = Array.from({ length: 20 }, (_, i) => node("Unsqueeze", [`x${i}`, "axes"], `x${i + 1}`, {}));
    const net = graph([input("x0", ["batch"])], { axes }, nodes, ["x20"]);
    expect(() => simplify(net)).toThrow(/its output has 121 dimensions, 64 are supported/);
  });

  test("a long chain of large constants", () => {
    const nodes = Array.from({ length: 300 }, (_, i) => node("Relu", [`c${i}`], `c${i + 1}`, {}));
    const net = graph([], { c0: counting([2 ** 20]) }, nodes, ["c300"]);
    const simple = simplify(net);
    expect(simple.nodes.length).toBeGreaterThan(0);
    expect(simple.initializers.size).toBe(1);
  });

  test("pools and convolutions of constants that would take minutes", () => {
    const pads = [1999, 1999, 1999, 1999] as const;
    const pool = { ...window([2000, 2000], { pads }), ceilMode: false };
    const nodes = [node("MaxPool", ["x"], "y", pool)];
    const net = graph([], { x: tensor("f32", [1, 1, 1000, 1000]) }, nodes, ["y"]);
    within(1000, () => expect(simplify(net).nodes).toHaveLength(1));
  });
});

/** One number among the attributes is another one. */
function withOddAttribute(one: Node, which: number, value: number): Node {
  const entries = Object.entries(one.attributes as Record<string, unknown>);
  const [key, old] = entries[which % Math.max(1, entries.length)] ?? [];
  if (key === undefined || !(typeof old === "number" || Array.isArray(old))) return one;
  const changed = Array.isArray(old) ? old.with(which % old.length, value) : value;
  return { ...one, attributes: { ...one.attributes, [key]: changed } } as Node;
}

test("a damaged network is refused or simplified, and never does anything else", () => {
  const odd = fc.constantFrom(0, -1, 1.5, 2 ** 31, 2 ** 53, 2 ** 63, Number.NaN);
  fc.assert(
    fc.property(fc.nat(50), fc.nat(1000), fc.nat(1000), fc.nat(3), odd, (seed, where, what, how, value) => {
      const net = randomNetwork(seed);
      const at = where % net.nodes.length;
      const damaged = net.nodes.map((one, i): Node => {
        if (i !== at) return one;
        if (how === 0) return withOddAttribute(one, what, value);
        if (how === 1) return { ...one, inputs: one.inputs.slice(1) };
        const names = [...net.initializers.keys(), ...net.nodes.flatMap((other) => other.outputs)];
        return {
          ...one,
          inputs: one.inputs.map((name, k) => (k === 0 ? names[what % names.length]! : name)),
        };
      });
      const initializers = new Map(net.initializers);
      if (how === 3) initializers.set([...initializers.keys()][what % initializers.size]!, f32([1], [3e38]));
      const broken = { ...net, nodes: damaged, initializers };
      expect(typeof print(broken)).toBe("string");
      try {
        simplify(broken);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
      }
    }),
    { numRuns: 500 },
  );
});
