import { invariant } from "./errors.js";

/** Element types of the network IR, named as ONNX names them in short. */
export type DType = "f32" | "f64" | "i64" | "i32" | "i8" | "u8" | "bool";

/**
 * How each element type is held. 64-bit integers are held as doubles: shapes and indices are far below 2^53, and
 * the two values beyond it that exporters write (the ends of the int64 range, meaning "to the end") stay ordered.
 */
export interface TensorData {
  f32: Float32Array;
  f64: Float64Array;
  i64: Float64Array;
  i32: Int32Array;
  i8: Int8Array;
  u8: Uint8Array;
  bool: Uint8Array;
}

export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: TensorData[D];
}

const constructors: { [D in DType]: new (n: number) => TensorData[D] } = {
  f32: Float32Array,
  f64: Float64Array,
  i64: Float64Array,
  i32: Int32Array,
  i8: Int8Array,
  u8: Uint8Array,
  bool: Uint8Array,
};

export const elementCount = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

export function allocate<D extends DType>(dtype: D, count: number): TensorData[D] {
  return new constructors[dtype](count);
}

export function tensor<D extends DType>(dtype: D, shape: readonly number[], data?: TensorData[D]): Tensor<D> {
  const count = elementCount(shape);
  invariant(data === undefined || data.length === count, `a tensor [${shape}] of ${data?.length} elements`);
  return { dtype, shape, data: data ?? allocate(dtype, count) };
}

export const f32 = (shape: readonly number[], values: ArrayLike<number>): Tensor<"f32"> =>
  tensor("f32", shape, Float32Array.from(values));

export const i64 = (values: readonly number[]): Tensor<"i64"> =>
  tensor("i64", [values.length], Float64Array.from(values));

/** Row-major strides of a shape, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i]!;
  }
  return strides;
}

/** Nearest integer, ties to even, as ONNX `Round`, IEEE 754 and PyTorch do (`Math.round` takes ties upwards). */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
