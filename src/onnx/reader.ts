import { InputError } from "../errors.js";
import type { NodeOf, OpAttributes, OpKind, TensorType } from "../graph/types.js";
import type { Tensor } from "../tensor.js";
import type { Attributes } from "./attributes.js";

/** What an importer row sees of the graph around its node. */
export interface GraphContext {
  /** The value, where it does not depend on the network's inputs and stands in the file. */
  constant(value: string): Tensor | undefined;
  /** Element type and shape of a value, where they can be inferred. */
  typeOf(value: string): TensorType | undefined;
  /** Adds a constant under a name made from `wanted`, and returns that name. */
  addConstant(wanted: string, value: Tensor): string;
  /** Adds a node in front of the one that is being read, and returns the name of its output. */
  addNode<K extends OpKind>(
    wanted: string,
    op: K,
    inputs: readonly string[],
    attributes: OpAttributes[K],
  ): string;
}

/** What an ONNX node becomes; its outputs and inputs stay, unless `inputs` replaces them. */
export type Converted = {
  [K in OpKind]: Pick<NodeOf<K>, "op" | "attributes"> & { readonly inputs?: readonly string[] };
}[OpKind];

/** One ONNX node, as an importer row reads it. */
export class NodeReader {
  constructor(
    readonly op: string,
    readonly name: string,
    readonly opset: number,
    readonly inputs: readonly string[],
    readonly attributes: Attributes,
    readonly graph: GraphContext,
  ) {}

  /** The input's name, or "" where it is absent. */
  input(index: number): string {
    return this.inputs[index] ?? "";
  }

  /** A constant made for this node, as when an attribute of an old opset becomes an input. */
  addConstant(suffix: string, value: Tensor): string {
    return this.graph.addConstant(`${this.name}.${suffix}`, value);
  }

  /** The constant that an input holds; undefined where the input is absent or computed. */
  constantInput(index: number): Tensor | undefined {
    const name = this.input(index);
    return name === "" ? undefined : this.graph.constant(name);
  }

  fail(message: string, hint?: string): InputError {
    return new InputError(`${this.attributes.node}: ${message}`, hint === undefined ? {} : { hint });
  }
}

export interface ImporterRow {
  /** What it becomes in the IR, for the table in the docs. */
  readonly becomes: string;
  /** What of the ONNX operator is not accepted, or accepted in another form than it has now; for the docs. */
  readonly notes: readonly string[];
  /** Fewest and most inputs, over all accepted opsets. */
  readonly inputs: readonly [number, number];
  readonly read: (node: NodeReader) => Converted;
}
