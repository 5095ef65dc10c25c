import { invariant } from "../errors.js";
import type { DType, Tensor, TensorData } from "../tensor.js";
import type { OrtPackage, OrtTensor } from "./packages.js";

const ortNames: { readonly [D in DType]: string } = {
  f32: "float32",
  f64: "float64",
  i64: "int64",
  i32: "int32",
  i8: "int8",
  u8: "uint8",
  bool: "bool",
};

const dtypes = new Map<string, DType>(
  Object.entries(ortNames).map(([dtype, name]) => [name, dtype as DType]),
);

/** A tensor as ONNX Runtime takes it; a view of the same memory except for 64-bit integers and shared memory. */
export function toOrt(ort: OrtPackage, name: string, { dtype, shape, data }: Tensor): OrtTensor {
  return new ort.Tensor(
    ortNames[dtype],
    dtype === "i64" ? toBigInts(name, data as Float64Array) : unshared(data),
    shape,
  );
}

export function fromOrt(name: string, { type, dims, data }: OrtTensor): Tensor {
  const dtype = dtypes.get(type);
  if (!dtype) throw new Error(`output "${name}" has elements of type ${type}, which xbarkit does not hold`);
  const shape = [...dims];
  return dtype === "i64"
    ? { dtype, shape, data: fromBigInts(data as BigInt64Array) }
    : { dtype, shape, data: data as TensorData[DType] };
}

/** ONNX Runtime refuses memory that threads share. */
function unshared(data: TensorData[DType]): TensorData[DType] {
  const shared = typeof SharedArrayBuffer !== "undefined" && data.buffer instanceof SharedArrayBuffer;
  return shared ? copied(data) : data;
}

/** The elements in memory of their own. Node's Buffer is a Uint8Array whose `slice` copies nothing. */
export const copied = (data: TensorData[DType]): TensorData[DType] =>
  data instanceof Uint8Array ? new Uint8Array(data) : data.slice();

const highest = 2n ** 63n - 1n;
const lowest = -(2n ** 63n);

function toBigInts(name: string, values: Float64Array): BigInt64Array {
  const integers = new BigInt64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    invariant(
      !Number.isNaN(value) && (Number.isInteger(value) || !Number.isFinite(value)),
      `input "${name}" is i64 and holds ${value}`,
    );
    // 2^63 − 1 is held as the double 2^63, one past the range.
    integers[i] = value >= 2 ** 63 ? highest : value <= -(2 ** 63) ? lowest : BigInt(value);
  }
  return integers;
}

const fromBigInts = (integers: BigInt64Array): Float64Array => Float64Array.from(integers, Number);
