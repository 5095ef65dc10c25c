import { InputError } from "../errors.js";
import type { DType } from "../tensor.js";
import { TensorProto_DataType as T } from "./generated/onnx_pb.js";

/** ONNX's element types that the IR holds. Half precision is widened to f32 when it is read. */
const readable: ReadonlyMap<number, DType> = new Map<number, DType>([
  [T.FLOAT, "f32"],
  [T.DOUBLE, "f64"],
  [T.INT64, "i64"],
  [T.INT32, "i32"],
  [T.INT8, "i8"],
  [T.UINT8, "u8"],
  [T.BOOL, "bool"],
  [T.FLOAT16, "f32"],
  [T.BFLOAT16, "f32"],
]);

export const onnxElement: { readonly [D in DType]: number } = {
  f32: T.FLOAT,
  f64: T.DOUBLE,
  i64: T.INT64,
  i32: T.INT32,
  i8: T.INT8,
  u8: T.UINT8,
  bool: T.BOOL,
};

export const readableElements = [...readable.keys()].map((code) => T[code]!).join(", ");

/** @throws InputError when the IR has no such element type; `thing` names what has it. */
export function elementType(code: number, thing: string): DType {
  const dtype = readable.get(code);
  if (dtype) return dtype;
  throw new InputError(`${thing} has element type ${T[code] ?? "number"} (${code}), which is not supported`, {
    hint: `convert it to one of ${readableElements}`,
  });
}
