import type { NodeProto } from "./generated/onnx_pb.js";

/** A name from a file as an error message shows it: quoted, and cut where it would fill the screen. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);
}

/** The first few of many, for a message. */
export function listed(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map(quote).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** A node as error messages show it, by its own name or its first output's. */
export const nodeLabel = ({ opType, name, output }: NodeProto): string =>
  `${opType === "" ? "a nameless operator's" : opType.slice(0, 80)} node ${quote(name || (output[0] ?? ""))}`;

/** The wanted name, numbered where it is taken. */
export function unusedName(wanted: string, used: ReadonlySet<string>): string {
  let name = wanted;
  for (let i = 2; used.has(name); i++) name = `${wanted}_${i}`;
  return name;
}
