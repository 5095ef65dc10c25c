import { InputError } from "../errors.js";
import { findHardware, type HardwareOverrides, type HardwareSpec, withOverrides } from "../hardware/index.js";
import type { HardwareRecipe } from "./types.js";

/**
 * The chip that a recipe describes.
 * @param readFile reads a hardware file, where the base is the path of one
 * @throws InputError where there is no such preset, or the changes do not fit it
 */
export function hardwareFor(recipe: HardwareRecipe, readFile?: (path: string) => HardwareSpec): HardwareSpec {
  const { base, adcBits, ...rest } = recipe;
  const isFile = /[/\\]|\.(json|ya?ml)$/i.test(base);
  if (isFile && !readFile) {
    throw new InputError(`hardware.base is ${base}, but files cannot be read here`, {
      hint: "name a preset",
    });
  }
  const spec = isFile ? readFile!(base) : findHardware(base);
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
  const overrides: HardwareOverrides = {
    ...given,
    ...(adcBits === null ? {} : { adcBits: adcBits === "ideal" ? null : adcBits }),
  };
  return Object.keys(overrides).length === 0 ? spec : withOverrides(spec, overrides);
}
