import type { Graph, GraphInput, Node } from "../graph/types.js";
import type { Tensor } from "../tensor.js";
import { decodeTensors, encodeTensors, type FileKind } from "./tensor-file.js";

const kind: FileKind = {
  magic: "XBGR",
  version: 1,
  what: "network of a training stage",
  hint: "the file is damaged or of another xbarkit: delete it, and the stage that wrote it runs again",
};

interface Header {
  readonly name: string;
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly string[];
  readonly nodes: readonly unknown[];
  /** The first so many tensors are the initializers; the others are those of attributes. */
  readonly initializers: number;
}

/** Any graph as bytes: exact, and the same for the same graph. Unlike ONNX it keeps every operator as it is. */
export function encodeGraph(graph: Graph): Uint8Array {
  const tensors: [string, Tensor][] = [...graph.initializers];
  const header: Header = {
    name: graph.name,
    inputs: graph.inputs,
    outputs: graph.outputs,
    nodes: graph.nodes.map((node) => pack(node, tensors)),
    initializers: graph.initializers.size,
  };
  return encodeTensors(kind, header, tensors);
}

/**
 * Reads what {@link encodeGraph} wrote.
 * @param file what errors call these bytes
 * @throws InputError where they are of another kind or version, or damaged
 */
export function decodeGraph(bytes: Uint8Array, file: string): Graph {
  const { header, tensors } = decodeTensors(kind, bytes, file);
  const { name, inputs, outputs, nodes, initializers } = header as Header;
  return {
    name,
    inputs,
    outputs,
    nodes: nodes.map((node) => unpack(node, tensors) as Node),
    initializers: new Map(tensors.slice(0, initializers)),
  };
}

/** What JSON would lose is packed into objects with one key: numbers outside it, and tensors, by their place. */
interface Packed {
  readonly $number?: string;
  readonly $tensor?: number;
}

function pack(value: unknown, tensors: [string, Tensor][]): unknown {
  if (typeof value === "number")
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $number: Object.is(value, -0) ? "-0" : String(value) };
  if (Array.isArray(value)) return value.map((item) => pack(item, tensors));
  if (typeof value !== "object" || value === null) return value;
  if ("data" in value && ArrayBuffer.isView(value.data))
    return { $tensor: tensors.push(["", value as unknown as Tensor]) - 1 } satisfies Packed;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, pack(item, tensors)]));
}

function unpack(value: unknown, tensors: readonly (readonly [string, Tensor])[]): unknown {
  if (Array.isArray(value)) return value.map((item) => unpack(item, tensors));
  if (typeof value !== "object" || value === null) return value;
  const { $number, $tensor } = value as Packed;
  if ($number !== undefined) return Number($number);
  if ($tensor !== undefined) return tensors[$tensor]![1];
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpack(item, tensors)]));
}
