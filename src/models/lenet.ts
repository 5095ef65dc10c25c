import type { Graph } from "../graph/types.js";
import type { Random } from "../random.js";
import { NetworkBuilder } from "./builder.js";

/**
 * LeNet-5 in the sizes that Caffe made common (20 and 50 filters of 5 × 5, then 500 and 10 neurons), for MNIST.
 * Unlike Caffe's file, a ReLU follows each convolution as well: word lines are driven by unsigned codes.
 */
export function lenet5(random: Random): Graph {
  const net = new NetworkBuilder("lenet5", [1, 28, 28], random);
  let x = net.relu("relu1", net.conv("conv1", net.image, 20, { kernel: 5 }));
  x = net.maxPool("pool1", x, 2);
  x = net.relu("relu2", net.conv("conv2", x, 50, { kernel: 5 }));
  x = net.maxPool("pool2", x, 2);
  x = net.relu("relu3", net.dense("fc1", net.flatten("flatten", x), 500));
  return net.build(net.dense("fc2", x, 10, "logits"));
}
