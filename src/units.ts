/** SI inside, everywhere; these turn published figures into SI and SI into what a person reads. */
export const nano = 1e-9;
export const pico = 1e-12;

export const um2 = (value: number): number => value * 1e-12;
export const ns = (value: number): number => value * 1e-9;
export const pJ = (value: number): number => value * 1e-12;
export const uW = (value: number): number => value * 1e-6;
export const uS = (value: number): number => value * 1e-6;

/** The unit suffixes that a key of a cost or hardware value may carry, SI case kept (mS is not MS). */
export const unitSuffixes = ["J", "s", "m2", "m", "W", "S", "V", "A", "ohm", "F", "Hz", "bit"] as const;

const prefixes: readonly (readonly [number, string])[] = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
  [1, ""],
  [1e-3, "m"],
  [1e-6, "µ"],
  [1e-9, "n"],
  [1e-12, "p"],
  [1e-15, "f"],
];

/** 3.2e-7 and "J" become "320 nJ"; four significant digits. Areas want {@link formatArea}. */
export function formatSi(value: number, unit: string): string {
  if (value === 0 || !Number.isFinite(value)) return `${value} ${unit}`;
  const [factor, prefix] =
    prefixes.find(([f]) => Math.abs(value) >= f * 0.99995) ?? prefixes[prefixes.length - 1]!;
  return `${trimNumber(value / factor)} ${prefix}${unit}`;
}

/** Square metres as mm² or µm², whichever reads better. */
export function formatArea(area_m2: number): string {
  return Math.abs(area_m2) >= 1e-8 ? `${trimNumber(area_m2 * 1e6)} mm²` : `${trimNumber(area_m2 * 1e12)} µm²`;
}

function trimNumber(value: number): string {
  return Number(value.toPrecision(4)).toString();
}
