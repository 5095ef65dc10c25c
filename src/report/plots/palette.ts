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
 * Colours of lines and points that are told apart by hue, on a white page and on a dark one, also by those who do not
 * see all hues. Source: M. Okabe and K. Ito, Color Universal Design, 2008.
 */
export const lineColours: readonly string[] = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#e69f00",
];

/** Two colours for two things that are held against each other. */
export const pairColours: readonly [string, string] = [schemeTableau10[0]!, schemeTableau10[1]!];

/**
 * One colour per name in the order given. Steps of viridis differ in lightness as well as in hue, so neighbours in a
 * stack can be told apart without seeing hue; its ends are left out, they vanish on a dark and on a white page.
 */
export function colourScale(names: readonly string[]): ReadonlyMap<string, string> {
  const last = Math.max(1, names.length - 1);
  return new Map(names.map((name, i) => [name, interpolateViridis(0.1 + (0.85 * i) / last)]));
}

/** Colours for a few lines or bars side by side, in their order; viridis takes over where they are too many. */
export function seriesColours(count: number): readonly string[] {
  if (count <= 2) return pairColours.slice(0, count);
  if (count <= lineColours.length) return lineColours.slice(0, count);
  return [...colourScale(Array.from({ length: count }, (_, i) => String(i))).values()];
}
