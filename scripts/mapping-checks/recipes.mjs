// The recipes of the mapping checks: one trained network for each seed, pruned weight by weight to several sparsities,
// stored with 8 and with 4 bits, and pruned by crossbar rows from the sparsity that the paper names.

/** Array sizes that are compared, in weights; the one at which strategies and pruning are. */
export const sizes = [16, 32, 64, 128];
export const chosenSize = 32;
/** What "auto" chooses among. */
export const starts = /** @type {const} */ (["identity", "density-sort", "greedy-union", "k-means"]);
/** Names of what is counted, in the order of tables: "+" where local search follows. */
export const strategyNames = [...starts.flatMap((name) => [name, `${name}+`]), "auto+"];

/**
 * @typedef {object} Network
 * @property {object} data
 * @property {readonly object[]} base stages up to the dense network
 * @property {readonly number[]} sparsities in percent; 0 is the dense network
 * @property {number} published sparsity of Table I, in percent
 * @property {object} pruning training while weights go
 * @property {object} tuning the training behind it
 * @property {object} round training in each round of crossbar pruning
 */

const cropped = { augment: { crop: 2 } };
const shifted = { augment: { flip: 0.5, crop: 4 } };

/** @type {Readonly<Record<"lenet5" | "resnet20", Network>>} */
export const networks = {
  lenet5: {
    data: { name: "mnist", validation: 5000 },
    base: [
      {
        stage: "train",
        steps: 800,
        batch: 64,
        learningRate: { schedule: "cosine", rate: 0.02, warmUp: 50 },
        ...cropped,
      },
    ],
    sparsities: [0, 80, 90, 92, 98],
    published: 92,
    pruning: {
      steps: 300,
      batch: 64,
      learningRate: { schedule: "constant", rate: 0.01 },
      ...cropped,
      schedule: { kind: "cubic", begin: 0, end: 240, every: 30 },
    },
    tuning: { steps: 200, batch: 64, learningRate: { schedule: "cosine", rate: 0.01 }, ...cropped },
    round: { steps: 50, batch: 64, learningRate: { schedule: "cosine", rate: 0.005 }, ...cropped },
  },
  resnet20: {
    data: { name: "cifar10", normalization: "imagenet", validation: 2000 },
    base: [],
    sparsities: [0, 75, 90, 95],
    published: 75,
    pruning: {
      steps: 300,
      interval: 150,
      learningRate: { schedule: "constant", rate: 0.01, warmUp: 20 },
      ...shifted,
      schedule: { kind: "cubic", begin: 0, end: 250, every: 50 },
    },
    tuning: {
      steps: 300,
      interval: 150,
      learningRate: { schedule: "cosine", rate: 0.01, end: 0.0001 },
      ...shifted,
    },
    round: {
      steps: 100,
      learningRate: { schedule: "cosine", rate: 0.005, end: 0.0001 },
      ...shifted,
    },
  },
};

/** The runs of a seed in their order. @param {Network} network */
export const pointsOf = ({ sparsities }) => [
  ...sparsities.flatMap((sparsity) => [`${sparsity}-8bit`, `${sparsity}-4bit`]),
  "crossbar",
];

/**
 * @param {string} name
 * @param {string} point
 * @param {{ seed: number, model: string }} options
 */
export function recipeOf(name, point, { seed, model }) {
  const network = networks[/** @type {keyof typeof networks} */ (name)];
  const crossbar = point === "crossbar";
  const sparsity = crossbar ? network.published : Number.parseInt(point, 10);
  return {
    name: `${name}-${point}`,
    seed,
    model,
    data: network.data,
    hardware: { base: "lin2019" },
    groups: { rows: "none" },
    stages: [
      ...network.base,
      ...(sparsity > 0
        ? [
            { stage: "irregular-pruning", ...network.pruning, sparsity: sparsity / 100 },
            { stage: "fine-tuning", ...network.tuning },
          ]
        : []),
      // 1 point is what check 13 allows; rounds stop at half of it on validation images, as the specification has it.
      ...(crossbar
        ? [{ stage: "crossbar-pruning", ...network.round, share: 0.05, rounds: 6, budget_points: 0.5 }]
        : []),
      {
        stage: "post-training-quantization",
        // The largest weight is the largest code, as in section 4 of the specification.
        weights: { bits: point.endsWith("-4bit") ? 4 : 8, range: "max" },
        activations: { bits: 8, range: "mse" },
        input: { bits: 8 },
      },
    ],
    place: { scheme: "column-exchange" },
    simulate: { images: 20, adcBits: [] },
  };
}
