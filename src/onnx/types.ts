import { InputError } from "../errors.js";
import { knownValue } from "../graph/evaluate.js";
import type { KnownValue } from "../graph/rules/context.js";
import { outputTypes } from "../graph/rules/index.js";
import type { GraphInput, Node, TensorType } from "../graph/types.js";
import { knownOutputs } from "../graph/values.js";
import type { Tensor } from "../tensor.js";

/**
 * Types of the values of a graph that is still growing at its end. Each node is looked at once, and only when a type
 * is asked for; what cannot be inferred stays unknown.
 */
export class GrowingTypes {
  readonly #types = new Map<string, TensorType>();
  readonly #values = new Map<string, KnownValue>();
  #seen = 0;

  constructor(
    inputs: readonly GraphInput[],
    readonly nodes: readonly Node[],
    readonly initializers: ReadonlyMap<string, Tensor>,
  ) {
    for (const { name, type } of inputs) this.#types.set(name, type);
  }

  typeOf(value: string): TensorType | undefined {
    while (this.#seen < this.nodes.length) this.#infer(this.nodes[this.#seen++]!);
    return this.#type(value);
  }

  #type(value: string): TensorType | undefined {
    return this.#types.get(value) ?? this.initializers.get(value);
  }

  #infer(node: Node): void {
    const inputs = node.inputs.map((name) => this.#type(name));
    if (node.inputs.some((name, i) => name !== "" && !inputs[i])) return;
    const value = (input: number) => {
      const name = node.inputs[input] ?? "";
      return this.#values.get(name) ?? knownValue(this.initializers.get(name));
    };
    try {
      const made = outputTypes(node, inputs, value);
      const known = knownOutputs(node, inputs, made, value);
      for (const [i, name] of node.outputs.entries()) {
        if (made[i]) this.#types.set(name, made[i]);
        if (known[i]) this.#values.set(name, known[i]);
      }
    } catch (error) {
      // The finished graph is verified; the fault is reported there, with all its neighbours in place.
      if (!(error instanceof InputError || error instanceof RangeError)) throw error;
    }
  }
}
