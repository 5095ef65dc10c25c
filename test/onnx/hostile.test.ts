import { toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import { ModelProtoSchema, AttributeProto_AttributeType as Type } from "../../src/onnx/generated/onnx_pb.js";
import { importOnnx } from "../../src/onnx/index.js";
import { floats, longs, model, modelProto, node, ramp, refusal, value } from "./build.js";

const small = model({
  nodes: [
    node("Conv", ["x", "w"], ["c"], { kernel_shape: { ints: [3, 3] } }, "conv"),
    node("Reshape", ["c", "s"], ["y"], {}, "view"),
  ],
  inputs: [value("x", ["batch", 1, 4, 4])],
  outputs: ["y"],
  initializers: [floats("w", [2, 1, 3, 3], ramp(18)), longs("s", [2], [0, -1])],
});

/** Processor time in milliseconds, which a busy machine does not stretch, and what the call threw. */
function timed(call: () => unknown): { ms: number; error: unknown } {
  const start = process.cpuUsage();
  let error: unknown;
  try {
    call();
  } catch (thrown) {
    error = thrown;
  }
  const { user, system } = process.cpuUsage(start);
  return { ms: (user + system) / 1000, error };
}

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return [...out, rest];
}

/** A length-delimited field. */
const field = (number: number, content: Uint8Array | number[]): number[] => [
  ...varint(number * 8 + 2),
  ...varint(content.length),
  ...content,
];

function repeated(unit: number[], times: number): Uint8Array {
  const bytes = new Uint8Array(unit.length * times);
  for (let i = 0; i < times; i++) bytes.set(unit, i * unit.length);
  return bytes;
}

describe("bytes that are no model", () => {
  test.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "the model is not a readable ONNX file: its 0 bytes hold no graph"],
    [
      "text",
      new TextEncoder().encode("<html><body>404</body></html>"),
      "the model is not a readable ONNX file: at byte 0",
    ],
    ["zeros", new Uint8Array(1000), "at byte 0 there is a field with the number 0"],
    ["ones", new Uint8Array(1000).fill(255), "at byte 0 a number has more than 10 bytes"],
    [
      "a part longer than the file",
      Uint8Array.from(field(7, [0, 0])).subarray(0, 3),
      "at byte 1 a part claims 2 bytes, but 1 are left of what it belongs to",
    ],
    [
      "a part of 2^63 bytes",
      Uint8Array.of(58, 255, 255, 255, 255, 255, 255, 255, 255, 127),
      "a part claims 9223372036854776000 bytes",
    ],
    [
      "a node longer than its graph",
      Uint8Array.from([...field(7, [10, 9, 1]), ...new Array<number>(20).fill(0)]),
      "claims 9 bytes, but 1 are left",
    ],
    [
      "a number where a message belongs",
      Uint8Array.of(56, 1),
      "at byte 0 ModelProto.graph has the wire type 0, but must have 2",
    ],
    ["a group", Uint8Array.of(59, 60), "ModelProto.graph has the wire type 3"],
    ["an unknown group", Uint8Array.of(0x83, 0x06), "there is a wire type 3, which ONNX does not use"],
    ["an end in the middle of a number", Uint8Array.of(8, 128), "at byte 1 a number is cut off"],
    [
      "typed elements that are not packed",
      Uint8Array.from(field(7, field(5, [16, 1, 56, 1]))),
      "TensorProto.int64_data has the wire type 0",
    ],
  ])("%s", (_, bytes, message) => {
    const { ms, error } = timed(() => importOnnx(bytes));
    expect(error).toBeInstanceOf(InputError);
    expect(String(error)).toContain(message);
    expect(ms).toBeLessThan(1000);
  });

  test("every truncation is refused", () => {
    for (let length = 0; length < small.length; length++) {
      const { error } = timed(() => importOnnx(small.subarray(0, length)));
      // A cut between two fields leaves a shorter message that reads well; what is then missing is noticed.
      expect(error, `cut at ${length}`).toBeInstanceOf(InputError);
    }
  });

  test("random bytes, and single bytes changed", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(timed(() => importOnnx(bytes)).error).toBeInstanceOf(InputError);
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.nat(small.length - 1), fc.nat(255), (at, byte) => {
        const bytes = small.slice();
        bytes[at] = byte;
        const { error } = timed(() => importOnnx(bytes));
        expect(error === undefined || error instanceof InputError, String(error)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("files that would fill the memory", () => {
  const mb = 1 << 20;

  test.each([
    // An empty node is two bytes in the file and some hundred in memory.
    ["messages", wrap(7, repeated(field(1, []), 4 * mb)), "the model holds more than 300,000 messages"],
    [
      "names",
      wrap(7, wrap(1, repeated(field(1, []), 5 * mb))),
      "the model holds more than 2,000,000 names and numbers",
    ],
    [
      "dimensions",
      wrap(7, wrap(5, wrap(1, repeated([1], 6 * mb)))),
      "the model holds more than 2,000,000 names",
    ],
  ])("millions of %s", (_, bytes, message) => {
    const { ms, error } = timed(() => importOnnx(bytes));
    expect(String(error)).toContain(message);
    expect(ms).toBeLessThan(1000);
  });

  test("as many messages as are still read", () => {
    const { ms, error } = timed(() => importOnnx(wrap(7, repeated(field(1, []), 299_998))));
    expect(String(error)).toContain("the model names none as its opset");
    expect(ms).toBeLessThan(1000);
  });

  test("tensors that claim more than they hold", () => {
    for (const dims of [[2 ** 40], [2 ** 20, 2 ** 20, 2 ** 20], [2 ** 31, 2 ** 31]]) {
      const w = floats("w", [1], [1]);
      w.dims = dims.map(BigInt);
      const bytes = model({ nodes: [node("Relu", ["w"], ["y"])], outputs: ["y"], initializers: [w] });
      const before = process.memoryUsage().arrayBuffers;
      const { ms, error } = timed(() => importOnnx(bytes));
      expect(String(error)).toContain("bytes, but 4 are there");
      expect(ms).toBeLessThan(100);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(mb);
    }
  });

  test("as many numbers as are still read", () => {
    const dims = repeated([8, 1], 1_900_000);
    const { ms, error } = timed(() => importOnnx(wrap(7, wrap(5, dims))));
    expect(String(error)).toContain("the model names none as its opset");
    expect(ms).toBeLessThan(1000);
  });

  test("operators that would make giant tensors are only described", () => {
    const bytes = model({
      nodes: [node("ConstantOfShape", ["s"], ["a"]), node("Expand", ["a", "s"], ["y"])],
      outputs: ["y"],
      initializers: [longs("s", [3], [2 ** 20, 2 ** 20, 2 ** 10])],
    });
    const { ms } = timed(() => importOnnx(bytes));
    expect(ms).toBeLessThan(100);
  });
});

function wrap(number: number, content: Uint8Array | number[]): Uint8Array {
  const head = [...varint(number * 8 + 2), ...varint(content.length)];
  const bytes = new Uint8Array(head.length + content.length);
  bytes.set(head);
  bytes.set(content, head.length);
  return bytes;
}

describe("nested graphs", () => {
  test("an If is refused by name", () => {
    const proto = modelProto({
      nodes: [node("If", ["c"], ["y"], {}, "branch")],
      inputs: [value("c", [1], 9)],
      outputs: ["y"],
    });
    expect(refusal(() => importOnnx(toBinary(ModelProtoSchema, proto)))).toContain(
      'the operator "If" of node "branch" is not supported',
    );
  });

  test("a graph as the attribute of a known operator", () => {
    const proto = modelProto({
      nodes: [node("Relu", ["x"], ["y"], {}, "act")],
      inputs: [value("x", [1])],
      outputs: ["y"],
    });
    const attribute = node("Relu", [], [], { axis: { int: 0 } }).attribute[0]!;
    proto.graph!.node[0]!.attribute.push(
      Object.assign(attribute, { type: Type.GRAPH, g: new Uint8Array(3) }),
    );
    expect(refusal(() => importOnnx(toBinary(ModelProtoSchema, proto)))).toContain(
      'attributes that are not supported: "axis"',
    );
  });

  test("100,000 levels", () => {
    // GraphProto.node.attribute.g.node.attribute.g ...; each level is two to four bytes longer than the one inside.
    const levels = 100_000;
    const parts: number[][] = [];
    let length = 0;
    for (let i = 0; i < levels; i++) {
      for (const tag of [6, 5, 1]) {
        const head = [tag * 8 + 2, ...varint(length)];
        parts.push(head);
        length += head.length;
      }
    }
    const { ms, error } = timed(() => importOnnx(wrap(7, parts.reverse().flat())));
    expect(error).toBeInstanceOf(InputError);
    expect(ms).toBeLessThan(1000);
  });
});

test("symbols that multiply themselves stay short or are refused", () => {
  const doublings = Array.from({ length: 40 }, (_, i) => node("Mul", [`v${i}`, `v${i}`], [`v${i + 1}`]));
  const bytes = model({
    nodes: [node("Shape", ["x"], ["v0"]), ...doublings, node("Reshape", ["x", "v40"], ["y"])],
    inputs: [value("x", ["batch"])],
    outputs: ["y"],
  });
  const { ms, error } = timed(() => importOnnx(bytes));
  expect(error).toBeInstanceOf(InputError);
  expect(ms).toBeLessThan(1000);
});

test("every refusal has a way out", () => {
  const bytes = model({ nodes: [node("Concat", ["x"], ["y"])], inputs: [value("x", [1])], outputs: ["y"] });
  expect(refusal(() => importOnnx(bytes)).split("\n")[1]).toBe(
    "  correct the model where it was made, and export it again",
  );
});

test("a large sound model is read within a second", () => {
  const nodes = Array.from({ length: 5000 }, (_, i) =>
    node("Add", [`v${i}`, "c"], [`v${i + 1}`], {}, `add${i}`),
  );
  const bytes = model({
    nodes,
    inputs: [value("v0", ["n", 3])],
    outputs: ["v5000"],
    initializers: [floats("c", [3], [1, 2, 3])],
  });
  const { ms, error } = timed(() => importOnnx(bytes));
  expect(error).toBeUndefined();
  expect(ms).toBeLessThan(1000);
});
