import { quantizationAware } from "../../src/compress/quantize/aware.js";
import { quantizerSites } from "../../src/compress/quantize/sites.js";
import type { Graph } from "../../src/graph/types.js";
import { NetworkBuilder } from "../../src/models/builder.js";
import { createRandom } from "../../src/random.js";
import { f32, type Tensor } from "../../src/tensor.js";

/**
 * Convolution, batch normalisation and ReLU; a residual block with stride 2, whose shortcut takes every second pixel
 * and pads channels; max pooling, global average pooling and a dense layer. Parameters that start as 0 or 1 get
 * numbers of their own.
 */
export function smallNetwork(seed: number): Graph {
  const random = createRandom(seed);
  const net = new NetworkBuilder("small", [2, 9, 7], random);
  let x = net.conv("conv1", net.image, 3, { kernel: 3, padding: 1, bias: false });
  x = net.relu("relu1", net.batchNorm("bn1", x));
  let y = net.conv("conv2", x, 4, { kernel: 3, stride: 2, padding: 1 });
  y = net.relu("relu2", net.batchNorm("bn2", y));
  y = net.batchNorm("bn3", net.conv("conv3", y, 4, { kernel: 3, padding: 1, bias: false }));
  const shortcut = net.padChannels("pad", net.subsample("slice", x, 2), 0, 1);
  x = net.relu("relu3", net.add("add", y, shortcut));
  x = net.flatten("flatten", net.globalAveragePool("pool2", net.maxPool("pool1", x, 2, 2)));
  const graph = net.build(net.dense("dense", x, 3, "logits"));
  const initializers = new Map(
    Array.from(graph.initializers, ([name, value]) => {
      const vector = value.dtype === "f32" && value.shape.length === 1;
      const shift = name.endsWith("weight") || name.endsWith("var") ? 1 : 0;
      const moved = (): Tensor =>
        f32(
          value.shape,
          Array.from(value.data, () => shift + 0.3 * Math.abs(random.normal())),
        );
      return [name, vector ? moved() : value];
    }),
  );
  return { ...graph, initializers };
}

/**
 * With 4-bit quantisers that are trained with it. A mean of two codes, quantised by the step that those have, would lie
 * in the middle between two codes: what is no ReLU has a range of its own.
 */
export function quantized(graph: Graph): Graph {
  const sites = quantizerSites(graph, { bits: 4, inputBits: 8 });
  return quantizationAware(graph, {
    weights: { bits: 4, rule: "mean", factor: 2 },
    activations: {
      bits: 4,
      alpha: Object.fromEntries(sites.map(({ node, kind }) => [node, kind === "relu" ? 1.1 : 2.3])),
      signed: Object.fromEntries(sites.map(({ value }) => [value, { bits: 4, scale: 0.25, zeroPoint: 8 }])),
    },
    input: { bits: 8, scale: Math.fround(0.03), zeroPoint: 128 },
  });
}
