import { interpolateViridis, schemeTableau10 } from "d3-scale-chromatic";

/** Blue and orange stay apart in every common kind of colour blindness, and in grey. */
export const colours = {
  main: schemeTableau10[0]!,
  occupied: schemeTableau10[0]!,
  wasted: schemeTableau10[1]!,
  empty: "var(--empty)",
  rest: "var(--muted)",
} as const;

/**
 * One colour per name in the order given. Steps of viridis differ in lightness as well as in hue, so neighbours in a
 * stack can be told apart without seeing hue; its ends are left out, they vanish on a dark and on a white page.
 */
export function colourScale(names: readonly string[]): ReadonlyMap<string, string> {
  const last = Math.max(1, names.length - 1);
  return new Map(names.map((name, i) => [name, interpolateViridis(0.1 + (0.85 * i) / last)]));
}
