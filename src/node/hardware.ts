import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { InputError } from "../errors.js";
import { findHardware, resolveHardware } from "../hardware/index.js";
import type { HardwareSpec } from "../hardware/types.js";

/** A chip's description from a JSON or YAML file. @throws InputError naming the file and what is wrong in it */
export function readHardwareFile(path: string): HardwareSpec {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new InputError(`hardware file ${path} cannot be read`, {
      hint: "give a preset's name (`xbarkit list hardware`) or the path of a hardware file",
      cause,
    });
  }
  try {
    return resolveHardware(parse(text));
  } catch (cause) {
    if (cause instanceof InputError)
      throw new InputError(`${path}: ${cause.message}`, cause.hint ? { hint: cause.hint } : {});
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`${path} is no valid YAML: ${message}`, { hint: "write it as YAML or JSON", cause });
  }
}

/** A preset's name, or the path of a hardware file. @throws InputError where it is neither */
export const hardwareNamed = (nameOrPath: string): HardwareSpec =>
  /[./\\]/.test(nameOrPath) ? readHardwareFile(nameOrPath) : findHardware(nameOrPath);
