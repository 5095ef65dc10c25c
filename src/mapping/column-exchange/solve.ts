import { randomFor } from "../../random.js";
import { type BlockLines, blockLines, type ColumnBits } from "./bits.js";
import { gramMatrix } from "./gram.js";
import { searchedGroups } from "./local-search.js";
import { densityGroups, type Grouping, greedyGroups, identityGroups, kMeansGroups } from "./strategies.js";
import type { ExchangeSettings, Room, Strategy } from "./types.js";
import { isBetter, useOfGroups } from "./use.js";

/** One block, ready to be solved by itself, on any thread: plain data. */
export interface BlockTask {
  readonly bits: ColumnBits;
  readonly room: Room;
  readonly settings: ExchangeSettings;
  readonly seed: number;
  /** Names the block's stream of chance, with the seed: matrix and number. */
  readonly name: readonly [string, number];
}

/** The groups of a block, in the block's own columns, end to end. */
export interface BlockResult {
  /** [groups + 1] */
  readonly starts: Int32Array;
  readonly columns: Int32Array;
}

/** Solves one block; the same wherever it runs. */
export function solveBlock(task: BlockTask): BlockResult {
  const groups = solvedGroups(task);
  const starts = new Int32Array(groups.length + 1);
  for (const [g, group] of groups.entries()) starts[g + 1] = starts[g]! + group.length;
  const columns = new Int32Array(starts[groups.length]!);
  for (const [g, group] of groups.entries()) columns.set(group, starts[g]!);
  return { starts, columns };
}

/** Every strategy ends with the same local search, so that "auto" is never worse than any of them. */
function solvedGroups(task: BlockTask): Grouping {
  const { bits, room, settings } = task;
  const lines = blockLines(bits);
  let best: Grouping | undefined;
  for (const groups of candidates(settings.strategy, task, lines)) {
    const searched = searchedGroups(bits, groups, room, settings.searchPasses, lines);
    if (!best || isBetter(useOfGroups(bits, searched, room), useOfGroups(bits, best, room))) best = searched;
  }
  return best!;
}

function* candidates(strategy: Strategy, task: BlockTask, lines: BlockLines): Generator<Grouping> {
  const { bits, room, settings } = task;
  switch (strategy) {
    case "identity":
      yield identityGroups(bits, room.columns, lines);
      return;
    case "density-sort":
      yield densityGroups(bits, room.columns, lines);
      return;
    case "greedy-union":
      yield greedyGroups(bits, room.columns, lines);
      return;
    case "k-means": {
      const random = randomFor(task.seed, "column exchange", ...task.name);
      const gram = gramMatrix(bits, lines);
      for (let run = 0; run < settings.runs; run++)
        yield kMeansGroups(bits, room.columns, settings.restarts, random.split(), lines, gram);
      return;
    }
    case "auto":
      for (const each of ["identity", "density-sort", "greedy-union", "k-means"] as const)
        yield* candidates(each, task, lines);
  }
}
