import { InputError, nearest } from "../errors.js";

/**
 * Settings of single layers name them by their nodes.
 * @param what the setting, for the message
 * @param layers names of the layers that it can be given for
 * @throws InputError for a name that is none of them
 */
export function checkLayerNames(what: string, named: readonly string[], layers: readonly string[]): void {
  for (const name of named) {
    if (layers.includes(name)) continue;
    const near = nearest(name, layers);
    throw new InputError(`${what} is given for "${name}", which is no such layer of this network`, {
      hint: near ? `did you mean "${near}"?` : `there are ${layers.join(", ")}`,
    });
  }
}
