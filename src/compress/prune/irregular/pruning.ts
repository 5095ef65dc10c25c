import { equal, masked, not, where } from "../../../autodiff/index.js";
import { InputError } from "../../../errors.js";
import type { Graph } from "../../../graph/types.js";
import { checkLayerNames } from "../../../lower/layer-names.js";
import { type Tensor, tensor } from "../../../tensor.js";
import type { JsonRecord, LoopAddition, StepCount } from "../../../train/stage.js";
import { weightLayers, weightsOf, weightZeros } from "../weight-masks.js";
import { checkSchedule, lastMasks, masksDue, type SparsitySchedule, sparsityAt } from "./schedule.js";
import { withoutSmallest } from "./select.js";
import { checkTarget, type LayerCount, partsAt, type SparsityTarget } from "./targets.js";

export interface IrregularPruningOptions {
  /** Zero weights over all weights of the layers that go on crossbars, in the end. */
  readonly sparsity: number;
  /** Its steps count epochs instead, where `epochs` is set; `every` is in steps. */
  readonly schedule: SparsitySchedule;
  readonly epochs?: boolean;
  /** What is ranked together: all layers ("global", the default), or each layer by itself, all with one share. */
  readonly scope?: "global" | "layer";
  /**
   * "layer" divides every magnitude by the mean magnitude of its layer's weights that are not 0, so that layers of small
   * weights do not go first. It changes what "global" compares. Default: "none".
   */
  readonly normalize?: "none" | "layer";
  /** Shares of single layers, by node name; the others make up the rest of `sparsity`. */
  readonly layers?: Readonly<Record<string, number>>;
  /** The share that the schedule starts from. Default: what is 0 already. */
  readonly initial?: number;
}

/**
 * Irregular magnitude pruning while training (Han et al. 2015, gradually as Zhu and Gupta 2017 do it): at the steps of
 * the schedule the smallest weights become 0, as many as its sparsity asks for, and every zero stays 0 behind each update.
 * What is left of the stage after the last time is fine-tuning. Pruned weights never come back.
 *
 * The zeros themselves are the mask: a weight that enters a step as 0 leaves it as 0. So that no other weight joins
 * them, one whose update comes to exactly 0 (a subtraction of equals, about once in 10⁸ updates) stays what it was. Hence
 * between two times the number of zeros does not change, and checkpoints need no mask beside the parameters.
 * @param graph the network that the stage starts from
 * @throws InputError where the schedule or the sparsity is impossible, or a weight is not finite
 */
export function irregularPruning(graph: Graph, options: IrregularPruningOptions): LoopAddition {
  const { sparsity, scope = "global", normalize = "none", layers: own = {} } = options;
  const target: SparsityTarget = { sparsity, scope, layers: own };
  const layers = weightLayers(graph);
  const start = weightZeros(graph, layers);
  checkPruning(start, options);
  const shares = { initial: options.initial ?? shareOf(start), final: sparsity };
  const weights = new Set(layers.map(({ weight }) => weight));
  const scheduleIn = ({ stepsPerPass }: StepCount) => inSteps(options, stepsPerPass);
  return {
    afterUpdate: ({ name }, updated, { parameter }) => {
      if (!weights.has(name)) return updated;
      const before = parameter(name);
      // A product, not a choice: what is no number in the update of a pruned weight still stops the training.
      return masked(not(equal(before, 0)), where(equal(updated, 0), before, updated));
    },
    edit: {
      identity: {
        pruning: "magnitude",
        ...shares,
        scope,
        normalize,
        layers: own,
        schedule: { ...options.schedule },
      },
      check: (when) => checkSchedule(scheduleIn(when), when.steps),
      due: (when) => masksDue(scheduleIn(when), when.step),
      apply: (now, when) =>
        prunedWeights(now, target, sparsityAt(scheduleIn(when), shares, when.step), normalize),
      settled: (when) => when.step >= lastMasks(scheduleIn(when)),
    },
    controller: {
      initial: null,
      feeds: () => ({}),
      look: (state, { graph: now }) => ({ state, record: { weights: record(weightZeros(now, layers)) } }),
    },
  };
}

/**
 * The weights of a network's layers with the smallest at 0, so that its sparsity is the given one on the way to the target.
 * @returns new weights by the initializer's name
 */
export function prunedWeights(
  graph: Graph,
  target: SparsityTarget,
  sparsity: number,
  normalize: "none" | "layer" = "none",
): Map<string, Tensor> {
  const layers = weightLayers(graph);
  const parts = partsAt(weightZeros(graph, layers), target, sparsity);
  const pruned = new Map<string, Tensor>();
  for (const { layers: places, zeros } of parts) {
    const ranked = places.map((i) => {
      const weights = weightsOf(graph, layers[i]!).data as Float32Array;
      return { weights, unit: normalize === "layer" ? meanMagnitude(weights) : 1 };
    });
    for (const [k, data] of withoutSmallest(ranked, zeros).entries()) {
      const { weight, shape } = layers[places[k]!]!;
      pruned.set(weight, tensor("f32", shape, data));
    }
  }
  return pruned;
}

/** What can be said of a pruning before training starts. @throws InputError */
export function checkPruning(
  layers: readonly LayerCount[],
  { sparsity, scope = "global", normalize = "none", layers: own = {}, initial }: IrregularPruningOptions,
): void {
  if (layers.length === 0)
    throw new InputError("the network has no layer whose weights could go on crossbars", {
      hint: "irregular pruning needs at least one Conv or Gemm with constant weights",
    });
  checkLayerNames(
    "a share of irregular pruning",
    Object.keys(own),
    layers.map(({ node }) => node),
  );
  if (normalize !== "none" && normalize !== "layer")
    throw new InputError(`the ranking is normalised by "${normalize}"`, { hint: `choose "none" or "layer"` });
  checkTarget(layers, { sparsity, scope, layers: own });
  if (initial !== undefined && !(initial >= 0 && initial <= sparsity))
    throw new InputError(`the initial sparsity is ${initial}`, {
      hint: `give a share from 0 to ${sparsity}, the sparsity in the end`,
    });
}

function inSteps(
  { schedule, epochs = false }: IrregularPruningOptions,
  stepsPerPass: number,
): SparsitySchedule {
  const unit = epochs ? stepsPerPass : 1;
  return { ...schedule, begin: schedule.begin * unit, end: schedule.end * unit };
}

function meanMagnitude(weights: Float32Array): number {
  let sum = 0;
  let live = 0;
  for (const weight of weights)
    if (weight !== 0) {
      sum += Math.abs(weight);
      live++;
    }
  return sum / live;
}

const total = (layers: readonly LayerCount[], key: "weights" | "zeros"): number =>
  layers.reduce((sum, layer) => sum + layer[key], 0);

const shareOf = (layers: readonly LayerCount[]): number => total(layers, "zeros") / total(layers, "weights");

/** What the curves keep of a look. */
const record = (layers: readonly LayerCount[]): JsonRecord => ({
  weights: total(layers, "weights"),
  zeros: total(layers, "zeros"),
  sparsity: Number(shareOf(layers).toPrecision(6)),
  layers: Object.fromEntries(layers.map(({ node, zeros }) => [node, zeros])),
});
