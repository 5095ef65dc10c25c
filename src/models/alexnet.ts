import type { Graph } from "../graph/types.js";
import type { Random } from "../random.js";
import { NetworkBuilder, type Value } from "./builder.js";

/**
 * AlexNet in its later form on one device (Krizhevsky, One weird trick for parallelizing convolutional neural networks,
 * 2014), which torchvision has: 64, 192, 384, 256 and 256 filters without groups, no normalisation across channels.
 * Named as there. The dropout that training puts between the neurons is no part of the graph, nor is the mean over 6 × 6
 * regions of the 6 × 6 outputs, which changes nothing for 224 × 224 images.
 */
export function alexnet(random: Random): Graph {
  const net = new NetworkBuilder("alexnet", [3, 224, 224], random);
  const conv = (index: number, x: Value, channels: number, kernel: number, padding: number, stride = 1) =>
    net.relu(
      `features.${index + 1}`,
      net.conv(`features.${index}`, x, channels, { kernel, padding, stride }),
    );
  const pool = (index: number, x: Value) => net.maxPool(`features.${index}`, x, 3, 2);
  let x = pool(2, conv(0, net.image, 64, 11, 2, 4));
  x = pool(5, conv(3, x, 192, 5, 2));
  x = conv(10, conv(8, conv(6, x, 384, 3, 1), 256, 3, 1), 256, 3, 1);
  x = net.flatten("flatten", pool(12, x));
  x = net.relu("classifier.2", net.dense("classifier.1", x, 4096));
  x = net.relu("classifier.5", net.dense("classifier.4", x, 4096));
  return net.build(net.dense("classifier.6", x, 1000, "logits"));
}
