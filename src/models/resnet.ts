import type { Graph } from "../graph/types.js";
import type { Random } from "../random.js";
import { NetworkBuilder, type Value } from "./builder.js";

/**
 * How a block whose size changes passes its input on (He et al., CVPR 2016, section 3.3).
 * "A": every second pixel, and channels of zeros, half of them before and half behind; no parameters.
 * "B": a convolution of 1 × 1 with batch normalisation.
 */
export type Shortcut = "A" | "B";

export interface CifarResnetOptions {
  readonly shortcut: Shortcut;
}

/** 20 layers for CIFAR-10; He et al., CVPR 2016, section 4.2 with n = 3. */
export const resnet20 = (options: CifarResnetOptions, random: Random): Graph =>
  cifarResnet(`resnet20-${options.shortcut.toLowerCase()}`, 3, options.shortcut, random);

/** 56 layers for CIFAR-10; He et al., CVPR 2016, section 4.2 with n = 9. */
export const resnet56 = (options: CifarResnetOptions, random: Random): Graph =>
  cifarResnet(`resnet56-${options.shortcut.toLowerCase()}`, 9, options.shortcut, random);

/** Three stages of 16, 32 and 64 channels, each of `blocks` blocks with two convolutions of 3 × 3. */
function cifarResnet(name: string, blocks: number, shortcut: Shortcut, random: Random): Graph {
  const net = new NetworkBuilder(name, [3, 32, 32], random);
  const project = shortcut === "A" ? zeroPaddedShortcut : projection("shortcut");
  let x = stem(net, 16, 3, 1);
  for (const [i, channels] of [16, 32, 64].entries())
    x = stage(net, `layer${i + 1}`, x, { channels, blocks, stride: i === 0 ? 1 : 2, project });
  x = net.flatten("flatten", net.globalAveragePool("avgpool", x));
  return net.build(net.dense("linear", x, 10, "logits"));
}

export interface Resnet18Options {
  /**
   * "imagenet": 7 × 7 stride 2 and a max pooling, 224 × 224 images, 1000 classes, as published and as torchvision
   * has it. "cifar": 3 × 3 stride 1 without pooling, 32 × 32 images, 10 classes, the usual change for CIFAR-10.
   */
  readonly stem: "cifar" | "imagenet";
}

/** 18 layers; He et al., CVPR 2016, table 1. Parameters are named as in torchvision. */
export function resnet18({ stem: kind }: Resnet18Options, random: Random): Graph {
  const cifar = kind === "cifar";
  const net = new NetworkBuilder(`resnet18-${kind}`, cifar ? [3, 32, 32] : [3, 224, 224], random);
  let x = cifar ? stem(net, 64, 3, 1) : net.maxPool("maxpool", stem(net, 64, 7, 2), 3, 2, 1);
  for (const [i, channels] of [64, 128, 256, 512].entries())
    x = stage(net, `layer${i + 1}`, x, {
      channels,
      blocks: 2,
      stride: i === 0 ? 1 : 2,
      project: projection("downsample"),
    });
  x = net.flatten("flatten", net.globalAveragePool("avgpool", x));
  return net.build(net.dense("fc", x, cifar ? 10 : 1000, "logits"));
}

function stem(net: NetworkBuilder, channels: number, kernel: number, stride: number): Value {
  const padding = (kernel - 1) / 2;
  const x = net.conv("conv1", net.image, channels, { kernel, stride, padding, bias: false });
  return net.relu("relu", net.batchNorm("bn1", x));
}

/** The shortcut of a block that halves the image or changes the number of channels. */
type Projection = (net: NetworkBuilder, block: string, x: Value, channels: number, stride: number) => Value;

interface Stage {
  readonly channels: number;
  readonly blocks: number;
  /** Of the first block; the others keep the size. */
  readonly stride: number;
  readonly project: Projection;
}

function stage(net: NetworkBuilder, name: string, input: Value, options: Stage): Value {
  let x = input;
  for (let i = 0; i < options.blocks; i++)
    x = basicBlock(net, `${name}.${i}`, x, { ...options, stride: i === 0 ? options.stride : 1 });
  return x;
}

function basicBlock(
  net: NetworkBuilder,
  name: string,
  x: Value,
  { channels, stride, project }: Omit<Stage, "blocks">,
): Value {
  const first = { kernel: 3, stride, padding: 1, bias: false };
  const second = { kernel: 3, padding: 1, bias: false };
  let y = net.batchNorm(`${name}.bn1`, net.conv(`${name}.conv1`, x, channels, first));
  y = net.relu(`${name}.relu1`, y);
  y = net.batchNorm(`${name}.bn2`, net.conv(`${name}.conv2`, y, channels, second));
  const same = stride === 1 && x.shape[0] === channels;
  const shortcut = same ? x : project(net, name, x, channels, stride);
  return net.relu(`${name}.relu2`, net.add(`${name}.add`, y, shortcut));
}

const zeroPaddedShortcut: Projection = (net, block, x, channels, stride) => {
  const added = channels - x.shape[0]!;
  const small = net.subsample(`${block}.shortcut.slice`, x, stride);
  return net.padChannels(`${block}.shortcut.pad`, small, Math.floor(added / 2), Math.ceil(added / 2));
};

const projection =
  (name: string): Projection =>
  (net, block, x, channels, stride) => {
    const y = net.conv(`${block}.${name}.0`, x, channels, { kernel: 1, stride, bias: false });
    return net.batchNorm(`${block}.${name}.1`, y);
  };
