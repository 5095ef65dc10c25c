import { InputError, nearest } from "../errors.js";
import { nodeFault } from "../graph/ops.js";
import type { Graph, GraphInput, Node, NodeOf, OpAttributes, OpKind, TensorType } from "../graph/types.js";
import { verify } from "../graph/verify.js";
import type { Tensor } from "../tensor.js";
import { Attributes } from "./attributes.js";
import type { ExternalFiles } from "./external.js";
import type { GraphProto, NodeProto } from "./generated/onnx_pb.js";
import { readInputs } from "./inputs.js";
import { importers } from "./operators.js";
import { inOrder } from "./order.js";
import { type GraphContext, NodeReader } from "./reader.js";
import { readTensor } from "./tensors.js";
import { nodeLabel, quote, unusedName } from "./text.js";
import { GrowingTypes } from "./types.js";

export const isDefaultDomain = (domain: string) => domain === "" || domain === "ai.onnx";

/** Builds the IR of one ONNX graph: names, initializers, inputs, then its nodes in order. */
export class Importer implements GraphContext {
  readonly #names = new Set<string>();
  readonly #nodeNames = new Set<string>();
  readonly #initializers = new Map<string, Tensor>();
  readonly #constants = new Map<string, Tensor>();
  readonly #nodes: Node[] = [];
  #inputs: readonly GraphInput[] = [];
  #types: GrowingTypes | undefined;

  constructor(
    readonly proto: GraphProto,
    readonly opset: number,
    readonly files: ExternalFiles,
  ) {}

  read(name: string): Graph {
    const { proto } = this;
    if (proto.sparseInitializer.length > 0) {
      throw new InputError("the model has sparse initializers, which are not supported", {
        hint: "save them as dense tensors",
      });
    }
    this.#readInitializers();
    this.#inputs = readInputs(proto.input, (input) => this.#initializers.has(input));
    for (const { name: input } of this.#inputs) this.#declare(input, `input ${quote(input)}`);
    for (const node of proto.node) {
      if (!node.output[0])
        throw new InputError(`${nodeLabel(node)} has no output`, { hint: "export the model again" });
      for (const output of node.output) if (output !== "") this.#declare(output, nodeLabel(node));
    }
    const outputs = this.#readOutputs();
    for (const { node, name } of this.#named(inOrder(proto.node, this.#known()))) this.#readNode(node, name);
    const initializers = this.#initializers;
    return verify({ name, inputs: this.#inputs, outputs, nodes: this.#nodes, initializers });
  }

  constant(value: string): Tensor | undefined {
    return this.#constants.get(value);
  }

  typeOf(value: string): TensorType | undefined {
    this.#types ??= new GrowingTypes(this.#inputs, this.#nodes, this.#initializers);
    return this.#types.typeOf(value);
  }

  addConstant(wanted: string, value: Tensor): string {
    const name = unusedName(wanted, this.#names);
    this.#names.add(name);
    this.#initializers.set(name, value);
    this.#constants.set(name, value);
    return name;
  }

  addNode<K extends OpKind>(
    wanted: string,
    op: K,
    inputs: readonly string[],
    attributes: OpAttributes[K],
  ): string {
    const output = unusedName(wanted, this.#names);
    this.#names.add(output);
    const name = unusedName(wanted, this.#nodeNames);
    this.#nodeNames.add(name);
    this.#nodes.push({ op, name, inputs, outputs: [output], attributes } as NodeOf<K> as Node);
    return output;
  }

  #known(): ReadonlySet<string> {
    return new Set([...this.#initializers.keys(), ...this.#inputs.map((input) => input.name)]);
  }

  #declare(value: string, maker: string): void {
    if (value === "") throw new InputError(`${maker} has no name`);
    if (this.#names.has(value)) {
      throw new InputError(`the value ${quote(value)} is made twice, the second time by ${maker}`, {
        hint: "every value of a graph needs a name of its own; export the model again",
      });
    }
    this.#names.add(value);
  }

  #readInitializers(): void {
    for (const proto of this.proto.initializer) {
      const thing = `initializer ${quote(proto.name)}`;
      this.#declare(proto.name, thing);
      const value = readTensor(proto, thing, this.files);
      this.#initializers.set(proto.name, value);
      this.#constants.set(proto.name, value);
    }
  }

  #readOutputs(): string[] {
    const outputs = this.proto.output.map(({ name }) => name);
    if (outputs.length === 0) throw new InputError("the model has no outputs", { hint: "export it again" });
    const seen = new Set<string>();
    for (const output of outputs) {
      if (!this.#names.has(output)) {
        throw new InputError(`the model's output ${quote(output)} is made by no node`, {
          hint: "the file is damaged or incomplete; export it again",
        });
      }
      if (seen.has(output)) throw new InputError(`the model has the output ${quote(output)} twice`);
      seen.add(output);
    }
    return outputs;
  }

  /** A node keeps a name that it alone has; otherwise it is called after its first output. */
  #named(nodes: readonly NodeProto[]): { node: NodeProto; name: string }[] {
    const uses = new Map<string, number>();
    for (const { name } of nodes) uses.set(name, (uses.get(name) ?? 0) + 1);
    const keeps = ({ name }: NodeProto) => name !== "" && uses.get(name) === 1;
    for (const node of nodes) if (keeps(node)) this.#nodeNames.add(node.name);
    return nodes.map((node) => {
      if (keeps(node)) return { node, name: node.name };
      const name = unusedName(node.output[0]!, this.#nodeNames);
      this.#nodeNames.add(name);
      return { node, name };
    });
  }

  #readNode(proto: NodeProto, name: string): void {
    const label = nodeLabel(proto);
    if (!isDefaultDomain(proto.domain)) {
      throw new InputError(
        `${label} is of the domain ${quote(proto.domain)}, but only ai.onnx is supported`,
        {
          hint: "export the model with standard ONNX operators",
        },
      );
    }
    const row = importers.get(proto.opType);
    if (!row) throw unknownOperator(proto);
    const inputs = trimmed(proto.input);
    checkInputs(inputs, row.inputs, label);
    const attributes = new Attributes(proto.attribute, label, this.files);
    const reader = new NodeReader(proto.opType, name, this.opset, inputs, attributes, this);
    const converted = row.read(reader);
    attributes.finish();
    const node = {
      op: converted.op,
      name,
      inputs: trimmed(converted.inputs ?? inputs),
      outputs: this.#readNodeOutputs(proto, label),
      attributes: converted.attributes,
    } as Node;
    const fault = nodeFault(node);
    if (fault) throw new InputError(`${label}: ${fault}`, { hint: "export the model again" });
    this.#nodes.push(node);
    if (node.op === "Constant") this.#constants.set(node.outputs[0]!, node.attributes.value);
    if (node.op === "Identity") this.#alias(node.inputs[0]!, node.outputs[0]!);
  }

  #alias(from: string, to: string): void {
    const value = this.#constants.get(from);
    if (value) this.#constants.set(to, value);
  }

  /** Only the first output is kept; a second one (mask, indices, running statistics) must not be used. */
  #readNodeOutputs(proto: NodeProto, label: string): string[] {
    const [first = "", ...others] = proto.output;
    const extra = others.find((output) => output !== "");
    const allowed = proto.opType === "Dropout" || proto.opType === "MaxPool" ? 1 : 0;
    if (extra !== undefined && (trimmed(others).length > allowed || this.#isUsed(extra))) {
      throw new InputError(`${label} has a further output, ${quote(extra)}, which is not supported`, {
        hint: "export the model in evaluation mode (model.eval())",
      });
    }
    return [first];
  }

  #used: ReadonlySet<string> | undefined;

  #isUsed(value: string): boolean {
    const { node, output } = this.proto;
    this.#used ??= new Set([...node.flatMap((n) => n.input), ...output.map((o) => o.name)]);
    return this.#used.has(value);
  }
}

function unknownOperator(proto: NodeProto): InputError {
  const near = nearest(proto.opType.slice(0, 80), importers.keys());
  const name = proto.name || (proto.output[0] ?? "");
  return new InputError(`the operator ${quote(proto.opType)} of node ${quote(name)} is not supported`, {
    hint: near ? `did you mean ${near}?` : "docs/operators.md lists the supported operators",
  });
}

function checkInputs(
  inputs: readonly string[],
  [fewest, most]: readonly [number, number],
  label: string,
): void {
  if (inputs.length < fewest || inputs.length > most) {
    const right =
      fewest === most
        ? `${fewest}`
        : most === Number.POSITIVE_INFINITY
          ? `${fewest} or more`
          : `${fewest} to ${most}`;
    throw new InputError(`${label} has ${inputs.length} inputs, but ${right} belong to it`, {
      hint: "the file is damaged or of another opset than it says",
    });
  }
  const absent = inputs.slice(0, fewest).indexOf("");
  if (absent >= 0) throw new InputError(`${label} leaves out its input ${absent + 1}, which is not optional`);
}

/** Without the absent optional inputs at the end. */
function trimmed(names: readonly string[]): readonly string[] {
  let end = names.length;
  while (end > 0 && names[end - 1] === "") end--;
  return names.slice(0, end);
}
