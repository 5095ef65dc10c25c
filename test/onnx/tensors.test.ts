import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { ExternalFiles } from "../../src/onnx/external.js";
import {
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
} from "../../src/onnx/generated/onnx_pb.js";
import { importOnnx } from "../../src/onnx/index.js";
import { bfloatToNumber, halfToNumber, rawBytes, readTensor } from "../../src/onnx/tensors.js";
import { i64 } from "../../src/tensor.js";
import { DataType, floats, model, node, refusal, value } from "./build.js";

const bytes = (...values: number[]) => Uint8Array.from(values);

/** Little-endian base-128 of the 64-bit two's complement. */
function varints(...values: (number | bigint)[]): Uint8Array {
  const out: number[] = [];
  for (const value of values) {
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      out.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    out.push(Number(rest));
  }
  return Uint8Array.from(out);
}

type Init = Parameters<typeof create<typeof TensorProtoSchema>>[1];
const proto = (dataType: number, dims: (number | bigint)[], fields: Init): TensorProto =>
  create(TensorProtoSchema, { name: "t", dataType, dims: dims.map(BigInt), ...fields });
const read = (p: TensorProto) => readTensor(p, "initializer t", new ExternalFiles(undefined));
const elements = (p: TensorProto) => {
  const { dtype, shape, data } = read(p);
  return { dtype, shape, data: [...data] };
};

describe("typed data", () => {
  const f32Bytes = (...v: number[]) => new Uint8Array(Float32Array.from(v).buffer);
  const f64Bytes = (...v: number[]) => new Uint8Array(Float64Array.from(v).buffer);
  test.each([
    ["float_data", proto(DataType.FLOAT, [2], { floatData: [f32Bytes(1.5, -2)] }), "f32", [1.5, -2]],
    [
      "float_data in runs",
      proto(DataType.FLOAT, [3], { floatData: [f32Bytes(1), f32Bytes(2, 3)] }),
      "f32",
      [1, 2, 3],
    ],
    ["double_data", proto(DataType.DOUBLE, [1], { doubleData: [f64Bytes(0.1)] }), "f64", [0.1]],
    [
      "int64_data",
      proto(DataType.INT64, [3], { int64Data: [varints(-1, 0, 2 ** 40)] }),
      "i64",
      [-1, 0, 2 ** 40],
    ],
    [
      "the ends of int64",
      proto(DataType.INT64, [2], { int64Data: [varints(2n ** 63n - 1n, -(2n ** 63n))] }),
      "i64",
      [2 ** 63, -(2 ** 63)],
    ],
    ["int32", proto(DataType.INT32, [2], { int32Data: [varints(-7, 2147483647)] }), "i32", [-7, 2147483647]],
    ["int8", proto(DataType.INT8, [2], { int32Data: [varints(-128, 127)] }), "i8", [-128, 127]],
    ["uint8", proto(DataType.UINT8, [2], { int32Data: [varints(0, 255)] }), "u8", [0, 255]],
    ["bool", proto(DataType.BOOL, [3], { int32Data: [varints(0, 1, 2)] }), "bool", [0, 1, 1]],
    ["float16", proto(DataType.FLOAT16, [2], { int32Data: [varints(0x3c00, 0xc100)] }), "f32", [1, -2.5]],
    ["bfloat16", proto(DataType.BFLOAT16, [2], { int32Data: [varints(0x3f80, 0xc020)] }), "f32", [1, -2.5]],
  ])("%s", (_, p, dtype, data) => {
    expect(elements(p)).toEqual({ dtype, shape: [data.length], data });
  });
});

describe("raw data", () => {
  test.each([
    ["float", DataType.FLOAT, bytes(0, 0, 0xc0, 0x3f), "f32", [1.5]],
    ["double", DataType.DOUBLE, bytes(0, 0, 0, 0, 0, 0, 0xf8, 0xbf), "f64", [-1.5]],
    [
      "int64",
      DataType.INT64,
      bytes(0xfe, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 1, 0, 0, 0),
      "i64",
      [-2, 2 ** 32],
    ],
    ["int32", DataType.INT32, bytes(0xff, 0xff, 0xff, 0xff), "i32", [-1]],
    ["int8", DataType.INT8, bytes(0x80, 0x7f), "i8", [-128, 127]],
    ["uint8", DataType.UINT8, bytes(0x80), "u8", [128]],
    ["bool", DataType.BOOL, bytes(0, 1, 7), "bool", [0, 1, 1]],
    ["float16", DataType.FLOAT16, bytes(0x00, 0x3c, 0x01, 0x00), "f32", [1, 2 ** -24]],
    ["bfloat16", DataType.BFLOAT16, bytes(0x20, 0xc0), "f32", [-2.5]],
  ])("%s, wherever it lies in the file", (_, dataType, raw, dtype, data) => {
    const unaligned = new Uint8Array(raw.length + 3);
    unaligned.set(raw, 3);
    for (const rawData of [raw, unaligned.subarray(3), Buffer.concat([bytes(9), raw]).subarray(1)]) {
      expect(elements(proto(dataType, [data.length], { rawData }))).toEqual({
        dtype,
        shape: [data.length],
        data,
      });
    }
  });

  test("is copied", () => {
    const rawData = bytes(1, 2);
    const t = read(proto(DataType.UINT8, [2], { rawData }));
    rawData.fill(9);
    expect([...t.data]).toEqual([1, 2]);
  });

  test("an empty tensor needs no data", () => {
    expect(elements(proto(DataType.FLOAT, [0, 3], {}))).toEqual({ dtype: "f32", shape: [0, 3], data: [] });
  });
});

test("half precision at its edges", () => {
  expect([0x0000, 0x7c00, 0xfc00, 0x7bff, 0x0400, 0x03ff].map(halfToNumber)).toEqual([
    0,
    Infinity,
    -Infinity,
    65504,
    2 ** -14,
    1023 * 2 ** -24,
  ]);
  expect(halfToNumber(0x7e00)).toBeNaN();
  expect(Object.is(halfToNumber(0x8000), -0)).toBe(true);
  expect(bfloatToNumber(0x7f80)).toBe(Infinity);
});

test("the ends of the int64 range survive a round trip", () => {
  const values = i64([2 ** 63, -(2 ** 63), -1, 5]);
  const back = read(proto(DataType.INT64, [4], { rawData: rawBytes(values) }));
  expect(back).toEqual(values);
  expect(rawBytes(values).slice(0, 8)).toEqual(bytes(255, 255, 255, 255, 255, 255, 255, 127));
});

describe("is refused", () => {
  test.each([
    [
      "2^60 elements",
      proto(DataType.FLOAT, [2n ** 60n], { rawData: bytes(0, 0, 0, 0) }),
      "has an axis of length 1152921504606846976",
    ],
    ["a product beyond 2^64", proto(DataType.FLOAT, [2n ** 40n, 2n ** 40n], {}), "but 0 are there"],
    ["a product beyond double", proto(DataType.FLOAT, Array<bigint>(16).fill(2n ** 52n), {}), "needs"],
    [
      "2^60 typed elements",
      proto(DataType.INT64, [2n ** 50n], { int64Data: [bytes(1)] }),
      "needs 1125899906842624 elements, but 1 are there",
    ],
    ["a negative axis", proto(DataType.FLOAT, [-1], {}), "has an axis of length -1"],
    ["a huge axis", proto(DataType.FLOAT, [2n ** 62n], {}), "has an axis of length 4611686018427387904"],
    ["17 axes", proto(DataType.FLOAT, Array<number>(17).fill(1), {}), "has 17 axes"],
    ["no data", proto(DataType.FLOAT, [2], {}), "of shape [2] needs 8 bytes, but 0 are there"],
    ["too much data", proto(DataType.UINT8, [1], { rawData: bytes(1, 2) }), "needs 1 bytes, but 2 are there"],
    [
      "raw and typed data",
      proto(DataType.UINT8, [1], { rawData: bytes(1), int32Data: [bytes(1)] }),
      "twice: raw_data and int32_data",
    ],
    [
      "the wrong typed field",
      proto(DataType.FLOAT, [1], { int64Data: [bytes(1)] }),
      "its elements are in int64_data",
    ],
    [
      "a cut varint",
      proto(DataType.INT64, [1], { int64Data: [bytes(0x80)] }),
      "the int64_data of initializer t ends inside a number",
    ],
    [
      "an int8 that does not fit",
      proto(DataType.INT8, [1], { int32Data: [varints(200)] }),
      "of type INT8 holds 200",
    ],
    ["strings", proto(DataType.STRING, [1], {}), "has element type STRING (8)"],
    ["an unknown type", proto(99, [1], {}), "has element type number (99)"],
    ["segments", proto(DataType.FLOAT, [1], { segment: { begin: 0n, end: 1n } }), "stored in segments"],
  ])("%s", (_, p, message) => {
    expect(refusal(() => read(p))).toContain(message);
  });
});

describe("external data", () => {
  const external = (entries: Record<string, string>, dims = [2]) =>
    model({
      nodes: [node("Add", ["x", "w"], ["y"])],
      inputs: [value("x", [2])],
      outputs: ["y"],
      initializers: [
        proto(DataType.FLOAT, dims, {
          name: "w",
          dataLocation: TensorProto_DataLocation.EXTERNAL,
          externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
        }),
      ],
    });
  const file = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  const readExternal = (location: string) => {
    expect(location).toBe("weights.bin");
    return file;
  };

  test("lies between offset and length", () => {
    const graph = importOnnx(external({ location: "weights.bin", offset: "4", length: "8" }), {
      readExternal,
    });
    expect(graph.initializers.get("w")).toEqual({ dtype: "f32", shape: [2], data: Float32Array.of(2, 3) });
  });

  test("reaches to the end of the file without a length", () => {
    const graph = importOnnx(external({ location: "weights.bin", offset: "8" }), { readExternal });
    expect([...graph.initializers.get("w")!.data]).toEqual([3, 4]);
  });

  test.each([
    ["a path upwards", { location: "../secret" }, 'stored outside the model at "../secret"'],
    ["a path upwards in the middle", { location: "a\\..\\..\\b" }, "stored outside the model at"],
    ["an absolute path", { location: "/etc/passwd" }, 'at "/etc/passwd"'],
    ["a drive", { location: "C:\\x" }, 'at "C:\\\\x"'],
    ["an address", { location: "http://host/x" }, 'at "http://host/x"'],
    ["no path", { offset: "0" }, 'at ""'],
    [
      "too long a part",
      { location: "weights.bin", offset: "12", length: "8" },
      'lies at bytes 12 to 20 of "weights.bin", which has 16',
    ],
    [
      "an offset beyond the file",
      { location: "weights.bin", offset: "99" },
      'starts at byte 99 of "weights.bin", which has 16',
    ],
    [
      "a negative offset",
      { location: "weights.bin", offset: "-4" },
      'is "-4", which is not a number of bytes',
    ],
    ["a huge offset", { location: "weights.bin", offset: "99999999999999999999" }, "not a number of bytes"],
    ["the wrong length", { location: "weights.bin", length: "12" }, "needs 8 bytes, but 12 are there"],
  ])("refuses %s", (_, entries, message) => {
    expect(refusal(() => importOnnx(external(entries), { readExternal }))).toContain(message);
  });

  test("a file is asked for once, and tensors may share its elements a few times only", () => {
    const sharing = (count: number) => {
      const names = Array.from({ length: count }, (_, i) => `w${i}`);
      return model({
        nodes: names.map((name, i) => node("Add", [i === 0 ? "x" : `y${i - 1}`, name], [`y${i}`])),
        inputs: [value("x", [4])],
        outputs: [`y${count - 1}`],
        initializers: names.map((name) =>
          proto(DataType.FLOAT, [4], {
            name,
            dataLocation: TensorProto_DataLocation.EXTERNAL,
            externalData: [{ key: "location", value: "weights.bin" }],
          }),
        ),
      });
    };
    let asked = 0;
    const counted = (location: string) => {
      asked++;
      return readExternal(location);
    };
    expect(importOnnx(sharing(4), { readExternal: counted }).initializers.size).toBe(4);
    expect(asked).toBe(1);
    expect(refusal(() => importOnnx(sharing(5), { readExternal }))).toContain(
      'initializer "w4" is one of many that lie at the same bytes of "weights.bin", 4 times its size in all',
    );
  });

  test("refuses a model whose files were not given", () => {
    expect(refusal(() => importOnnx(external({ location: "weights.bin" })))).toContain(
      'initializer "w" is stored outside the model in "weights.bin", which was not given',
    );
  });
});

test("an initializer is named in its error", () => {
  const bad = floats("w", [3], [1, 2]);
  const bytesOf = model({ nodes: [node("Relu", ["w"], ["y"])], outputs: ["y"], initializers: [bad] });
  expect(refusal(() => importOnnx(bytesOf))).toBe(
    'initializer "w" of shape [3] needs 12 bytes, but 8 are there\n  the file is damaged or incomplete; export it again',
  );
});
