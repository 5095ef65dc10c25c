import { InputError } from "../../errors.js";
import type { Graph } from "../../graph/types.js";
import { f32 } from "../../tensor.js";
import type { Controller, Json, JsonRecord, TrainingView } from "../../train/stage.js";
import type { GroupedLayer } from "./layers.js";
import { type Clipping, normsOf, thresholdsOf } from "./reference.js";
import { type GroupStatistics, groupStatistics } from "./statistics.js";
import { floatWeights, survivingGroups } from "./zero-groups.js";

/** The input of a step that takes the λ of the positions, [positions]. */
export const lambdaInput = "lasso/lambda";

export interface Control {
  /** How strongly a position with fewer zero groups than the others is pressed. Default 2; 0: one λ for all. */
  readonly kappa?: number;
  /** Share of the steps, at the end, in which λ stays. Default 0.1. */
  readonly freeze?: number;
  /** λ0 is steered to this group sparsity. Default: λ0 stays. */
  readonly target?: Target;
}

export interface Target {
  readonly sparsity: number;
  /** Part of the steps after which it should be reached, in a straight line from what there is. Default 0.8. */
  readonly by?: number;
  /** λ0 is what was given times exp(this · the sparsity that is missing). Default 30. */
  readonly gain?: number;
  /**
   * λ0 becomes at most this many times what was given (default 2), and at most this many times less (default 16).
   * Groups fall to zero long after they were pressed; a λ that rises until they do takes the network with them.
   */
  readonly rise?: number;
  readonly fall?: number;
}

export interface LambdaControllerOptions extends Control, Partial<Clipping> {
  readonly lambda0: number;
  /** Bits of one cell, for the mismatch in bit lines. Default 2. */
  readonly cellBits?: number;
}

interface LambdaState {
  readonly lambda0: number;
  /** [positions] */
  readonly lambdas: readonly number[];
  /** Group sparsity at the first look, from which a target is approached; null before. */
  readonly start: number | null;
}

/**
 * Steers the λ of the positions so that their groups die at one pace (spec 2.8). At every look, with s_i the share of
 * zero groups of position i over all layers and s̄ their mean: λ_i ← clamp(λ_i · exp(κ(s̄ − s_i)), λ0/4, 4λ0), then all
 * are scaled so that their mean is λ0. With a target λ0 is what was given · exp(gain · (what should be reached by now −
 * the group sparsity)): sparsity adds up what λ does, so that a λ that adds up what is missing would overshoot.
 */
export function lambdaController(
  layers: readonly GroupedLayer[],
  options: LambdaControllerOptions,
): Controller {
  check(layers, options);
  const placed = layers.filter(({ neuron }) => !neuron);
  const positions = placed[0]?.grid.positions ?? 0;
  const initial: LambdaState = {
    lambda0: options.lambda0,
    lambdas: new Array<number>(positions).fill(options.lambda0),
    start: null,
  };
  const stateOf = (state: Json) => state as unknown as LambdaState;
  return {
    initial: { ...initial },
    feeds: (state) => (positions === 0 ? {} : { [lambdaInput]: f32([positions], stateOf(state).lambdas) }),
    look: (state, view) => {
      const statistics = groupStatistics(view.graph, layers, cellBitsOf(options));
      const { start, ...before } = stateOf(state);
      const next = nextLambdas(
        { ...before, start: start ?? statistics.groupSparsity },
        statistics,
        view,
        options,
      );
      return {
        state: { ...next },
        record: { pruning: pruningRecord(view.graph, layers, statistics, next, options) },
      };
    },
  };
}

const cellBitsOf = ({ cellBits }: LambdaControllerOptions) => (cellBits === undefined ? {} : { cellBits });

function nextLambdas(
  state: LambdaState & { readonly start: number },
  { groupSparsity, sparsityAt }: GroupStatistics,
  { step, steps }: TrainingView,
  options: LambdaControllerOptions,
): LambdaState {
  const { kappa = 2, freeze = 0.1, target } = options;
  if (step >= steps * (1 - freeze)) return state;
  let { lambda0 } = state;
  const { start } = state;
  if (target) {
    const { sparsity, by = 0.8, gain = 30, rise = 2, fall = 16 } = target;
    const wanted = start + (sparsity - start) * Math.min(1, step / (by * steps));
    lambda0 = options.lambda0 * clamp(Math.exp(gain * (wanted - groupSparsity)), 1 / fall, rise);
  }
  const mean = average(sparsityAt);
  const change = state.lambda0 === 0 ? 1 : lambda0 / state.lambda0;
  const moved = state.lambdas.map((lambda, i) =>
    clamp(lambda * change * Math.exp(kappa * (mean - sparsityAt[i]!)), lambda0 / 4, lambda0 * 4),
  );
  const scale = lambda0 === 0 ? 0 : lambda0 / average(moved);
  return { lambda0, lambdas: moved.map((lambda) => lambda * scale), start };
}

/**
 * What the curves keep of a look. Per layer: zero groups at each position, thresholds at each position, and how many
 * groups are below theirs. λ, δ and shares are rounded to six digits.
 */
function pruningRecord(
  graph: Graph,
  layers: readonly GroupedLayer[],
  statistics: GroupStatistics,
  { lambda0, lambdas }: LambdaState,
  options: LambdaControllerOptions,
): JsonRecord {
  const { clip, clipLayers = {}, mean = "all" } = options;
  const clipping = clip === undefined ? undefined : { clip, clipLayers, mean };
  const alive = mean === "surviving" ? survivingGroups(graph, layers) : undefined;
  const thresholds = layers.map((layer, i) => {
    const norms = normsOf(floatWeights(graph, layer).data, layer);
    const deltas = thresholdsOf(norms, layer, clipping, alive?.[i]);
    const below = norms.reduce((count, norm, group) => {
      const { position } = layer.bands[group % layer.bands.length]!;
      return norm > 0 && norm < deltas[position]! ? count + 1 : count;
    }, 0);
    return { deltas, below };
  });
  return {
    lambda0: rounded(lambda0),
    lambda: lambdas.map(rounded),
    groups: statistics.groups,
    zeroGroups: statistics.zeroGroups,
    groupSparsity: rounded(statistics.groupSparsity),
    sparsityAt: statistics.sparsityAt.map(rounded),
    mismatch: { ...statistics.mismatch },
    layers: Object.fromEntries(
      statistics.layers.map(({ node, groups, zeroGroups, mismatch }, i) => [
        node,
        {
          groups: sum(groups),
          zero: zeroGroups,
          ...(clipping ? { delta: thresholds[i]!.deltas.map(rounded) } : {}),
          penalized: thresholds[i]!.below,
          mismatch: [mismatch.layerBitLines, mismatch.chunkBitLines],
        },
      ]),
    ),
  };
}

function check(layers: readonly GroupedLayer[], options: LambdaControllerOptions): void {
  const { lambda0, kappa = 2, freeze = 0.1, target } = options;
  const { sparsity = 0, by = 0.8, gain = 30, rise = 2, fall = 16 } = target ?? {};
  const rules: readonly (readonly [string, number, boolean, string])[] = [
    ["lambda0", lambda0, lambda0 >= 0 && Number.isFinite(lambda0), "give 0 or more"],
    ["kappa", kappa, kappa >= 0 && Number.isFinite(kappa), "give 0 or more"],
    ["freeze", freeze, freeze >= 0 && freeze <= 1, "give a share from 0 to 1"],
    ["the target sparsity", sparsity, sparsity >= 0 && sparsity < 1, "give a share from 0 to below 1"],
    ["`by` of the target", by, by > 0 && by <= 1, "give a share above 0, up to 1"],
    ["`gain` of the target", gain, gain >= 0 && Number.isFinite(gain), "give 0 or more"],
    ["`rise` of the target", rise, rise >= 1 && Number.isFinite(rise), "give a factor from 1"],
    ["`fall` of the target", fall, fall >= 1 && Number.isFinite(fall), "give a factor from 1"],
  ];
  for (const [name, value, holds, hint] of rules)
    if (!holds) throw new InputError(`${name} of the lambda controller is ${value}`, { hint });
  if (layers.length === 0)
    throw new InputError("the network has no layer with groups", {
      hint: "list dense layers, or train a network with convolutions behind its first",
    });
}

const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const average = (values: readonly number[]): number => sum(values) / Math.max(1, values.length);
const rounded = (x: number): number => Number(x.toPrecision(6));
