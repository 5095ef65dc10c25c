/** What a stage passes on: the time it took and the slope of its output, in supplies per second. */
export interface Edge {
  readonly delay_s: number;
  readonly slope_per_s: number;
}

/** An edge without a slope of its own. */
export const step: Edge = { delay_s: 0, slope_per_s: Number.POSITIVE_INFINITY };

const switchPoint = 0.5;
const transconductance = 0.5;

/**
 * Delay of a gate of time constant τ behind a finite edge, switching at half the supply:
 * t = τ · √(ln²v + 2 β (1 − v) / (slope · τ)), with v = β = ½. A step gives τ · ln 2.
 * Source: docs/sources.md#horowitz1984, as in docs/sources.md#cacti.
 */
export function behind(input: Edge, tau_s: number): Edge {
  const slow = 1 / (input.slope_per_s * tau_s);
  const delay_s =
    tau_s * Math.sqrt(Math.log(switchPoint) ** 2 + 2 * transconductance * (1 - switchPoint) * slow);
  return { delay_s, slope_per_s: (1 - switchPoint) / delay_s };
}

/** Stages one behind another: the sum of their delays, and the last slope. */
export function chain(input: Edge, taus_s: readonly number[]): Edge {
  let edge = input;
  let delay_s = 0;
  for (const tau_s of taus_s) {
    edge = behind(edge, tau_s);
    delay_s += edge.delay_s;
  }
  return { delay_s, slope_per_s: edge.slope_per_s };
}
