import type { DatasetInMemory } from "../../src/data/types.js";
import { evaluateGraph } from "../../src/graph/evaluate.js";
import type { Graph } from "../../src/graph/types.js";
import { NetworkBuilder } from "../../src/models/builder.js";
import { importOnnx } from "../../src/onnx/import.js";
import { randomFor } from "../../src/random.js";
import type { Runtime, Session } from "../../src/runtime/types.js";
import type { CheckpointStore } from "../../src/train/checkpoint.js";
import type { TrainResult } from "../../src/train/loop.js";

/** Images of 2 channels of 9 × 7 pixels of three classes: the first channel brighter, the second, or both. */
export function lamps(count: number, seed: number): DatasetInMemory {
  const random = randomFor(seed, "lamps");
  const labels = Uint8Array.from({ length: count }, () => random.integer(0, 2));
  const pixels = Uint8Array.from({ length: count * 126 }, (_, i) => {
    const label = labels[Math.floor(i / 126)]!;
    const bright = label === 2 || label === Math.floor((i % 126) / 63);
    return random.integer(0, 200) + (bright ? 50 : 0);
  });
  return { name: "lamps", channels: 2, height: 9, width: 7, classes: 3, count, pixels, labels };
}

/** A hidden layer, with batch normalisation where ONNX Runtime is to run it. */
export function tinyNetwork(seed: number, batchNorm: boolean): Graph {
  const net = new NetworkBuilder("tiny", [2, 9, 7], randomFor(seed, "tiny"));
  const hidden = net.conv("conv", net.image, 3, { kernel: 3, stride: 2, bias: !batchNorm });
  const x = net.relu("relu", batchNorm ? net.batchNorm("bn", hidden) : hidden);
  return net.build(net.dense("dense", net.flatten("flatten", x), 3, "logits"));
}

export const normalization = { mean: [0.4, 0.4], std: [0.25, 0.25], scale: 1 / 255, layout: "NCHW" } as const;

/** A runtime that computes with the plain reference, without ONNX Runtime. */
export const referenceRuntime: Runtime = {
  kind: "native",
  version: "reference",
  fallback: undefined,
  load: async (model) => {
    const graph = importOnnx(model);
    const session: Session = {
      inputs: graph.inputs.map(({ name }) => name),
      outputs: graph.outputs,
      run: async (feeds) => Object.fromEntries(evaluateGraph(graph, new Map(Object.entries(feeds)))),
      dispose: async () => {},
    };
    return session;
  },
  close: async () => {},
};

/** A store in memory that counts and may fail. */
export function memoryStore(beforeSave: (save: number) => void = () => {}) {
  const saves: Uint8Array[] = [];
  const store: CheckpointStore = {
    name: "memory.bin",
    load: async () => saves.at(-1) ?? null,
    save: async (bytes) => {
      beforeSave(saves.length);
      saves.push(bytes.slice());
    },
  };
  return { store, saves };
}

/** All that a training gives, for comparisons to the last bit. */
export const contentOf = ({ graph, curve, step }: TrainResult) => ({
  step,
  curve: JSON.stringify(curve),
  parameters: Object.fromEntries(
    Array.from(graph.initializers, ([name, { data }]) => [
      name,
      [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)].join(" "),
    ]),
  ),
});
