import { add, maximum, minimum, mul, sub, total, type Value } from "../../autodiff/index.js";
import { InputError } from "../../errors.js";
import type { Graph } from "../../graph/types.js";
import { trainableParameters } from "../../train/parameters.js";
import type { LoopAddition } from "../../train/stage.js";
import type { StepContext } from "../../train/step.js";

export interface AlphaTrainingOptions {
  /**
   * Strength of the L2 pull: pull · Σ alpha² joins the loss, with its gradient 2 · pull · alpha. The published code
   * adds the same term from a detached scalar, so that there it moves nothing (spec 2.5). Default: 0.01.
   */
  readonly pull?: number;
  /** The largest change of an alpha in one step, as a part of it; above 0, below 1. Default: 0.02. */
  readonly largestChange?: number;
  /** An alpha stays within its starting value divided by and times this; above 1. Default: 100. */
  readonly span?: number;
}

/**
 * Keeps the learnt ranges of Pact alive. The gradient of an alpha is a sum over every clipped element of a batch, often
 * more than a million of them, while the alpha is one number near 1. One step of the optimiser can take it below zero,
 * where no activation lies between 0 and alpha, so that no gradient reaches the layers before it; or so far up that
 * every code is zero. So, behind the optimiser's update u of an alpha a:
 *
 *     a' = clip(u, a · (1 − c), a · (1 + c)), then clip(a', a₀ / span, a₀ · span)        c = largestChange
 *
 * A range is a scale, whose changes count in proportion: bounding the relative change is a trust region on log a
 * (docs/sources.md#jain2020 trains the logarithm itself). Where the optimiser asks for less than c, nothing is changed:
 * small steps follow the gradient exactly. By the first bound an alpha stays above zero whatever the gradient is; the
 * second keeps it from running away during thousands of bad steps, so that once the gradient turns it is back from the
 * farthest in ln(span) / c steps (230 by default), besides those that the optimiser's own momentum takes to turn. A
 * gradient that is no number is not hidden: the alpha becomes NaN, and the loop stops.
 *
 * The bounds are those of the network that the step is made from. Weight decay does not apply to alphas, which have
 * no dimension (`StepOptions.weightDecay`), unless its own `excludes` lets them in; the pull is theirs.
 * @param graph the network in training
 */
export function alphaTraining(graph: Graph, options: AlphaTrainingOptions = {}): LoopAddition {
  const { pull = 0.01, largestChange = 0.02, span = 100 } = options;
  if (!(pull >= 0 && Number.isFinite(pull)))
    throw new InputError(`the pull on alphas is ${pull}`, { hint: "give 0 or more, such as 0.01" });
  if (!(largestChange > 0 && largestChange < 1))
    throw new InputError(`the largest change of an alpha is ${largestChange}`, {
      hint: "give a part of it between 0 and 1, such as 0.02",
    });
  if (!(span > 1 && Number.isFinite(span)))
    throw new InputError(`the span of alphas is ${span}`, { hint: "give a number above 1, such as 100" });
  const ranges = trainableParameters(graph).filter(({ kind }) => kind === "range");
  const penalty = ({ parameter }: StepContext): Value => {
    const squares = ranges.map(({ name }) => total(mul(parameter(name), parameter(name))));
    return mul(
      squares.reduce((sum, square) => add(sum, square)),
      pull,
    );
  };
  return {
    ...(pull > 0 && ranges.length > 0 ? { penalties: { alpha: penalty } } : {}),
    afterUpdate: ({ kind, name, value }, updated, { parameter }) => {
      if (kind !== "range") return updated;
      const before = parameter(name);
      const change = mul(before, largestChange);
      const near = minimum(maximum(updated, sub(before, change)), add(before, change));
      const start = value.data[0]!;
      return minimum(maximum(near, start / span), start * span);
    },
  };
}
