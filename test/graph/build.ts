import type {
  Dim,
  Graph,
  GraphInput,
  Node,
  NodeOf,
  OpAttributes,
  OpKind,
  TensorType,
  WindowAttributes,
} from "../../src/graph/types.js";
import { createRandom } from "../../src/random.js";
import { type DType, elementCount, f32, type Tensor, tensor } from "../../src/tensor.js";

/** A node named after its first output. */
export function node<K extends OpKind>(
  op: K,
  inputs: readonly string[],
  outputs: string | readonly string[],
  attributes: OpAttributes[K],
): Node {
  const names = typeof outputs === "string" ? [outputs] : outputs;
  return { op, name: `${names[0]}.node`, inputs, outputs: names, attributes } satisfies NodeOf<K> as Node;
}

export const input = (name: string, shape: readonly Dim[], dtype: DType = "f32"): GraphInput => ({
  name,
  type: { dtype, shape },
});

export const graph = (
  inputs: readonly GraphInput[],
  initializers: Readonly<Record<string, Tensor>>,
  nodes: readonly Node[],
  outputs: readonly string[],
): Graph => ({ name: "test", inputs, outputs, nodes, initializers: new Map(Object.entries(initializers)) });

export const window = (
  kernel: readonly [number, number],
  rest: Partial<WindowAttributes> = {},
): WindowAttributes => ({ kernel, strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], ...rest });

export const typed = (shape: readonly Dim[], dtype: DType = "f32"): TensorType => ({ dtype, shape });

/** Normal numbers that are the same for one seed. */
export function randomTensor(shape: readonly number[], seed: number): Tensor<"f32"> {
  const random = createRandom(seed);
  return f32(
    shape,
    Array.from({ length: elementCount(shape) }, () => random.normal()),
  );
}

/** 0, 1, 2, ... */
export const counting = (shape: readonly number[]): Tensor<"f32"> =>
  f32(
    shape,
    Array.from({ length: elementCount(shape) }, (_, i) => i),
  );

export const whole = (shape: readonly number[], values: readonly number[]): Tensor<"i64"> =>
  tensor("i64", shape, Float64Array.from(values));

export const scalar = (value: number): Tensor<"f32"> => f32([], [value]);
