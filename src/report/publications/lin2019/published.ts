/**
 * What J. Lin, Z. Zhu, Y. Wang and Y. Xie, ASP-DAC 2019 (docs/sources.md, lin2019) print about the results that their figures
 * show. The figures themselves carry no numbers; these are from Tables I and II and the text. Fractions. LSTM-5, the fifth
 * network of both tables, has no reference network here.
 */

/** Accuracies of Table II: as trained, pruned, and with crossbar rows pruned as well. */
export interface TableRow {
  readonly original: number;
  readonly pruned: number;
  readonly crossbarPruned: number;
}

export interface PublishedNetwork {
  /** Table I: zero weights over all weights. */
  readonly sparsity: number;
  /** Table II; AlexNet is not in it. */
  readonly table2?: TableRow;
}

const resnet18: PublishedNetwork = {
  sparsity: 0.75,
  table2: { original: 0.9237, pruned: 0.9207, crossbarPruned: 0.9178 },
};

export const published: Readonly<Record<string, PublishedNetwork>> = {
  lenet5: { sparsity: 0.92, table2: { original: 0.9923, pruned: 0.9913, crossbarPruned: 0.9915 } },
  alexnet: { sparsity: 0.89 },
  vgg16: { sparsity: 0.925, table2: { original: 0.9364, pruned: 0.9362, crossbarPruned: 0.9372 } },
  resnet18,
  // The list of benchmarks (section VI-A) says ResNet-20 where the tables say ResNet-18; there are no accuracies for it.
  resnet20: { sparsity: resnet18.sparsity },
};

/** Networks of the figures that show several. */
export const itsNetworks = ["lenet5", "alexnet", "vgg16", "resnet18", "resnet20"] as const;

/** Section IV: of VGG-16's arrays of 64 × 64, more than this share is at most so full. Which map it is said of stays open. */
export const scarce = { network: "vgg16", size: 64, filledAtMost: 0.15, moreThan: 0.2 } as const;

/** Section V: with 8 bits VGG-16 loses less than this up to that sparsity, and nothing up to 90 %. */
export const eightBits = { network: "vgg16", loss: 0.01, sparsity: 0.95 } as const;

/** Weights across an array, which section VI-B settles on. */
export const chosenSize = 32;

/** Weights across an array in Fig. 8. */
export const sizes = [16, 32, 64, 128] as const;

/** Section VI-B and abstract: energy efficiency over PRIME, with crossbar-grained pruning. */
export const energyGain = [3, 5] as const;

/** Abstract ("more than 2.5 to 6") and section VI-B ("more than 5 for most networks"). */
export const speedUp = { range: [2.5, 6], most: 5 } as const;
