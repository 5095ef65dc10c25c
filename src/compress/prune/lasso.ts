import {
  abs,
  add,
  cast,
  constantLike,
  div,
  greater,
  less,
  masked,
  maximum,
  minimum,
  mul,
  sqrt,
  sub,
  total,
  type Value,
  where,
} from "../../autodiff/index.js";
import { InputError } from "../../errors.js";
import { checkLayerNames } from "../../lower/layer-names.js";
import type { LoopAddition } from "../../train/stage.js";
import type { StepContext } from "../../train/step.js";
import { type Control, lambdaController, lambdaInput } from "./controller.js";
import type { GroupedLayer } from "./layers.js";
import { byBand, groupNorms, scaleGroups, sumOverGroups, sumOverPositions } from "./norms.js";
import { type Clipping, clipOf } from "./reference.js";

export interface LassoOptions {
  /** λ, per group norm; 0 for the same training without the penalty. */
  readonly lambda: number;
  /** λ of the listed dense layers. Those cut by rows follow the controller's ratios. Default: `lambda`. */
  readonly lambdaDense?: number;
  /**
   * "subgradient" (the default): the penalty is part of the loss; zeros come from the quantiser's dead zone.
   * "proximal": behind the optimiser's update every group goes to the minimiser of ½‖x − W‖² + rate · penalty(x),
   * which is often exactly 0 (spec 2.4). Momentum and Adam's division do not see it: with momentum m it shrinks groups
   * 1 / (1 − m) times more slowly than the subgradient with the same λ.
   */
  readonly update?: "subgradient" | "proximal";
}

export interface MultiGroupLassoOptions extends LassoOptions, Clipping {
  /**
   * "detached" (the default): the thresholds are constants to the gradient, and groups above them are left alone.
   * "through": the gradient passes through the mean, as in the authors' code: with k of G groups clipped, every group
   * of the position gets k · a / G times the gradient of its norm besides.
   */
  readonly deltaGradient?: "detached" | "through";
  /** How the λ of the positions are steered. Default: the defaults of {@link lambdaController}. */
  readonly control?: Control;
}

/**
 * Group Lasso (Meng et al. 2021, equation 1): λ Σ_l Σ_g ‖W_{l,g}‖₂ over the groups of all positions. The method to
 * compare with; its one λ changes only where it is steered to a target.
 */
export function groupLasso(
  layers: readonly GroupedLayer[],
  options: LassoOptions & { readonly control?: Omit<Control, "kappa"> },
): LoopAddition {
  return lasso(layers, options, undefined, "detached", { ...options.control, kappa: 0 });
}

/**
 * Multi-group Lasso (Meng et al. 2021, equations 2 and 3): Σ_i λ_i Σ_l Σ_g min(‖W_{l,g}‖₂, δ_l^i), with
 * δ_l^i = a · the mean norm of layer l's groups at position i, from the float weights of every step. The proximal form
 * takes it from the weights as the optimiser's update left them.
 */
export function multiGroupLasso(
  layers: readonly GroupedLayer[],
  options: MultiGroupLassoOptions,
): LoopAddition {
  const { clip, clipLayers = {}, mean = "all", deltaGradient = "detached" } = options;
  if (!(clip > 0 && clip < Number.POSITIVE_INFINITY))
    throw new InputError(`the clip of the multi-group Lasso is ${clip}`, {
      hint: "give a number above 0, or use the plain group Lasso",
    });
  checkLayerNames(
    "clipLayers",
    Object.keys(clipLayers),
    layers.map(({ node }) => node),
  );
  for (const [layer, own] of Object.entries(clipLayers))
    if (!(own >= 0 && own < Number.POSITIVE_INFINITY))
      throw new InputError(`clipLayers is ${own} for "${layer}"`, { hint: "give 0 or more" });
  if (options.update === "proximal" && deltaGradient === "through")
    throw new InputError(`deltaGradient is "through", and a proximal step holds the thresholds fixed`, {
      hint: `choose deltaGradient "detached", or the update "subgradient"`,
    });
  return lasso(layers, options, { clip, clipLayers, mean }, deltaGradient, options.control ?? {});
}

function lasso(
  layers: readonly GroupedLayer[],
  options: LassoOptions,
  clipping: Clipping | undefined,
  deltaGradient: "detached" | "through",
  control: Control,
): LoopAddition {
  const { lambda, lambdaDense = lambda, update = "subgradient" } = options;
  checkLambdas({ lambda, lambdaDense });
  const controller = lambdaController(layers, { ...control, ...clipping, lambda0: lambda });
  const lambdas = (layer: GroupedLayer, step: StepContext) => lambdasOf(layer, step, { lambda, lambdaDense });
  if (update === "subgradient") {
    const penalty = (step: StepContext) => (layer: GroupedLayer) => {
      const norms = groupNorms(step.parameter(layer.weight), layer);
      const delta = clipping && thresholds(norms, layer, step, clipping);
      const fixed = delta && deltaGradient === "detached" ? step.builder.detached(delta) : delta;
      return layerPenalty(norms, lambdas(layer, step), fixed);
    };
    return { controller, penalties: { lasso: (step) => layers.map(penalty(step)).reduce(add) } };
  }
  const layerOf = new Map(layers.map((layer) => [layer.weight, layer]));
  return {
    controller,
    afterUpdate: ({ name }, updated, step) => {
      const layer = layerOf.get(name);
      if (!layer) return updated;
      const norms = groupNorms(updated, layer);
      const delta = clipping && thresholds(norms, layer, step, clipping);
      const shrink = mul(lambdas(layer, step), step.rate);
      return scaleGroups(updated, proximalFactors(norms, shrink, delta), layer);
    },
  };
}

interface Lambdas {
  readonly lambda: number;
  readonly lambdaDense: number;
}

function checkLambdas(lambdas: Lambdas): void {
  for (const [name, value] of Object.entries(lambdas))
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY))
      throw new InputError(`${name} of the group Lasso is ${value}`, { hint: "give 0 or more" });
}

/** λ of every band of a layer, [bands]. */
function lambdasOf(layer: GroupedLayer, step: StepContext, { lambda, lambdaDense }: Lambdas): Value {
  const fixed = (value: number) =>
    constantLike(step.rate, [layer.bands.length], new Array(layer.bands.length).fill(value));
  if (layer.neuron) return fixed(lambdaDense);
  const fed = byBand(step.input(lambdaInput, [layer.grid.positions]), layer);
  if (!layer.dense || lambdaDense === lambda) return fed;
  return lambda > 0 ? mul(fed, lambdaDense / lambda) : fixed(lambdaDense);
}

/** δ at each band, [1 × bands]. */
function thresholds(norms: Value, layer: GroupedLayer, step: StepContext, clipping: Clipping): Value {
  const { mean = "all" } = clipping;
  const clip = clipOf(clipping, layer);
  if (mean === "all") {
    const groups = (position: number) =>
      layer.grid.columns * layer.bands.filter((band) => band.position === position).length;
    return sumOverPositions(norms, layer, (position) => clip / groups(position));
  }
  const magnitudes = sumOverGroups(abs(step.builder.value(layer.multiplied)), layer);
  const alive = cast(greater(magnitudes, 0), norms.dtype);
  const count = maximum(sumOverPositions(alive, layer), 1);
  return mul(div(sumOverPositions(mul(norms, alive), layer), count), clip);
}

/**
 * Σ λ · min(‖W_g‖, δ) over the groups of a layer, a scalar; without δ nothing is clipped.
 * @param norms [columns × bands]
 * @param lambdas [bands]
 * @param delta [1 × bands]
 */
export function layerPenalty(norms: Value, lambdas: Value, delta: Value | undefined): Value {
  // Of equal operands the first gets the gradient: a norm at its threshold is not shrunk.
  return total(mul(delta ? minimum(delta, norms) : norms, lambdas));
}

/**
 * What every group is to be multiplied with to reach the minimiser of ½(x − τ)² + λ · min(x, δ) (spec 2.4).
 * @param norms [columns × bands] τ
 * @param shrink [bands] λ times the learning rate
 * @param delta [1 × bands]
 */
export function proximalFactors(norms: Value, shrink: Value, delta: Value | undefined): Value {
  // A norm of 0 is not above `shrink`; the bound keeps the quotient finite there.
  const soft = masked(greater(norms, shrink), div(sub(norms, shrink), maximum(norms, 1e-12)));
  if (!delta) return soft;
  const half = mul(shrink, 0.5);
  const clipped = where(greater(norms, add(delta, half)), 1, soft);
  const hard = cast(greater(norms, sqrt(mul(mul(delta, shrink), 2))), norms.dtype);
  return where(less(delta, half), hard, clipped);
}
