import * as z from "zod";
import { widestWeight } from "../compress/quantize/weights.js";
import { widestConverter } from "../hardware/types.js";

// The forms that a recipe's values take. Each message is the way out that a person reads: what the value may be.

/** What an unknown key's message is split by: zod hands no other list of the keys that there are. */
export const keySeparator = ", ";

export const object = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? Object.keys(shape).join(keySeparator)
        : `give the keys ${Object.keys(shape).join(keySeparator)}`,
  });

export const text = (error: string) => z.string({ error }).min(1, { error });

export const whole = (low: number, high: number) => {
  const error = `choose a whole number from ${low} to ${high}`;
  return z.int({ error }).min(low, { error }).max(high, { error });
};

export const oneOf = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, {
    error: `choose ${values.length === 1 ? values[0] : `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`}`,
  });

/** A whole number or a word that stands for null. */
export const wholeOr = <W extends string>(low: number, high: number, word: W) => {
  const error = `choose a whole number from ${low} to ${high}, or ${word}`;
  // Of a union zod reports only the alternative that came furthest: each has to say the whole.
  const number = z.int({ error }).min(low, { error }).max(high, { error });
  return z.union([number, z.literal(word), z.null()], { error });
};

/** A finite number between two bounds, both allowed. */
export const between = (low: number, high: number) => {
  const error = `choose a number from ${low} to ${high}`;
  return z.number({ error }).min(low, { error }).max(high, { error });
};

/** A number above 0. */
export const positive = (high: number) => {
  const error = `choose a number above 0, at most ${high}`;
  return z.number({ error }).gt(0, { error }).max(high, { error });
};

export const numberOr = <W extends string>(schema: z.ZodNumber, hint: string, word: W) => {
  const error = `${hint}, or ${word}`;
  return z.union([schema, z.literal(word), z.null()], { error });
};

export const yesNo = z.boolean({ error: "choose true or false" });

/** No data set that can be read here has more images. */
export const mostImages = 10_000_000;
export const mostLines = 65_535;
export const images = whole(1, mostImages);
export const bits = whole(2, 8);
/** Those of weights that are quantised without training. */
export const weightBits = whole(2, widestWeight);
/** Of a chip of digital composition at most 12, which is looked at when the chip is known. */
export const adcWidth = wholeOr(1, widestConverter("analog"), "ideal");
