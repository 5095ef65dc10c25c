import { InputError, invariant } from "../errors.js";
import { isStatic, shapeText } from "../graph/dims.js";
import { freshName, namesOf } from "../graph/edit.js";
import { knownValue } from "../graph/evaluate.js";
import { infer } from "../graph/infer.js";
import { outputTypes } from "../graph/rules/index.js";
import type { Graph, Node, NodeOf, OpAttributes, OpKind, TensorType } from "../graph/types.js";
import type { DType, Tensor } from "../tensor.js";

/** A value of a graph under construction. */
export interface Value {
  readonly builder: GraphBuilder;
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/**
 * A graph that grows at its end: a network, and behind it what is derived from it. Every shape is fixed.
 */
export class GraphBuilder {
  readonly #graph: Graph;
  readonly #names: Set<string>;
  readonly #nodes: Node[];
  readonly #inputs: Graph["inputs"][number][];
  readonly #initializers: Map<string, Tensor>;
  readonly #values = new Map<string, Value>();
  readonly #known: ReturnType<typeof infer>["knownOf"];
  readonly #constants = new Map<string, Value>();
  readonly #detached = new Set<string>();
  #scope = "";

  /** @throws InputError where a shape is not fixed */
  constructor(graph: Graph) {
    const { types, knownOf } = infer(graph);
    this.#graph = graph;
    this.#names = namesOf(graph);
    this.#nodes = [...graph.nodes];
    this.#inputs = [...graph.inputs];
    this.#initializers = new Map(graph.initializers);
    this.#known = knownOf;
    for (const [name, type] of types) this.#declare(name, type);
  }

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  value(name: string): Value {
    const value = this.#values.get(name);
    invariant(value, `the graph "${this.#graph.name}" has no value "${name}"`);
    return value;
  }

  /** An input of the graph besides those it has. */
  input(name: string, dtype: DType, shape: readonly number[]): Value {
    invariant(!this.#names.has(name), `two values named ${name} in ${this.#graph.name}`);
    this.#names.add(name);
    this.#inputs.push({ name, type: { dtype, shape } });
    return this.#declare(name, { dtype, shape });
  }

  /** Short constants of one content are made once. */
  constant(tensor: Tensor): Value {
    const { dtype, shape, data } = tensor;
    const key = data.length <= 64 ? `${dtype}[${shape}]${Array.from(data, cacheText)}` : undefined;
    const made = key === undefined ? undefined : this.#constants.get(key);
    if (made) return made;
    const name = freshName(this.#names, `${dtype}${shape.length > 0 ? `[${shape}]` : ""} constant`);
    this.#initializers.set(name, tensor);
    const value = this.#declare(name, tensor);
    if (key !== undefined) this.#constants.set(key, value);
    return value;
  }

  /** Appends a node; `outputs` says how many values it makes. */
  node<K extends OpKind>(
    op: K,
    inputs: readonly (Value | undefined)[],
    attributes: OpAttributes[K],
    outputs = 1,
  ): readonly Value[] {
    const name = freshName(this.#names, `${this.#scope}${op}`);
    const made = Array.from({ length: outputs }, (_, i) =>
      freshName(this.#names, i === 0 ? `${name}.y` : `${name}.y${i}`),
    );
    const node: NodeOf<K> = {
      op,
      name,
      inputs: inputs.map((input) => input?.name ?? ""),
      outputs: made,
      attributes,
    };
    const types = outputTypes(node as NodeOf<OpKind> as Node, inputs, (i) => this.#knownOf(inputs[i]?.name));
    this.#nodes.push(node as NodeOf<OpKind> as Node);
    return made.map((output, i) => this.#declare(output, types[i]!));
  }

  /** What `make` appends has names that begin with `scope`, so that a person finds which layer it belongs to. */
  within<T>(scope: string, make: () => T): T {
    const outer = this.#scope;
    this.#scope = `${outer}${scope}/`;
    try {
      return make();
    } finally {
      this.#scope = outer;
    }
  }

  /** The same value, through which no gradient passes. */
  detached(value: Value): Value {
    const copy = this.node("Identity", [value], {})[0]!;
    this.#detached.add(copy.name);
    return copy;
  }

  isDetached(name: string): boolean {
    return this.#detached.has(name);
  }

  /** The whole numbers of a shape, of axes or the like, which are known before anything runs. */
  integers(value: Value): readonly number[] {
    const known = this.#knownOf(value.name);
    if (known && isStatic(known.elements)) return known.elements;
    throw new InputError(`"${value.name}" is computed from data, where a constant is needed`, {
      hint: "fold the constants of the graph first",
    });
  }

  /** The element of a scalar constant; undefined where it is computed or fed. */
  scalar(value: Value): number | undefined {
    const tensor = this.#initializers.get(value.name);
    return tensor?.data.length === 1 ? tensor.data[0] : undefined;
  }

  /** Gives a value a name of the caller's choice: that of an output. */
  named(value: Value, name: string): Value {
    invariant(!this.#names.has(name), `two values named ${name} in ${this.#graph.name}`);
    this.#names.add(name);
    this.#nodes.push({
      op: "Identity",
      name: freshName(this.#names, `${name}.node`),
      inputs: [value.name],
      outputs: [name],
      attributes: {},
    });
    return this.#declare(name, value);
  }

  build(outputs: readonly string[]): Graph {
    return {
      name: this.#graph.name,
      inputs: this.#inputs,
      outputs,
      nodes: this.#nodes,
      initializers: this.#initializers,
    };
  }

  #knownOf(name: string | undefined) {
    if (name === undefined) return undefined;
    return knownValue(this.#initializers.get(name)) ?? this.#known(name);
  }

  #declare(name: string, { dtype, shape }: TensorType): Value {
    if (!isStatic(shape)) {
      throw new InputError(`"${name}" has the shape ${shapeText(shape)}, and training needs fixed sizes`, {
        hint: "give the batch size: bindDims(graph, { batch: 128 })",
      });
    }
    const value: Value = { builder: this, name, dtype, shape };
    this.#values.set(name, value);
    return value;
  }
}

/** −0 and 0 are different constants. */
const cacheText = (x: number): string => (Object.is(x, -0) ? "-0" : `${x}`);
