import type { ArrayProgram, ArrayRead, DummyColumns } from "../types.js";

/** Columns of one row group of a matrix: arrays that stand side by side are driven by the same inputs. */
export interface RowGroup {
  readonly inputs: Int32Array;
  readonly reads: readonly ArrayRead[];
  readonly columns: number;
}

/** Reads with the same inputs, put together. */
export function rowGroups(program: ArrayProgram): RowGroup[] {
  const groups: { inputs: Int32Array; reads: ArrayRead[]; columns: number }[] = [];
  const known = new Map<string, number[]>();
  for (const read of program.reads) {
    const { inputs } = read;
    const key = `${inputs.length} ${inputs[0]} ${inputs.at(-1)}`;
    const same = known.get(key) ?? [];
    known.set(key, same);
    const found = same.find((g) => groups[g]!.inputs.every((row, i) => row === inputs[i]));
    if (found === undefined) {
      same.push(groups.length);
      groups.push({ inputs, reads: [read], columns: read.columns });
    } else {
      groups[found]!.reads.push(read);
      groups[found]!.columns += read.columns;
    }
  }
  return groups;
}

/** How often a row group serves each of its outputs. */
export function servedOutputs(group: RowGroup): Map<number, number> {
  const times = new Map<number, number>();
  for (const { served } of group.reads)
    for (const output of served) times.set(output, (times.get(output) ?? 0) + 1);
  return times;
}

/** Dummy columns of a row group that give the same codes, and how often they are taken off each output. */
export function dummiesOf(group: RowGroup): { dummy: DummyColumns; times: Map<number, number> }[] {
  const found = new Map<string, { dummy: DummyColumns; times: Map<number, number> }>();
  for (const { dummy, served } of group.reads) {
    if (!dummy) continue;
    const key = `${dummy.cell} ${dummy.idealPerLine} ${dummy.gain.join(" ")}`;
    const entry = found.get(key) ?? { dummy, times: new Map<number, number>() };
    found.set(key, entry);
    for (const output of served) entry.times.set(output, (entry.times.get(output) ?? 0) + 1);
  }
  return [...found.values()];
}

/**
 * The inputs of all row groups that serve an output are summed for the digital offset. Outputs that the same groups
 * serve share a sum.
 * @returns the row of each output, −1 for one that nothing serves, and each row's (group, times)
 */
export function drivenRows(
  groups: readonly RowGroup[],
  outputs: number,
): { rowOf: Int32Array; rows: [group: number, times: number][][] } {
  const served: [number, number][][] = Array.from({ length: outputs }, () => []);
  for (const [g, group] of groups.entries())
    for (const [output, times] of servedOutputs(group)) served[output]!.push([g, times]);
  const rowOf = new Int32Array(outputs).fill(-1);
  const rows: [number, number][][] = [];
  const known = new Map<string, number>();
  for (const [output, list] of served.entries()) {
    if (list.length === 0) continue;
    const key = list.join(" ");
    let row = known.get(key);
    if (row === undefined) {
      row = rows.length;
      known.set(key, row);
      rows.push(list);
    }
    rowOf[output] = row;
  }
  return { rowOf, rows };
}
