/**
 * What J. Meng et al., IEEE TCAS-II 68(5), 2021 (docs/sources.md, meng2021) print about the results that their figures
 * show. The figures themselves carry no numbers; these are from Table II and the text. Fractions.
 */

export type NetworkName = "resnet20" | "vgg8" | "resnet18" | "resnet18-imagenet";

/** A row of Table II: accuracy in software, of the 4-bit network with the groups pruned. */
export interface TableRow {
  readonly groupRows: number;
  readonly accuracy: number;
  readonly groupSparsity: number;
}

export interface PublishedNetwork {
  readonly title: string;
  /** Table II, row FP32. */
  readonly fp32: number;
  /** Table II, rows "this work (4-bit)". */
  readonly table2: readonly TableRow[];
  /** Section IV-B: energy and area against the unpruned 4-bit hardware; latency is not given in numbers. */
  readonly overBaseline?: { readonly energy: number; readonly area: number };
}

const row = (groupRows: number, accuracy: number, groupSparsity: number): TableRow => ({
  groupRows,
  accuracy,
  groupSparsity,
});

export const published: Readonly<Record<NetworkName, PublishedNetwork>> = {
  resnet20: {
    title: "ResNet-20, CIFAR-10",
    fp32: 0.9195,
    table2: [row(144, 0.9124, 0.3454), row(72, 0.9103, 0.5156), row(36, 0.9088, 0.5643)],
    overBaseline: { energy: 1 - 0.37, area: 1 - 0.333 },
  },
  vgg8: {
    title: "VGG-8, CIFAR-10",
    fp32: 0.9407,
    table2: [row(144, 0.9294, 0.6579), row(72, 0.9298, 0.7424), row(36, 0.9359, 0.734)],
    overBaseline: { energy: 1 - 0.803, area: 1 - 0.81 },
  },
  resnet18: {
    title: "ResNet-18, CIFAR-10",
    fp32: 0.9475,
    table2: [row(144, 0.9361, 0.8614), row(72, 0.9351, 0.8776), row(36, 0.9356, 0.9052)],
    overBaseline: { energy: 1 - 0.902, area: 1 - 0.82 },
  },
  "resnet18-imagenet": {
    title: "ResNet-18, ImageNet",
    fp32: 0.6976,
    table2: [row(144, 0.6789, 0.1924), row(72, 0.675, 0.2377), row(36, 0.6782, 0.2641)],
  },
};

/** The group sizes of the publication, in rows of one column (section II-B). */
export const groupSizes = [144, 72, 36] as const;

/** The group size that section IV-B settles on; its savings are taken to be those of this size. */
export const selectedGroupRows = 72;

/** Converter widths of Fig. 6 (section IV-B). */
export const adcWidths = [5, 6] as const;
