import type { Graph } from "../graph/types.js";
import type { Random } from "../random.js";
import { NetworkBuilder } from "./builder.js";

/** One layer of ten neurons on the pixels themselves: what a network without features reaches on 28 × 28 digits. */
export function softmaxRegression(random: Random): Graph {
  const net = new NetworkBuilder("softmax-regression", [1, 28, 28], random);
  return net.build(net.dense("fc", net.flatten("flatten", net.image), 10, "logits"));
}

/**
 * A small network of our own for 28 × 28 digits, trained in seconds: four 3 × 3 convolutions with batch normalisation and
 * ReLU, three of them with stride 2, then the mean of each channel and ten neurons. Channels come in sixteens, so that
 * each column of the second to fourth convolution is made of whole chunks of 144 rows.
 */
export function digitsCnn(random: Random): Graph {
  const net = new NetworkBuilder("digits-cnn", [1, 28, 28], random);
  const layers = [
    [16, 2],
    [32, 2],
    [32, 1],
    [64, 2],
  ] as const;
  let x = net.image;
  for (const [i, [channels, stride]] of layers.entries()) {
    const convolved = net.conv(`conv${i + 1}`, x, channels, { kernel: 3, stride, padding: 1, bias: false });
    x = net.relu(`relu${i + 1}`, net.batchNorm(`bn${i + 1}`, convolved));
  }
  return net.build(net.dense("fc", net.flatten("flatten", net.globalAveragePool("pool", x)), 10, "logits"));
}
