import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { CheckpointStore } from "../../train/checkpoint.js";
import { readFileOrExplain, removeTorn, writeAtomic } from "../files.js";

export interface CheckpointFile extends CheckpointStore {
  /** Deletes it: the stage is done and its network saved. */
  readonly clear: () => Promise<void>;
}

/**
 * One training's checkpoint on disk. A process that dies while it writes leaves the checkpoint before, and a torn file
 * beside it, which the next `load` removes. One process at a time may use it.
 */
export const checkpointFile = (path: string): CheckpointFile => ({
  name: path,
  load: async () => {
    await removeTorn(path);
    return existsSync(path) ? readFileOrExplain(path, "the checkpoint") : null;
  },
  save: (bytes) => writeAtomic(path, bytes),
  clear: async () => {
    await rm(path, { force: true });
    await removeTorn(path);
  },
});
