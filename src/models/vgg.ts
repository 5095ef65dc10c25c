import type { Graph } from "../graph/types.js";
import type { Random } from "../random.js";
import { NetworkBuilder, type Value } from "./builder.js";

/**
 * VGG-8 for CIFAR-10 as Meng et al. (TCAS-II 2021) use it: six convolutions, batch normalisation and ReLU after
 * each, 2 × 2 max pooling after every second, then 8192-1024-10 neurons. The weights alone are the 12,973,440
 * that the paper counts; batch normalisation and the two biases come on top.
 */
export function vgg8(random: Random): Graph {
  const net = new NetworkBuilder("vgg8", [3, 32, 32], random);
  const x = net.flatten("flatten", features(net, pairs(128, 256, 512), "batchNorm"));
  const hidden = net.relu("classifier.1", net.dense("classifier.0", x, 1024));
  return net.build(net.dense("classifier.2", hidden, 10, "logits"));
}

export interface Vgg16Options {
  /**
   * "imagenet": biases and no batch normalisation, 224 × 224 images, neurons 4096-4096-1000, as published and as
   * torchvision has it; the dropout that training puts between the neurons is no part of the graph.
   * "cifar": batch normalisation instead of biases, 32 × 32 images, one layer of 10 neurons, the usual change.
   */
  readonly dataset: "cifar" | "imagenet";
}

/** 16 layers; Simonyan and Zisserman, ICLR 2015, table 1, column D. */
export function vgg16({ dataset }: Vgg16Options, random: Random): Graph {
  const widths = [
    [64, 64],
    [128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [512, 512, 512],
  ];
  if (dataset === "cifar") {
    const net = new NetworkBuilder("vgg16-cifar", [3, 32, 32], random);
    const x = net.flatten("flatten", features(net, widths, "batchNorm"));
    return net.build(net.dense("classifier", x, 10, "logits"));
  }
  const net = new NetworkBuilder("vgg16-imagenet", [3, 224, 224], random);
  let x = net.flatten("flatten", features(net, widths, "bias"));
  x = net.relu("classifier.1", net.dense("classifier.0", x, 4096));
  x = net.relu("classifier.4", net.dense("classifier.3", x, 4096));
  return net.build(net.dense("classifier.6", x, 1000, "logits"));
}

const pairs = (...widths: readonly number[]): number[][] => widths.map((width) => [width, width]);

/**
 * Runs of 3 × 3 convolutions of the given widths, a 2 × 2 max pooling after each run; every layer has the index
 * that it has in PyTorch's `features`.
 */
function features(
  net: NetworkBuilder,
  runs: readonly (readonly number[])[],
  style: "batchNorm" | "bias",
): Value {
  let index = 0;
  const next = () => `features.${index++}`;
  let x = net.image;
  for (const run of runs) {
    for (const width of run) {
      x = net.conv(next(), x, width, { kernel: 3, padding: 1, bias: style === "bias" });
      if (style === "batchNorm") x = net.batchNorm(next(), x);
      x = net.relu(next(), x);
    }
    x = net.maxPool(next(), x, 2);
  }
  return x;
}
