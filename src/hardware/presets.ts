import { InputError, nearest } from "../errors.js";
import { analytic } from "./presets/analytic.js";
import { isaac } from "./presets/isaac.js";
import { lin2019 } from "./presets/lin2019.js";
import { meng2021 } from "./presets/meng2021.js";
import { neurosimReference } from "./presets/neurosim-reference.js";
import { prime } from "./presets/prime.js";
import type { HardwareSpec } from "./types.js";

/** The chips that come with the program, one per publication, by name. */
export const hardwarePresets: Readonly<Record<string, HardwareSpec>> = {
  meng2021,
  isaac,
  prime,
  [analytic.name]: analytic,
  [neurosimReference.name]: neurosimReference,
  lin2019,
};

/** The preset of that name. @throws InputError that names the nearest preset and all of them */
export function findHardware(name: string): HardwareSpec {
  const names = Object.keys(hardwarePresets);
  if (names.includes(name)) return hardwarePresets[name]!;
  const near = nearest(name, names);
  throw new InputError(`hardware is "${name}", which is no preset`, {
    hint: `${near ? `did you mean "${near}"? ` : ""}there are: ${names.join(", ")}`,
  });
}
