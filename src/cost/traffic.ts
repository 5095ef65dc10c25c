import { InputError } from "../errors.js";
import type { Graph } from "../graph/types.js";
import { inputSliceCount } from "../hardware/input-slices.js";
import { type LayerMatrix, layerMatrices, positionsOf } from "../lower/index.js";
import type { Activity, MatrixActivity, Placement } from "../mapping/types.js";

/** What a matrix has to do for one image, from the network's shapes or from what was measured. */
export interface LayerTraffic {
  readonly activity: MatrixActivity | null;
  /** Products of the matrix with an input vector; 0 for a matrix that inference does not read. */
  readonly positions: number;
  readonly inputBits: number;
  /** Parts of an input that are applied one after another. */
  readonly inputSlices: number;
  /** Bits of an output as it is written to the buffer: those of the quantiser that it meets next. */
  readonly outputBits: number;
}

export interface Traffic {
  /** In the order of the placement's matrices. */
  readonly layers: readonly LayerTraffic[];
  /** The largest input or output of a layer. */
  readonly largestMap_bit: number;
}

/** @throws InputError where the activity lacks a matrix of the placement, or was measured at other input bits */
export function trafficOf(placed: Placement, activity?: Activity): Traffic {
  const matrices = new Map(layerMatrices(placed.model).map((matrix) => [matrix.name, matrix]));
  const { graph } = placed.model;
  const outputs_bit = new Map<string, number>();
  let largestMap_bit = 0;
  const layers = placed.matrices.map(({ matrix: name, role }) => {
    const matrix = matrices.get(name);
    if (!matrix) {
      throw new InputError(`the placement holds matrix "${name}", which no layer of its network has`, {
        hint: "place the network again",
      });
    }
    const inputBits = matrix.layer.input.bits;
    const inputSlices = inputSliceCount(inputBits, placed.hardware.array.inputSliceBits);
    const bits = { inputBits, inputSlices, outputBits: quantizedBits(graph, matrix.layer.node) ?? inputBits };
    if (role !== "forward") return { activity: null, positions: 0, ...bits };
    const measured = activity ? activityFor(activity, name, inputBits) : null;
    const positions = positionsOf(matrix.geometry);
    // The matrices of a grouped convolution share one output map.
    const output_bit =
      (outputs_bit.get(matrix.layer.node) ?? 0) + matrix.columns * positions * bits.outputBits;
    outputs_bit.set(matrix.layer.node, output_bit);
    largestMap_bit = Math.max(largestMap_bit, inputSize(matrix) * inputBits, output_bit);
    return { activity: measured, positions: measured?.positions ?? positions, ...bits };
  });
  return { layers, largestMap_bit };
}

function activityFor(activity: Activity, name: string, inputBits: number): MatrixActivity {
  const measured = activity.matrices.find((m) => m.matrix === name);
  if (!measured) {
    throw new InputError(`the activity has no entry for matrix "${name}"`, {
      hint: "measure it on this network, or estimate without activity",
    });
  }
  if (measured.inputBits !== inputBits) {
    throw new InputError(
      `the activity of "${name}" was measured at ${measured.inputBits} input bits, but the layer has ${inputBits}`,
      { hint: "measure it on this network" },
    );
  }
  return measured;
}

const inputSize = ({ geometry, rows }: LayerMatrix): number =>
  geometry.kind === "conv" ? geometry.inputChannels * geometry.height * geometry.width : rows;

/** Bits of the first activation quantiser behind a node, or null where its output leaves the network before one. */
export function quantizedBits(graph: Graph, name: string): number | null {
  const reached = new Set(graph.nodes.find((node) => node.name === name)?.outputs);
  for (const node of graph.nodes) {
    if (!node.inputs.some((input) => reached.has(input))) continue;
    if (node.op === "FakeQuantize") return node.attributes.bits;
    if (node.op === "Conv" || node.op === "Gemm") continue;
    for (const output of node.outputs) reached.add(output);
  }
  return null;
}
