import { create, toBinary } from "@bufbuild/protobuf";
import { InputError } from "../../src/errors.js";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "../../src/onnx/generated/onnx_pb.js";

export { AttributeType, DataType };

type AttributeValue =
  | { int: number }
  | { ints: number[] }
  | { float: number }
  | { floats: number[] }
  | { string: string }
  | { tensor: TensorProto };

export function attribute(name: string, value: AttributeValue): AttributeProto {
  const proto = create(AttributeProtoSchema, { name });
  if ("int" in value) Object.assign(proto, { type: AttributeType.INT, i: BigInt(value.int) });
  if ("ints" in value) Object.assign(proto, { type: AttributeType.INTS, ints: value.ints.map(BigInt) });
  if ("float" in value) Object.assign(proto, { type: AttributeType.FLOAT, f: value.float });
  if ("floats" in value) Object.assign(proto, { type: AttributeType.FLOATS, floats: value.floats });
  if ("string" in value) {
    Object.assign(proto, { type: AttributeType.STRING, s: new TextEncoder().encode(value.string) });
  }
  if ("tensor" in value) Object.assign(proto, { type: AttributeType.TENSOR, t: value.tensor });
  return proto;
}

/** `node("Relu", ["x"], ["y"])`; attributes by name, a name for the node as `named`. */
export function node(
  opType: string,
  input: string[],
  output: string[],
  attributes: Record<string, AttributeValue> = {},
  named = "",
): NodeProto {
  const attributeList = Object.entries(attributes).map(([name, value]) => attribute(name, value));
  return create(NodeProtoSchema, { opType, input, output, name: named, attribute: attributeList });
}

/** An input or output; a number fixes a dimension, a string names it, null leaves it open. */
export function value(
  name: string,
  dims: (number | string | null)[],
  elemType: number = DataType.FLOAT,
): ValueInfoProto {
  const dim = dims.map((d) => {
    if (d === null) return {};
    return typeof d === "number"
      ? { value: { case: "dimValue" as const, value: BigInt(d) } }
      : { value: { case: "dimParam" as const, value: d } };
  });
  return create(ValueInfoProtoSchema, { name, type: { tensorType: { elemType, shape: { dim } } } });
}

export function floats(name: string, dims: number[], values: ArrayLike<number>): TensorProto {
  const rawData = new Uint8Array(Float32Array.from(values).buffer);
  return create(TensorProtoSchema, { name, dataType: DataType.FLOAT, dims: dims.map(BigInt), rawData });
}

export function longs(name: string, dims: number[], values: number[]): TensorProto {
  const rawData = new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
  return create(TensorProtoSchema, { name, dataType: DataType.INT64, dims: dims.map(BigInt), rawData });
}

export interface ModelParts {
  opset?: number;
  nodes?: NodeProto[];
  inputs?: ValueInfoProto[];
  outputs?: (string | ValueInfoProto)[];
  initializers?: TensorProto[];
  name?: string;
}

/** A model as a message, for tests that change it further. */
export function modelProto({
  opset = 18,
  nodes = [],
  inputs = [],
  outputs = [],
  initializers = [],
  name = "net",
}: ModelParts) {
  return create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: "", version: BigInt(opset) }],
    graph: create(GraphProtoSchema, {
      name,
      node: nodes,
      input: inputs,
      output: outputs.map((o) => (typeof o === "string" ? create(ValueInfoProtoSchema, { name: o }) : o)),
      initializer: initializers,
    }),
  });
}

export const model = (parts: ModelParts): Uint8Array => toBinary(ModelProtoSchema, modelProto(parts));

/** One node `op` from input x[...] (and initializers) to output y. */
export function oneNode(
  opset: number,
  op: string,
  shape: (number | string | null)[],
  attributes: Record<string, AttributeValue> = {},
  initializers: TensorProto[] = [],
): Uint8Array {
  return model({
    opset,
    nodes: [node(op, ["x", ...initializers.map((i) => i.name)], ["y"], attributes, "n")],
    inputs: [value("x", shape)],
    outputs: ["y"],
    initializers,
  });
}

/** The InputError that a call throws, as message and hint; any other outcome fails the test. */
export function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof InputError) return error.toString();
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Small repeatable numbers that are exact in f32. */
export const ramp = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => ((i * 37) % 19) / 8 - 1);
