import { add, cast, div, mul, pow, sqrt, sub, type Value } from "../autodiff/index.js";
import { InputError } from "../errors.js";

/** Stochastic gradient descent (Sutskever et al. 2013, in PyTorch's form). */
export interface SgdOptions {
  readonly kind: "sgd";
  /** Default 0. */
  readonly momentum?: number;
  readonly nesterov?: boolean;
}

/** Kingma and Ba 2015; with `decoupled` the weight decay of Loshchilov and Hutter 2019 (AdamW). */
export interface AdamOptions {
  readonly kind: "adam";
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  readonly decoupled?: boolean;
}

export type OptimizerOptions = SgdOptions | AdamOptions;

/** What an optimiser remembers of a parameter between steps: zeros of its shape at first. */
export type Slot = "momentum" | "first" | "second";

export interface Update {
  readonly parameter: Value;
  readonly slots: ReadonlyMap<Slot, Value>;
}

export interface Optimizer {
  readonly slots: readonly Slot[];
  /**
   * @param rate the learning rate, a scalar
   * @param steps how many steps there have been, this one included; a scalar of f64
   */
  readonly update: (
    parameter: Value,
    gradient: Value,
    decay: number,
    slot: (slot: Slot) => Value,
    rate: Value,
    steps: Value,
  ) => Update;
}

/** @throws InputError where a setting is outside its range */
export function createOptimizer(options: OptimizerOptions): Optimizer {
  return options.kind === "sgd" ? sgd(options) : adam(options);
}

/** v ← momentum · v + g; w ← w − rate · v, or with Nesterov rate · (g + momentum · v). Decay adds decay · w to g. */
function sgd({ momentum = 0, nesterov = false }: SgdOptions): Optimizer {
  fraction("momentum", momentum);
  if (nesterov && momentum === 0)
    throw new InputError("nesterov is on and momentum is 0", { hint: "give a momentum such as 0.9" });
  return {
    slots: momentum === 0 ? [] : ["momentum"],
    update: (parameter, gradient, decay, slot, rate) => {
      const g = decayed(gradient, parameter, decay);
      if (momentum === 0) return { parameter: sub(parameter, mul(g, rate)), slots: new Map() };
      const velocity = add(mul(slot("momentum"), momentum), g);
      const direction = nesterov ? add(g, mul(velocity, momentum)) : velocity;
      return { parameter: sub(parameter, mul(direction, rate)), slots: new Map([["momentum", velocity]]) };
    },
  };
}

/** w ← w − rate · m̂ / (√v̂ + epsilon), the means of g and g² being corrected for starting at 0. */
function adam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decoupled = false }: AdamOptions): Optimizer {
  fraction("beta1", beta1);
  fraction("beta2", beta2);
  if (!(epsilon > 0)) throw new InputError(`epsilon is ${epsilon}`, { hint: "give a number above 0" });
  return {
    slots: ["first", "second"],
    update: (parameter, gradient, decay, slot, rate, steps) => {
      const g = decoupled ? gradient : decayed(gradient, parameter, decay);
      const first = add(mul(slot("first"), beta1), mul(g, 1 - beta1));
      const second = add(mul(slot("second"), beta2), mul(mul(g, g), 1 - beta2));
      // In double precision: 1 − beta2 has few digits left in single.
      const corrected = (mean: Value, beta: number) => div(mean, cast(sub(1, pow(beta, steps)), mean.dtype));
      const deviation = add(sqrt(corrected(second, beta2)), epsilon);
      const step = mul(div(corrected(first, beta1), deviation), rate);
      const kept = decoupled && decay !== 0 ? sub(parameter, mul(mul(parameter, rate), decay)) : parameter;
      return {
        parameter: sub(kept, step),
        slots: new Map([
          ["first", first],
          ["second", second],
        ]),
      };
    },
  };
}

const decayed = (gradient: Value, parameter: Value, decay: number): Value =>
  decay === 0 ? gradient : add(gradient, mul(parameter, decay));

function fraction(name: string, value: number): void {
  if (!(value >= 0 && value < 1))
    throw new InputError(`${name} is ${value}`, { hint: "give a number from 0 to below 1" });
}
