import { InputError } from "../errors.js";

/**
 * How the learning rate goes, as plain data. Steps count from 0; a step may stand for a batch or an epoch.
 * "step": times `factor` at each milestone. "cosine": from `rate` to `end` along half a cosine over `steps`
 * (Loshchilov and Hutter 2017). "oneCycle": up from rate / `startDivisor` to `rate` during the first `rise` of the
 * steps, then down to that start / `endDivisor`, each along half a cosine (Smith and Topin 2018, in PyTorch's form).
 * `warmUp`: during the first so many steps the schedule's rate times (step + 1) / (warmUp + 1).
 */
export type Schedule = { readonly rate: number; readonly warmUp?: number } & (
  | { readonly kind: "constant" }
  | {
      readonly kind: "step";
      readonly milestones: readonly number[];
      readonly factor: number | readonly number[];
    }
  | { readonly kind: "cosine"; readonly steps: number; readonly end?: number }
  | {
      readonly kind: "oneCycle";
      readonly steps: number;
      /** Default 0.3. */
      readonly rise?: number;
      /** Default 25. */
      readonly startDivisor?: number;
      /** Default 10⁴. */
      readonly endDivisor?: number;
    }
);

/**
 * The learning rate of every step, a pure function of it; beyond the end of a schedule its last rate.
 * @throws InputError where a setting is outside its range
 */
export function schedule(options: Schedule): (step: number) => number {
  const { rate, warmUp = 0 } = options;
  if (!(Number.isFinite(rate) && rate > 0)) throw refusal("rate", rate, "give a number above 0");
  if (!(Number.isInteger(warmUp) && warmUp >= 0))
    throw refusal("warmUp", warmUp, "give a whole number from 0");
  const plain = unwarmed(options);
  return (step) => plain(step) * (step < warmUp ? (step + 1) / (warmUp + 1) : 1);
}

function unwarmed(options: Schedule): (step: number) => number {
  switch (options.kind) {
    case "constant":
      return () => options.rate;
    case "step":
      return milestones(options);
    case "cosine": {
      const { rate, end = 0 } = options;
      if (!(end >= 0 && end <= rate)) throw refusal("end", end, `give 0 to the rate, ${rate}`);
      const steps = stepCount(options.steps);
      return (step) => between(rate, end, step / steps);
    }
    case "oneCycle":
      return oneCycle(options);
  }
}

function milestones({ rate, milestones: at, factor }: Extract<Schedule, { kind: "step" }>) {
  const factors = typeof factor === "number" ? at.map(() => factor) : factor;
  if (factors.length !== at.length)
    throw new InputError(`the schedule has ${at.length} milestones and ${factors.length} factors`, {
      hint: "give one factor, or one for each milestone",
    });
  for (const one of factors) if (!(one > 0)) throw refusal("factor", one, "give a number above 0");
  const rates = [rate];
  for (const [i, milestone] of at.entries()) {
    const least = i === 0 ? 0 : at[i - 1]! + 1;
    if (!(Number.isInteger(milestone) && milestone >= least))
      throw refusal("milestone", milestone, "give whole numbers from 0 that grow");
    rates.push(rates[i]! * factors[i]!);
  }
  return (step: number) => rates[at.filter((milestone) => step >= milestone).length]!;
}

function oneCycle(options: Extract<Schedule, { kind: "oneCycle" }>) {
  const { rate, rise = 0.3, startDivisor = 25, endDivisor = 1e4 } = options;
  const steps = stepCount(options.steps);
  if (!(rise > 0 && rise < 1)) throw refusal("rise", rise, "give a part of the steps between 0 and 1");
  for (const [name, divisor] of Object.entries({ startDivisor, endDivisor }))
    if (!(divisor >= 1)) throw refusal(name, divisor, "give a number from 1");
  const start = rate / startDivisor;
  const end = start / endDivisor;
  const last = steps - 1;
  const top = rise * steps - 1;
  return (step: number) => {
    if (step < top) return between(start, rate, step / top);
    return between(rate, end, last > top ? (step - top) / (last - top) : 1);
  };
}

/** From a to b along half a cosine; before and behind it the ends. */
function between(a: number, b: number, part: number): number {
  const at = Math.min(1, Math.max(0, part));
  return b + ((a - b) * (1 + Math.cos(Math.PI * at))) / 2;
}

function stepCount(steps: number): number {
  if (Number.isInteger(steps) && steps >= 1) return steps;
  throw refusal("number of steps", steps, "give a whole number from 1");
}

const refusal = (what: string, value: number, hint: string): InputError =>
  new InputError(`the schedule's ${what} is ${value}`, { hint });
