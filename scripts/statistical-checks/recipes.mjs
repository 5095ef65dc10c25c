// The recipes of the statistical checks: one quantised network for each seed, and what is pruned from it.

/** Sizes of groups that are compared. */
export const groupRows = [144, 72, 36];
/** Sparsities of one-shot pruning, at which energies are compared. */
export const steps = [20, 40, 60, 80];

/**
 * @typedef {object} Network
 * @property {object} data
 * @property {object} [groups]
 * @property {readonly object[]} base stages up to the quantised network
 * @property {{ lambda: number, [setting: string]: unknown }} lasso training, and strength of the multi-group penalty on groups of 72 rows
 * @property {number} clip
 * @property {number} plainLambda strength of plain group Lasso
 * @property {object} tuning the last training
 * @property {number} images test images on which converters are compared
 * @property {number} sparsity at which methods and sizes are compared
 * @property {boolean} ordersSizes whether check 13 is asked of it
 * @property {object} place
 */

const cropped = { augment: { crop: 2 } };
const shifted = { augment: { flip: 0.5, crop: 4 } };

/** @type {Readonly<Record<"lenet5" | "resnet20", Network>>} */
export const networks = {
  lenet5: {
    data: { name: "mnist", validation: 5000 },
    groups: { denseLayers: ["fc1"] },
    base: [
      {
        stage: "train",
        steps: 1200,
        batch: 64,
        learningRate: { schedule: "cosine", rate: 0.02, warmUp: 50 },
        ...cropped,
      },
      {
        stage: "quantization-aware-training",
        steps: 200,
        batch: 64,
        learningRate: { schedule: "cosine", rate: 0.01 },
        ...cropped,
        weights: { bits: 4, range: "mean", factor: 3 },
        activations: { pull: 0.001 },
      },
    ],
    lasso: {
      steps: 600,
      batch: 64,
      interval: 20,
      learningRate: { schedule: "cosine", rate: 0.02 },
      ...cropped,
      lambda: 1e-2,
    },
    clip: 1.3,
    plainLambda: 6e-3,
    tuning: { steps: 200, batch: 64, learningRate: { schedule: "cosine", rate: 0.005 }, ...cropped },
    sparsity: 0.6,
    images: 10000,
    ordersSizes: false,
    place: { scheme: "packed", activeRows: { conv1: 9 } },
  },
  resnet20: {
    data: { name: "cifar10", normalization: "imagenet", validation: 2000 },
    base: [
      {
        stage: "quantization-aware-training",
        steps: 400,
        learningRate: { schedule: "cosine", rate: 0.02, warmUp: 20, end: 0.001 },
        ...shifted,
        weights: { bits: 4, range: "mean", factor: 2 },
        activations: { bits: 4, alpha: "calibrated", pull: 0 },
      },
    ],
    lasso: {
      steps: 900,
      interval: 30,
      learningRate: { schedule: "cosine", rate: 0.02, warmUp: 20, end: 0.001 },
      ...shifted,
      lambda: 1e-2,
    },
    clip: 0.95,
    plainLambda: 4e-3,
    tuning: {
      steps: 400,
      interval: 200,
      learningRate: { schedule: "cosine", rate: 0.01, end: 0.0002 },
      ...shifted,
    },
    sparsity: 0.3,
    images: 2000,
    ordersSizes: true,
    place: { scheme: "packed", activeRows: { "/conv1/Conv": 9 } },
  },
};

/** The runs of a seed, beside "base". */
export const points = [
  ...groupRows.map((rows) => `multi-${rows}`),
  "plain-72",
  ...steps.map((share) => `magnitude-${share}`),
];

/**
 * @param {string} name
 * @param {string} point
 * @param {{ seed: number, model: string }} options
 */
export function recipeOf(name, point, { seed, model }) {
  const network = networks[/** @type {keyof typeof networks} */ (name)];
  const [kind, number] = point.split("-");
  const rows = kind === "magnitude" || kind === "base" ? 72 : Number(number);
  return {
    name: `${name}-${point}`,
    seed,
    model,
    data: network.data,
    hardware: { base: "meng2021", adcRange: "mse", activeRows: rows },
    groups: { ...network.groups, rows },
    stages: [...network.base, ...pruning(network, kind ?? "", Number(number))],
    place: network.place,
    simulate: {
      images: kind === "multi" ? network.images : 200,
      adcBits: kind === "multi" ? [4, 5, 6, "ideal"] : [],
    },
  };
}

/** So much less than the sparsity of the comparison penalties are steered to: more groups settle to 0 as the rate falls. */
const room = 0.1;

/**
 * The controller steers both penalties to just below the sparsity of the comparison; the smallest groups that are left
 * make it exact. λ goes with the root of a group's rows, as its norm does.
 * @param {Network} network
 * @param {string} kind
 * @param {number} number
 */
function pruning(network, kind, number) {
  const { lasso, tuning, sparsity } = network;
  if (kind === "base") return [];
  if (kind === "magnitude") return [{ stage: "magnitude-pruning", sparsity: number / 100 }];
  const method =
    kind === "multi"
      ? {
          method: "multi-group",
          clip: network.clip,
          lambda: lasso.lambda * Math.sqrt(number / 72),
          target: sparsity - room,
        }
      : { method: "plain", lambda: network.plainLambda, target: sparsity - room };
  return [
    { stage: "group-lasso", ...lasso, ...method },
    { stage: "magnitude-pruning", sparsity },
    { stage: "fine-tuning", ...tuning },
  ];
}
