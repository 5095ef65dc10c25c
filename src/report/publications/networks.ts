import { InputError, nearest } from "../../errors.js";
import type { Result } from "../types.js";

interface KnownNetwork {
  readonly title: string;
  readonly dataset: "mnist" | "cifar10" | "imagenet";
  /** Weights of all matrices; with two kinds of shortcut, both. */
  readonly weights: readonly number[];
}

/**
 * Networks by the weights that stand on arrays: batch normalisation may be folded and the file called anything, the
 * matrices stay what they are.
 */
export const knownNetworks: Readonly<Record<string, KnownNetwork>> = {
  lenet5: { title: "LeNet-5, MNIST", dataset: "mnist", weights: [430_500] },
  resnet20: { title: "ResNet-20, CIFAR-10", dataset: "cifar10", weights: [268_336, 270_896] },
  resnet56: { title: "ResNet-56, CIFAR-10", dataset: "cifar10", weights: [848_944, 851_504] },
  resnet18: { title: "ResNet-18, CIFAR-10", dataset: "cifar10", weights: [11_164_352] },
  "resnet18-imagenet": { title: "ResNet-18, ImageNet", dataset: "imagenet", weights: [11_678_912] },
  vgg8: { title: "VGG-8, CIFAR-10", dataset: "cifar10", weights: [12_973_440] },
  vgg16: { title: "VGG-16, CIFAR-10", dataset: "cifar10", weights: [14_715_584] },
  "vgg16-imagenet": { title: "VGG-16, ImageNet", dataset: "imagenet", weights: [138_344_128] },
  alexnet: { title: "AlexNet, ImageNet", dataset: "imagenet", weights: [61_090_496] },
};

/** @throws InputError where there is no network of that name */
export function checkNetwork(name: string): string {
  if (Object.hasOwn(knownNetworks, name)) return name;
  const names = Object.keys(knownNetworks);
  const near = nearest(name, names);
  throw new InputError(`the network is ${name}`, {
    hint: near ? `did you mean ${near}?` : `choose ${names.join(", ")}`,
  });
}

/** The network of a result, by its matrices and, where the recipe names one, its data set; null for others. */
export function networkOf({ data, recipe }: Result): string | null {
  const weights = data.layers.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  const dataset = (recipe["data"] as { readonly name?: unknown } | undefined)?.name;
  const found = Object.entries(knownNetworks).find(
    ([, known]) =>
      known.weights.includes(weights) &&
      // The folder that holds a data set may be called anything.
      (typeof dataset !== "string" || /[/\\.]/.test(dataset) || dataset === known.dataset),
  );
  return found?.[0] ?? null;
}
