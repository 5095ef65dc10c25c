import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import type { Graph } from "../../src/graph/types.js";
import { resnet20 } from "../../src/models/index.js";
import { createRandom } from "../../src/random.js";
import { f32, type Tensor, tensor } from "../../src/tensor.js";
import { decodeCheckpoint, encodeCheckpoint, type Moment } from "../../src/train/checkpoint.js";
import { decodeGraph, encodeGraph } from "../../src/train/graph-file.js";
import { trainingStep } from "../../src/train/step.js";
import { graph, input, node } from "../graph/build.js";
import { quantized, smallNetwork } from "./networks.js";

const everyType = (["f32", "f64", "i64", "i32", "i8", "u8", "bool"] as const).map(
  (dtype, i): [string, Tensor] => {
    const value = tensor(dtype, [i, 1]);
    for (let k = 0; k < i; k++) value.data[k] = k % 2;
    return [`c${i}`, value];
  },
);

/** What JSON would lose: −0, infinities, NaN and tensors in attributes, empty tensors and symbolic sizes. */
const odd: Graph = graph(
  [input("x", ["batch", 2]), input("i", [], "i64")],
  { ...Object.fromEntries(everyType), odd: f32([4], [-0, Number.NaN, Number.NEGATIVE_INFINITY, 1e-45]) },
  [
    node("Gemm", ["x", "w"], "y", { alpha: -0, beta: Number.NaN, transA: false, transB: true }),
    node("LeakyRelu", ["y"], "z", { alpha: Number.NEGATIVE_INFINITY }),
    node("Constant", [], "w", { value: f32([2], [-0, Number.POSITIVE_INFINITY]) }),
    node("QuantizeWeights", ["z", "odd"], ["q", ""], { bits: 4, passBelow: null }),
  ],
  ["q", "x"],
);

describe("a graph as bytes", () => {
  test.each<[string, Graph]>([
    ["a quantised network", quantized(smallNetwork(1))],
    [
      "a training step",
      trainingStep(quantized(smallNetwork(1)), { batch: 1, optimizer: { kind: "sgd" } }).graph,
    ],
    ["an odd graph", odd],
  ])("%s comes back as it was", (_name, original) => {
    const bytes = encodeGraph(original);
    const back = decodeGraph(bytes, "net.bin");
    expect(back).toEqual(original);
    expect([...back.initializers.keys()]).toEqual([...original.initializers.keys()]);
    expect(encodeGraph(back)).toEqual(bytes);
  });

  test("views, and bytes that stand anywhere in memory", () => {
    const view = tensor("f32", [2], Float32Array.of(1, 2, 3, 4).subarray(1, 3));
    const bytes = encodeGraph({ ...odd, initializers: new Map([["odd", view]]) });
    const moved = new Uint8Array(bytes.length + 3);
    moved.set(bytes, 3);
    const back = decodeGraph(moved.subarray(3), "net.bin").initializers.get("odd")!;
    expect([...back.data]).toEqual([2, 3]);
    expect(back.data.buffer.byteLength).toBe(8);
  });

  test("of ResNet-20 is little longer than its parameters", () => {
    const network = resnet20({ shortcut: "A" }, createRandom(1));
    const bytes = encodeGraph(network);
    expect(encodeGraph(decodeGraph(bytes, "net.bin")).every((byte, i) => byte === bytes[i])).toBe(true);
    let raw = 0;
    for (const { data } of network.initializers.values()) raw += data.byteLength;
    expect(bytes.length).toBeLessThan(raw + 30_000);
  });
});

const moment: Moment = {
  step: 3,
  state: new Map<string, Tensor>([
    ["w", f32([2, 2], [1, -0, 3, 4])],
    ["step/count", tensor("f64", [], Float64Array.of(3))],
  ]),
  controller: [{ lambda: 0.1 }, null, "x"],
  points: [
    { step: 0, epoch: 0, rate: 0.1, loss: null, accuracy: null, penalties: {}, validation: null, record: {} },
  ],
  sums: { steps: 3, loss: 0.1 + 0.2, correct: 7, penalties: { lasso: 1 / 3 } },
  best: { step: 2, accuracy: 0.5, parameters: new Map([["w", f32([2, 2], [5, 6, 7, 8])]]) },
};
const identity = { stage: "a", steps: 9, schedule: { rate: 1 } };

describe("a checkpoint as bytes", () => {
  test("comes back as it was", () => {
    for (const original of [moment, { ...moment, best: null }])
      expect(decodeCheckpoint(identity, encodeCheckpoint(identity, original), "c.bin")).toEqual(original);
  });

  test("of another training is refused, and its differences named", () => {
    const bytes = encodeCheckpoint(identity, moment);
    const other = { stage: "a", steps: 8, schedule: { rate: 2 }, network: "x" };
    expect(() => decodeCheckpoint(other, bytes, "c.bin")).toThrow(
      "c.bin is the checkpoint of another training: not the same steps, schedule and network",
    );
  });

  const bytes = encodeCheckpoint(identity, moment);
  const messageOf = (damaged: Uint8Array): string => {
    try {
      decodeCheckpoint(identity, damaged, "c.bin");
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      return String(error);
    }
    return "nothing was thrown";
  };
  const way = "\n  delete it to begin this stage anew";

  test("cut off anywhere is refused", () => {
    for (let length = 0; length < bytes.length; length++)
      expect(messageOf(bytes.subarray(0, length))).toMatch(
        length < 4
          ? /^c\.bin is no checkpoint: it starts with /
          : length < 12 + 32
            ? /^c\.bin is cut off after \d+ bytes\n/
            : /^c\.bin is damaged or cut off: its \d+ bytes do not give the checksum at its end\n/,
      );
  });

  test("with any bit turned is refused, and says what to do", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 * bytes.length - 1 }), (bit) => {
        const damaged = bytes.slice();
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        const message = messageOf(damaged);
        expect(message).toMatch(/^c\.bin (is no checkpoint|has format|is damaged)/);
        expect(message.endsWith(way)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("of another kind or version is refused by name", () => {
    expect(messageOf(encodeGraph(odd))).toBe(
      `c.bin is no checkpoint: it starts with "XBGR", not "XBCK"${way}`,
    );
    const later = bytes.slice();
    later[4] = 2;
    expect(messageOf(later)).toBe(`c.bin has format 2 of a checkpoint, and this xbarkit reads 1${way}`);
  });
});
