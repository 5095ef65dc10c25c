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

/** Colours that stay apart in every common kind of colour blindness (Okabe and Ito, "Color universal design", 2008). */
const apart = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#8c6d31"] as const;

/** Colours for a few lines or bars side by side, in their order; viridis takes over where they are too many. */
export function seriesColours(count: number): readonly string[] {
  if (count <= 2) return [colours.main, colours.wasted].slice(0, count);
  if (count <= apart.length) return apart.slice(0, count);
  return [...colourScale(Array.from({ length: count }, (_, i) => String(i))).values()];
}
