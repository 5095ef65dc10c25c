import { create } from "@bufbuild/protobuf";
import { InputError } from "../errors.js";
import { allocate, type DType, type Tensor, tensor } from "../tensor.js";
import { elementType, onnxElement } from "./elements.js";
import type { ExternalFiles } from "./external.js";
import {
  TensorProto_DataLocation as Location,
  TensorProto_DataType as T,
  type TensorProto,
  TensorProtoSchema,
} from "./generated/onnx_pb.js";
import { type PackedKind, packedCount, readPacked } from "./packed.js";

/** No operator of a network needs more; a file that claims thousands of axes is broken. */
const maximumRank = 16;

/** Bytes of one element in raw data, by ONNX's type code. */
const elementBytes: ReadonlyMap<number, number> = new Map([
  [T.FLOAT, 4],
  [T.DOUBLE, 8],
  [T.INT64, 8],
  [T.INT32, 4],
  [T.INT8, 1],
  [T.UINT8, 1],
  [T.BOOL, 1],
  [T.FLOAT16, 2],
  [T.BFLOAT16, 2],
]);

/**
 * Reads a tensor, whatever form its elements have in the file. The declared count is compared with the bytes that
 * are there before anything is allocated.
 * @param thing how an error message names the tensor
 * @throws InputError
 */
export function readTensor(proto: TensorProto, thing: string, files: ExternalFiles): Tensor {
  const dtype = elementType(proto.dataType, thing);
  if (proto.segment) {
    throw new InputError(`${thing} is stored in segments, which is not supported`, {
      hint: "save the model again with a current exporter",
    });
  }
  const shape = readShape(proto.dims, thing);
  const count = shape.reduce((n, d) => n * d, 1);
  const external = proto.dataLocation === Location.EXTERNAL;
  const typed = typedFields.filter((field) => field.runs(proto).some((run) => run.length > 0));
  const stored = [
    ...(external ? ["external data"] : []),
    ...(proto.rawData.length > 0 ? ["raw_data"] : []),
    ...typed.map((field) => field.name),
  ];
  if (stored.length > 1) {
    throw new InputError(`${thing} holds its elements twice: ${stored.join(" and ")}`, {
      hint: "save the model again with one form of tensor data",
    });
  }
  const [field] = typed;
  if (field) return tensor(dtype, shape, fromTyped(dtype, proto, field, shape, thing));
  const bytes = external ? files.part(proto.externalData, thing) : proto.rawData;
  const need = count * elementBytes.get(proto.dataType)!;
  if (bytes.length !== need) throw wrongSize(thing, shape, need, bytes.length, "bytes");
  return tensor(dtype, shape, fromRaw(dtype, proto.dataType, bytes, count));
}

function wrongSize(thing: string, shape: readonly number[], need: number, found: number, unit: string) {
  return new InputError(
    `${thing} of shape [${shape.join(", ")}] needs ${need} ${unit}, but ${found} are there`,
    {
      hint: "the file is damaged or incomplete; export it again",
    },
  );
}

function readShape(dims: readonly bigint[], thing: string): number[] {
  if (dims.length > maximumRank) {
    throw new InputError(`${thing} has ${dims.length} axes, but at most ${maximumRank} are supported`);
  }
  return dims.map((d) => {
    if (d < 0n || d > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new InputError(`${thing} has an axis of length ${d}`, {
        hint: "the file is damaged; export it again",
      });
    }
    return Number(d);
  });
}

interface TypedField {
  readonly name: string;
  readonly kind: PackedKind;
  readonly runs: (proto: TensorProto) => readonly Uint8Array[];
  /** The element types that ONNX stores there. */
  readonly types: readonly number[];
}

const typedFields: readonly TypedField[] = [
  { name: "float_data", kind: "float", runs: (p) => p.floatData, types: [T.FLOAT] },
  {
    name: "int32_data",
    kind: "varint",
    runs: (p) => p.int32Data,
    types: [T.INT32, T.INT8, T.UINT8, T.BOOL, T.FLOAT16, T.BFLOAT16],
  },
  { name: "int64_data", kind: "varint", runs: (p) => p.int64Data, types: [T.INT64] },
  { name: "double_data", kind: "double", runs: (p) => p.doubleData, types: [T.DOUBLE] },
  { name: "uint64_data", kind: "varint", runs: (p) => p.uint64Data, types: [T.UINT32, T.UINT64] },
];

function fromTyped(
  dtype: DType,
  proto: TensorProto,
  field: TypedField,
  shape: readonly number[],
  thing: string,
) {
  const code = proto.dataType;
  if (!field.types.includes(code)) {
    const right = typedFields.find(({ types }) => types.includes(code))!;
    throw new InputError(`${thing} has type ${T[code]} but its elements are in ${field.name}`, {
      hint: `they belong in ${right.name} or raw_data`,
    });
  }
  const runs = field.runs(proto);
  const count = shape.reduce((n, d) => n * d, 1);
  const found = packedCount(runs, field.kind);
  if (!Number.isInteger(found)) {
    throw new InputError(`the ${field.name} of ${thing} ends inside a number`, {
      hint: "the file is damaged or incomplete; export it again",
    });
  }
  if (found !== count) throw wrongSize(thing, shape, count, found, "elements");
  const data = allocate(dtype, count);
  readPacked(runs, field.kind, (value, i) => {
    if (code === T.FLOAT16) data[i] = halfToNumber(value);
    else if (code === T.BFLOAT16) data[i] = bfloatToNumber(value);
    else if (code === T.BOOL) data[i] = value === 0 ? 0 : 1;
    else {
      data[i] = value;
      if (field.name === "int32_data" && data[i] !== value) {
        throw new InputError(`${thing} of type ${T[code]} holds ${value}, which does not fit`);
      }
    }
  });
  return data;
}

/** The copy also aligns the elements, which lie anywhere in the file. ONNX and every JavaScript host are little-endian. */
function fromRaw(dtype: DType, code: number, bytes: Uint8Array, count: number) {
  const data = allocate(dtype, count);
  if (code === T.INT64) {
    const words = new Int32Array(copy(bytes));
    for (let i = 0; i < count; i++) data[i] = words[2 * i + 1]! * 2 ** 32 + (words[2 * i]! >>> 0);
  } else if (code === T.FLOAT16 || code === T.BFLOAT16) {
    const words = new Uint16Array(copy(bytes));
    const widen = code === T.FLOAT16 ? halfToNumber : bfloatToNumber;
    for (let i = 0; i < count; i++) data[i] = widen(words[i]!);
  } else if (code === T.BOOL) {
    for (let i = 0; i < count; i++) data[i] = bytes[i] === 0 ? 0 : 1;
  } else {
    new Uint8Array(data.buffer).set(bytes);
  }
  return data;
}

/** Not `bytes.slice()`, which in Node's Buffer shares the memory. */
const copy = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

/** IEEE 754 binary16. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));

/** The upper half of an IEEE 754 binary32. */
export function bfloatToNumber(bits: number): number {
  scratch.setUint32(0, (bits & 0xffff) * 0x10000);
  return scratch.getFloat32(0);
}

/** A tensor with raw data, little-endian. */
export function writeTensor(name: string, value: Tensor): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: onnxElement[value.dtype],
    dims: value.shape.map(BigInt),
    rawData: rawBytes(value),
  });
}

const int64Maximum = 2n ** 63n - 1n;

/** The elements as ONNX stores them; the ends of the int64 range, which a double overshoots, are cut back to it. */
export function rawBytes({ dtype, data }: Tensor): Uint8Array {
  if (dtype !== "i64") return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const words = BigInt64Array.from(data as Float64Array, (v) => {
    const integer = BigInt(v);
    return integer > int64Maximum ? int64Maximum : integer;
  });
  return new Uint8Array(words.buffer);
}
