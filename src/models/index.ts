import { InputError, nearest } from "../errors.js";
import type { Graph } from "../graph/types.js";
import type { Random } from "../random.js";
import { alexnet } from "./alexnet.js";
import { digitsCnn, softmaxRegression } from "./digits.js";
import { lenet5 } from "./lenet.js";
import { resnet18, resnet20, resnet56 } from "./resnet.js";
import { vgg8, vgg16 } from "./vgg.js";

export { alexnet } from "./alexnet.js";
export { type ConvOptions, NetworkBuilder, type Value } from "./builder.js";
export { digitsCnn, softmaxRegression } from "./digits.js";
export { lenet5 } from "./lenet.js";
export { prunableWeightCount } from "./prunable.js";
export { type CifarResnetOptions, type Resnet18Options, resnet18, resnet20, resnet56 } from "./resnet.js";
export { type Vgg16Options, vgg8, vgg16 } from "./vgg.js";

/** A reference network: what it is for, and how to make one with fresh weights. */
export interface ReferenceModel {
  readonly title: string;
  /** The data set that the sizes of input and output fit. */
  readonly dataset: "drawn-digits" | "mnist" | "cifar10" | "imagenet";
  /** [channels, height, width] */
  readonly input: readonly [number, number, number];
  readonly classes: number;
  /** Trainable parameters, as papers and PyTorch count them. */
  readonly parameters: number;
  /** The network with weights after He et al. 2015; equal streams of chance give equal networks. */
  readonly build: (random: Random) => Graph;
}

const digits = { dataset: "drawn-digits", input: [1, 28, 28], classes: 10 } as const;
const cifar = { dataset: "cifar10", input: [3, 32, 32], classes: 10 } as const;
const imagenet = { dataset: "imagenet", input: [3, 224, 224], classes: 1000 } as const;

/** The reference networks by the names that recipes and the command line use. */
export const models: Readonly<Record<string, ReferenceModel>> = {
  "softmax-regression": {
    title: "One layer of ten neurons",
    ...digits,
    parameters: 7_850,
    build: softmaxRegression,
  },
  "digits-cnn": {
    title: "Four small convolutions with batch normalisation",
    ...digits,
    parameters: 33_338,
    build: digitsCnn,
  },
  lenet5: {
    title: "LeNet-5 (20 and 50 filters)",
    dataset: "mnist",
    input: [1, 28, 28],
    classes: 10,
    parameters: 431_080,
    build: lenet5,
  },
  "resnet20-a": {
    title: "ResNet-20, shortcuts without parameters",
    ...cifar,
    parameters: 269_722,
    build: (random) => resnet20({ shortcut: "A" }, random),
  },
  "resnet20-b": {
    title: "ResNet-20, shortcuts by 1 × 1 convolutions",
    ...cifar,
    parameters: 272_474,
    build: (random) => resnet20({ shortcut: "B" }, random),
  },
  "resnet56-a": {
    title: "ResNet-56, shortcuts without parameters",
    ...cifar,
    parameters: 853_018,
    build: (random) => resnet56({ shortcut: "A" }, random),
  },
  "resnet56-b": {
    title: "ResNet-56, shortcuts by 1 × 1 convolutions",
    ...cifar,
    parameters: 855_770,
    build: (random) => resnet56({ shortcut: "B" }, random),
  },
  "resnet18-cifar": {
    title: "ResNet-18 with a 3 × 3 stem",
    ...cifar,
    parameters: 11_173_962,
    build: (random) => resnet18({ stem: "cifar" }, random),
  },
  "resnet18-imagenet": {
    title: "ResNet-18",
    ...imagenet,
    parameters: 11_689_512,
    build: (random) => resnet18({ stem: "imagenet" }, random),
  },
  alexnet: {
    title: "AlexNet on one device",
    ...imagenet,
    parameters: 61_100_840,
    build: alexnet,
  },
  vgg8: {
    title: "VGG-8 with batch normalisation",
    ...cifar,
    parameters: 12_978_058,
    build: vgg8,
  },
  "vgg16-cifar": {
    title: "VGG-16 with batch normalisation and one fully connected layer",
    ...cifar,
    parameters: 14_724_042,
    build: (random) => vgg16({ dataset: "cifar" }, random),
  },
  "vgg16-imagenet": {
    title: "VGG-16",
    ...imagenet,
    parameters: 138_357_544,
    build: (random) => vgg16({ dataset: "imagenet" }, random),
  },
};

/** The reference network of that name. */
export function referenceModel(name: string): ReferenceModel {
  const model = Object.hasOwn(models, name) ? models[name] : undefined;
  if (model) return model;
  const near = nearest(name, Object.keys(models));
  throw new InputError(`model is ${JSON.stringify(name)}, which is no reference network`, {
    hint: near ? `did you mean ${near}?` : `the reference networks are ${Object.keys(models).join(", ")}`,
  });
}
