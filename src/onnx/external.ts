import { InputError } from "../errors.js";
import type { StringStringEntryProto } from "./generated/onnx_pb.js";
import { quote } from "./text.js";

/** How often over a file may be read: a few tensors may share their elements, thousands are an attack. */
const mostReadings = 4;

/** The files beside a model that hold its tensors. Each is asked for once. */
export class ExternalFiles {
  readonly #files = new Map<string, { readonly bytes: Uint8Array; taken: number }>();

  /** @param read absent: models with external data are refused */
  constructor(readonly read: ((location: string) => Uint8Array) | undefined) {}

  /** The part of a file that holds one tensor; a view, not a copy. */
  part(entries: readonly StringStringEntryProto[], thing: string): Uint8Array {
    const values = new Map(entries.map(({ key, value }) => [key, value]));
    const location = values.get("location") ?? "";
    const file = this.#open(location, thing);
    const { bytes } = file;
    const offset = byteNumber(values.get("offset"), 0, `offset of ${thing}`);
    const length = byteNumber(values.get("length"), bytes.length - offset, `length of ${thing}`);
    if (offset > bytes.length || offset + length > bytes.length) {
      const part =
        offset > bytes.length ? `starts at byte ${offset}` : `lies at bytes ${offset} to ${offset + length}`;
      throw new InputError(`${thing} ${part} of ${quote(location)}, which has ${bytes.length}`, {
        hint: "the external file is incomplete or belongs to another model",
      });
    }
    file.taken += length;
    if (file.taken > mostReadings * bytes.length) {
      throw new InputError(
        `${thing} is one of many that lie at the same bytes of ${quote(location)}, ${mostReadings} times its size in all`,
        { hint: "the file is damaged; export it again" },
      );
    }
    return bytes.subarray(offset, offset + length);
  }

  #open(location: string, thing: string): { readonly bytes: Uint8Array; taken: number } {
    if (!isSafeLocation(location)) {
      throw new InputError(`${thing} is stored outside the model at ${quote(location)}`, {
        hint: "external data must be a relative path inside the model's own folder",
      });
    }
    if (!this.read) {
      throw new InputError(
        `${thing} is stored outside the model in ${quote(location)}, which was not given`,
        {
          hint: "keep that file beside the model, or save the model with its data inside",
        },
      );
    }
    let file = this.#files.get(location);
    if (!file) {
      file = { bytes: this.read(location), taken: 0 };
      this.#files.set(location, file);
    }
    return file;
  }
}

/** A relative path that stays in the model's folder, whichever system reads it. */
export function isSafeLocation(location: string): boolean {
  if (location === "" || location.includes("\0") || /^([/\\]|[A-Za-z][A-Za-z0-9+.-]*:)/.test(location))
    return false;
  return !location.split(/[/\\]/).includes("..");
}

function byteNumber(text: string | undefined, absent: number, thing: string): number {
  if (text === undefined) return absent;
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InputError(`the ${thing} is ${quote(text)}, which is not a number of bytes`);
  }
  return value;
}
