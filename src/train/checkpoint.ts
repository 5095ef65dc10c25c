import { InputError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import type { CurvePoint, Json, JsonRecord } from "./stage.js";
import { decodeTensors, encodeTensors, type FileKind } from "./tensor-file.js";

/** Where one training keeps its checkpoint; saving replaces what was there, all of it or nothing. */
export interface CheckpointStore {
  /** What errors call the checkpoint: a path. */
  readonly name: string;
  /** What was saved last; null where nothing was. */
  readonly load: () => Promise<Uint8Array | null>;
  readonly save: (bytes: Uint8Array) => Promise<void>;
}

/** Sums over the steps since the last look, added one step after another. */
export interface IntervalSums {
  readonly steps: number;
  readonly loss: number;
  /** Images classified correctly. */
  readonly correct: number;
  readonly penalties: Readonly<Record<string, number>>;
}

/** Everything that the steps still to come depend on, besides what the training was started with. */
export interface Moment {
  /** Steps done. */
  readonly step: number;
  /** By the names of the step's inputs. */
  readonly state: ReadonlyMap<string, Tensor>;
  readonly controller: Json;
  readonly points: readonly CurvePoint[];
  readonly sums: IntervalSums;
  /** The look with the best validation accuracy so far and the parameters of that moment, where they are wanted. */
  readonly best: {
    readonly step: number;
    readonly accuracy: number;
    readonly parameters: ReadonlyMap<string, Tensor>;
  } | null;
}

const kind: FileKind = {
  magic: "XBCK",
  version: 1,
  what: "checkpoint",
  hint: "delete it to begin this stage anew",
};

interface Header extends Omit<Moment, "state" | "best"> {
  readonly identity: JsonRecord;
  /** The first so many tensors are the state; the others are the best parameters. */
  readonly slots: number;
  readonly best: { readonly step: number; readonly accuracy: number } | null;
}

/** @param identity what the training was started with: a checkpoint is refused where a part of it differs */
export function encodeCheckpoint(identity: JsonRecord, moment: Moment): Uint8Array {
  const { state, best, ...rest } = moment;
  const header: Header = {
    ...rest,
    identity,
    slots: state.size,
    best: best && { step: best.step, accuracy: best.accuracy },
  };
  return encodeTensors(kind, header, [...state, ...(best?.parameters ?? [])]);
}

/**
 * Reads what {@link encodeCheckpoint} wrote.
 * @param file what errors call these bytes
 * @throws InputError where they are of another kind or version, damaged, or of a training with another identity
 */
export function decodeCheckpoint(identity: JsonRecord, bytes: Uint8Array, file: string): Moment {
  const { header, tensors } = decodeTensors(kind, bytes, file);
  const { identity: theirs, slots, best, ...rest } = header as Header;
  const keys = [...new Set([...Object.keys(identity), ...Object.keys(theirs)])];
  const differing = keys.filter((key) => JSON.stringify(identity[key]) !== JSON.stringify(theirs[key]));
  if (differing.length > 0)
    throw new InputError(`${file} is the checkpoint of another training: not the same ${list(differing)}`, {
      hint: "go on with what it was started with, or delete it to begin this stage anew",
    });
  return {
    ...rest,
    state: new Map(tensors.slice(0, slots)),
    best: best && { ...best, parameters: new Map(tensors.slice(slots)) },
  };
}

const list = (words: readonly string[]): string =>
  words.length === 1 ? words[0]! : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
