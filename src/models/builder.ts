import { invariant } from "../errors.js";
import type { Graph, Node, WindowAttributes } from "../graph/types.js";
import type { Random } from "../random.js";
import { elementCount, f32, i64, type Tensor } from "../tensor.js";
import { constant, heNormal } from "./initialize.js";

/** A value of the network under construction: its name, and its shape without the batch dimension. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface ConvOptions {
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  /** Off where batch normalisation follows, which has a bias of its own. */
  readonly bias?: boolean;
}

const window = (kernel: number, stride: number, padding: number): WindowAttributes => ({
  kernel: [kernel, kernel],
  strides: [stride, stride],
  pads: [padding, padding, padding, padding],
  dilations: [1, 1],
});

const windowed = (size: number, kernel: number, stride: number, padding: number): number =>
  Math.floor((size + 2 * padding - kernel) / stride) + 1;

/**
 * Writes a network down layer by layer. Each method adds one node, names its output after the node and its
 * parameters as PyTorch does (`layer1.0.conv1.weight`), and takes the sizes that follow from its input from there.
 */
export class NetworkBuilder {
  readonly #name: string;
  readonly #random: Random;
  readonly #nodes: Node[] = [];
  readonly #initializers = new Map<string, Tensor>();
  readonly #names = new Set<string>();
  readonly #image: Value;

  /** image: [channels, height, width] of the network's one input, "image", whose batch is left open. */
  constructor(name: string, image: readonly [number, number, number], random: Random) {
    this.#name = name;
    this.#random = random;
    this.#image = { name: "image", shape: image };
    this.#names.add("image");
  }

  get image(): Value {
    return this.#image;
  }

  /** Square kernel and equal padding on all sides; weight [channels, input channels, kernel, kernel]. */
  conv(name: string, x: Value, channels: number, options: ConvOptions): Value {
    const { kernel, stride = 1, padding = 0, bias = true } = options;
    const [inputs, height, width] = imageShape(x);
    const shape = [channels, inputs, kernel, kernel];
    const weight = this.#parameter(`${name}.weight`, heNormal(shape, inputs * kernel ** 2, this.#random));
    const parameters = bias ? [weight, this.#parameter(`${name}.bias`, constant(channels, 0))] : [weight];
    const attributes = { ...window(kernel, stride, padding), group: 1 };
    const size = [windowed(height, kernel, stride, padding), windowed(width, kernel, stride, padding)];
    return this.#add({ op: "Conv", ...named(name, [x.name, ...parameters]), attributes }, [
      channels,
      ...size,
    ]);
  }

  /** Starts as the identity but for epsilon: scale 1, bias 0, mean 0, variance 1. */
  batchNorm(name: string, x: Value): Value {
    const channels = imageShape(x)[0];
    const parameters = [
      this.#parameter(`${name}.weight`, constant(channels, 1)),
      this.#parameter(`${name}.bias`, constant(channels, 0)),
      this.#parameter(`${name}.running_mean`, constant(channels, 0)),
      this.#parameter(`${name}.running_var`, constant(channels, 1)),
    ];
    const attributes = { epsilon: Math.fround(1e-5) };
    return this.#add(
      { op: "BatchNormalization", ...named(name, [x.name, ...parameters]), attributes },
      x.shape,
    );
  }

  relu(name: string, x: Value): Value {
    return this.#add({ op: "Relu", ...named(name, [x.name]), attributes: {} }, x.shape);
  }

  add(name: string, a: Value, b: Value): Value {
    invariant(`${a.shape}` === `${b.shape}`, `${name} adds [${a.shape}] and [${b.shape}]`);
    return this.#add({ op: "Add", ...named(name, [a.name, b.name]), attributes: {} }, a.shape);
  }

  maxPool(name: string, x: Value, kernel: number, stride: number = kernel, padding = 0): Value {
    const [channels, height, width] = imageShape(x);
    const attributes = { ...window(kernel, stride, padding), ceilMode: false };
    const size = [windowed(height, kernel, stride, padding), windowed(width, kernel, stride, padding)];
    return this.#add({ op: "MaxPool", ...named(name, [x.name]), attributes }, [channels, ...size]);
  }

  /** The mean of each channel, [channels, 1, 1]. */
  globalAveragePool(name: string, x: Value): Value {
    const shape = [imageShape(x)[0], 1, 1];
    return this.#add({ op: "GlobalAveragePool", ...named(name, [x.name]), attributes: {} }, shape);
  }

  flatten(name: string, x: Value): Value {
    const shape = [elementCount(x.shape)];
    return this.#add({ op: "Flatten", ...named(name, [x.name]), attributes: { axis: 1 } }, shape);
  }

  /** Fully connected; weight [outputs, inputs] and bias, as PyTorch stores them. `as` renames the output. */
  dense(name: string, x: Value, outputs: number, as: string = name): Value {
    const inputs = elementCount(x.shape);
    invariant(x.shape.length === 1, `${name} needs a flat input, got [${x.shape}]`);
    const weight = this.#parameter(`${name}.weight`, heNormal([outputs, inputs], inputs, this.#random));
    const bias = this.#parameter(`${name}.bias`, constant(outputs, 0));
    const attributes = { alpha: 1, beta: 1, transA: false, transB: true };
    const node: Node = {
      op: "Gemm",
      name,
      inputs: [x.name, weight, bias],
      outputs: [as],
      attributes,
    };
    return this.#add(node, [outputs]);
  }

  /** Every `stride`-th row and column of an image. */
  subsample(name: string, x: Value, stride: number): Value {
    const [channels, height, width] = imageShape(x);
    const inputs = [
      x.name,
      this.#parameter(`${name}.starts`, i64([0, 0])),
      this.#parameter(`${name}.ends`, i64([height, width])),
      this.#parameter(`${name}.axes`, i64([2, 3])),
      this.#parameter(`${name}.steps`, i64([stride, stride])),
    ];
    const shape = [channels, Math.ceil(height / stride), Math.ceil(width / stride)];
    return this.#add({ op: "Slice", ...named(name, inputs), attributes: {} }, shape);
  }

  /** Channels of zeros, `before` of them in front and `after` behind. */
  padChannels(name: string, x: Value, before: number, after: number): Value {
    const [channels, height, width] = imageShape(x);
    const inputs = [
      x.name,
      this.#parameter(`${name}.pads`, i64([0, before, 0, 0, 0, after, 0, 0])),
      this.#parameter(`${name}.value`, f32([], [0])),
    ];
    const shape = [channels + before + after, height, width];
    return this.#add({ op: "Pad", ...named(name, inputs), attributes: { mode: "constant" } }, shape);
  }

  build(output: Value): Graph {
    return {
      name: this.#name,
      inputs: [{ name: "image", type: { dtype: "f32", shape: ["batch", ...this.#image.shape] } }],
      outputs: [output.name],
      nodes: this.#nodes,
      initializers: this.#initializers,
    };
  }

  #parameter(name: string, value: Tensor): string {
    this.#claim(name);
    this.#initializers.set(name, value);
    return name;
  }

  #add(node: Node, shape: readonly number[]): Value {
    const name = node.outputs[0]!;
    this.#claim(name);
    this.#nodes.push(node);
    return { name, shape };
  }

  #claim(name: string): void {
    invariant(!this.#names.has(name), `two values named ${name} in ${this.#name}`);
    this.#names.add(name);
  }
}

const named = (name: string, inputs: readonly string[]) => ({ name, inputs, outputs: [name] });

function imageShape(x: Value): readonly [number, number, number] {
  const [channels, height, width] = x.shape;
  invariant(x.shape.length === 3, `${x.name} is [${x.shape}], not channels × height × width`);
  return [channels!, height!, width!];
}
