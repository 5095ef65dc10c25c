import type { LayerShape } from "../../src/cost/index.js";
import type { CompressedModel, CrossbarLayer, Node } from "../../src/graph/types.js";
import type { Activity, Placement } from "../../src/mapping/types.js";
import { f32 } from "../../src/tensor.js";

/** One 3 × 3 convolution on square maps, padded by 1. */
export interface ConvLayer {
  readonly name: string;
  readonly outputs: number;
  /** [outputs × (channels · 9)] signed codes, one output after another. */
  readonly codes: Int8Array | Int16Array;
  readonly groupRows: number | null;
}

/** Convolutions of 4 bits in a chain, a ReLU and a 4-bit quantiser behind each, as a compressed network. */
export function convChain(channels: number, size: number, layers: readonly ConvLayer[]): CompressedModel {
  const nodes: Node[] = [];
  const initializers = new Map<string, ReturnType<typeof f32>>();
  const crossbar: CrossbarLayer[] = [];
  let value = "x";
  let depth = channels;
  for (const { name, outputs, codes, groupRows } of layers) {
    initializers.set(`${name}.weight`, f32([outputs, depth, 3, 3], codes));
    const attributes = {
      kernel: [3, 3],
      strides: [1, 1],
      pads: [1, 1, 1, 1],
      dilations: [1, 1],
      group: 1,
    } as const;
    nodes.push(
      { op: "Conv", name, inputs: [value, `${name}.weight`], outputs: [`${name}.y`], attributes },
      { op: "Relu", name: `${name}.relu`, inputs: [`${name}.y`], outputs: [`${name}.r`], attributes: {} },
      {
        op: "FakeQuantize",
        name: `${name}.quantize`,
        inputs: [`${name}.r`],
        outputs: [`${name}.q`],
        attributes: { bits: 4, scale: 1, zeroPoint: 0 },
      },
    );
    const input = { bits: 4, scale: 1, zeroPoint: 0 };
    crossbar.push({ node: name, weightBits: 4, weightScale: 1, input, groupRows });
    value = `${name}.q`;
    depth = outputs;
  }
  const type = { dtype: "f32", shape: ["batch", channels, size, size] } as const;
  const graph = { name: "chain", inputs: [{ name: "x", type }], outputs: [value], nodes, initializers };
  return { graph, layers: crossbar };
}

/** Codes of a layer whose group (output, chunk · positions + position) is zero where `alive` says so. */
export function groupedCodes(
  outputs: number,
  channels: number,
  groupRows: number,
  alive: (output: number, band: number) => boolean,
): Int16Array {
  const rows = channels * 9;
  return Int16Array.from({ length: outputs * rows }, (_, i) => {
    const output = Math.floor(i / rows);
    const row = i % rows;
    return alive(output, Math.floor(row / groupRows)) ? ((i * 5) % 7) + 1 : 0;
  });
}

/** An activity in which every word line is driven with the same probability at every bit. */
export function uniformActivity(placed: Placement, positions: number, probability: number): Activity {
  return {
    images: 1,
    matrices: placed.matrices.map(({ matrix, rows }) => ({
      matrix,
      positions,
      inputBits: 4,
      ones: new Float64Array(4 * rows).fill(probability),
    })),
  };
}

/** Sizes of 3 × 3 convolutions from each number of channels to twice as many, padded, on maps of one side. */
export const chainShapes = (channels: readonly number[], side: number): LayerShape[] =>
  channels.map((count) => ({
    matrix: `conv${count}`,
    rows: 9 * count,
    columns: 2 * count,
    positions: side ** 2,
    unpaddedPositions: (side - 2) ** 2,
    kernelPositions: 9,
    channels: count,
    side,
    inputValues: count * side ** 2,
    weightBits: 4,
    inputBits: 4,
    outputBits: 4,
  }));
