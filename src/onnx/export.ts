import { clearField, create, toBinary } from "@bufbuild/protobuf";
import { InputError } from "../errors.js";
import { inferTypes } from "../graph/infer.js";
import type { CrossbarLayer, Graph, Node, TensorType } from "../graph/types.js";
import type { Tensor } from "../tensor.js";
import { onnxElement } from "./elements.js";
import {
  type ExportContext,
  type ExportedAttribute,
  type ExportedNode,
  type Exporters,
  exporters,
} from "./exporters.js";
import { isSafeLocation } from "./external.js";
import {
  type AttributeProto,
  AttributeProtoSchema,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  AttributeProto_AttributeType as Type,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./generated/onnx_pb.js";
import { qdqExporters } from "./qdq.js";
import { writeTensor } from "./tensors.js";
import { quote } from "./text.js";

export const exportedOpset = 18;
const irVersion = 8n;

/** Protobuf's own limit of one file, less room for everything beside the tensors. */
const largestFile = 2 ** 31 - 2 ** 24;

export interface QdqOptions {
  /** Layers whose weights are written as int8 codes. */
  readonly layers?: readonly CrossbarLayer[];
}

export interface ExternalOptions {
  readonly external: {
    /** Path of the data file relative to the model's own folder. */
    readonly location: string;
    /** Initializers of this many bytes or more go into the data file. */
    readonly threshold_bytes: number;
  };
}

/**
 * Writes a graph as an ONNX model: opset 18, IR version 8, raw tensor data, the same bytes for the same graph.
 * FakeQuantize becomes Mul, Round, Clip, Mul (the arithmetic is at `fakeQuantize` in exporters.ts); every other
 * operator becomes itself. Attributes that are floats are rounded to f32.
 * @throws InputError when the model is larger than the 2 GiB that a protobuf file may have
 */
export function exportOnnx(graph: Graph): Uint8Array {
  return encode(buildModel(graph, exporters));
}

/**
 * Writes a quantised graph in the QDQ form: FakeQuantize becomes Clip (below 8 bits), QuantizeLinear and
 * DequantizeLinear; the weights of the layers given become int8 codes and a DequantizeLinear. A runtime may compute it
 * in integers, so results can differ from the plain form's.
 * @throws InputError for quantisers above 8 bits, or weights that are not code × scale
 */
export function exportQdq(graph: Graph, options: QdqOptions = {}): Uint8Array {
  return encode(buildModel(graph, qdqExporters(graph, options.layers ?? [])));
}

/**
 * As {@link exportOnnx}, with the large initializers in a second file, each starting at a multiple of 4,096 bytes so
 * that it can be mapped into memory. `location` is where the model will look for that file.
 * @throws InputError when `location` leaves the model's folder, or the model is too large even so
 */
export function exportOnnxExternal(
  graph: Graph,
  options: ExternalOptions,
): { readonly model: Uint8Array; readonly data: Uint8Array } {
  const { location, threshold_bytes } = options.external;
  if (!isSafeLocation(location)) {
    throw new InputError(`the location of external data is ${quote(location)}`, {
      hint: "give a relative path inside the model's own folder",
    });
  }
  const model = buildModel(graph, exporters);
  const outside = model.graph!.initializer.filter((tensor) => tensor.rawData.length >= threshold_bytes);
  const starts: number[] = [];
  let size = 0;
  for (const { rawData } of outside) {
    const start = Math.ceil(size / pageBytes) * pageBytes;
    starts.push(start);
    size = start + rawData.length;
  }
  const data = new Uint8Array(size);
  outside.forEach((tensor, i) => {
    data.set(tensor.rawData, starts[i]!);
    tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
    const entries = { location, offset: `${starts[i]}`, length: `${tensor.rawData.length}` };
    tensor.externalData = Object.entries(entries).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    );
    clearField(tensor, TensorProtoSchema.field.rawData);
  });
  return { model: encode(model), data };
}

const pageBytes = 4096;

function encode(model: ModelProto): Uint8Array {
  const bytes = model.graph!.initializer.reduce((n, { rawData }) => n + rawData.length, 0);
  if (bytes > largestFile) {
    throw new InputError(`the model's tensors have ${bytes} bytes, but an ONNX file holds at most 2 GiB`, {
      hint: "export it with its large tensors in a second file (external data)",
    });
  }
  return toBinary(ModelProtoSchema, model);
}

function buildModel(graph: Graph, rows: Exporters): ModelProto {
  const types = inferTypes(graph);
  const writer = new Writer(graph);
  const nodes = graph.nodes.flatMap((node) => {
    const row = rows[node.op] as (node: Node, context: ExportContext) => readonly ExportedNode[];
    return row(node, writer);
  });
  return create(ModelProtoSchema, {
    irVersion,
    producerName: "xbarkit",
    opsetImport: [{ domain: "", version: BigInt(exportedOpset) }],
    graph: create(GraphProtoSchema, {
      name: graph.name,
      node: nodes.map(writeNode),
      initializer: writer.kept(nodes, graph.outputs).map(([name, value]) => writeTensor(name, value)),
      input: graph.inputs.map(({ name, type }) => writeValue(name, type)),
      output: graph.outputs.map((name) => writeValue(name, types.get(name)!)),
    }),
  });
}

class Writer implements ExportContext {
  readonly #initializers: Map<string, Tensor>;
  readonly #replaced = new Set<string>();
  readonly #names: Set<string>;

  constructor(graph: Graph) {
    this.#initializers = new Map(graph.initializers);
    this.#names = new Set([
      ...graph.inputs.map(({ name }) => name),
      ...graph.initializers.keys(),
      ...graph.nodes.flatMap(({ outputs }) => outputs),
    ]);
  }

  constant(wanted: string, value: Tensor): string {
    const name = this.value(wanted);
    this.#initializers.set(name, value);
    return name;
  }

  stored(name: string): number | undefined {
    const data = this.#initializers.get(name)?.data;
    return data?.length === 1 ? data[0] : undefined;
  }

  value(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#names.has(name); i++) name = `${wanted}_${i}`;
    this.#names.add(name);
    return name;
  }

  replaced(initializer: string): void {
    this.#replaced.add(initializer);
  }

  kept(nodes: readonly ExportedNode[], outputs: readonly string[]): [string, Tensor][] {
    const used = new Set([...nodes.flatMap(({ inputs }) => inputs), ...outputs]);
    return [...this.#initializers].filter(([name]) => used.has(name) || !this.#replaced.has(name));
  }
}

function writeNode({ op, name, inputs, outputs, attributes }: ExportedNode): NodeProto {
  return create(NodeProtoSchema, {
    opType: op,
    name,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([key, value]) => writeAttribute(key, value)),
  });
}

function writeAttribute(name: string, value: ExportedAttribute): AttributeProto {
  const attribute = create(AttributeProtoSchema, { name });
  if ("int" in value) {
    attribute.type = Type.INT;
    attribute.i = BigInt(value.int);
  } else if ("ints" in value) {
    attribute.type = Type.INTS;
    attribute.ints = value.ints.map(BigInt);
  } else if ("float" in value) {
    attribute.type = Type.FLOAT;
    attribute.f = Math.fround(value.float);
  } else if ("string" in value) {
    attribute.type = Type.STRING;
    attribute.s = new TextEncoder().encode(value.string);
  } else {
    attribute.type = Type.TENSOR;
    attribute.t = writeTensor("", value.tensor);
  }
  return attribute;
}

function writeValue(name: string, type: TensorType): ValueInfoProto {
  const dim = type.shape.map((d) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof d === "number" ? { case: "dimValue", value: BigInt(d) } : { case: "dimParam", value: d },
    }),
  );
  return create(ValueInfoProtoSchema, {
    name,
    type: { tensorType: { elemType: onnxElement[type.dtype], shape: { dim } } },
  });
}
