/*
 * Packed lists of numbers, as protobuf writes them: runs of little-endian floats, or of varints. A list may come in
 * several runs.
 */

export type PackedKind = "float" | "double" | "varint";

/** How many numbers the runs hold; a fraction where a run ends inside a number. */
export function packedCount(runs: readonly Uint8Array[], kind: PackedKind): number {
  let count = 0;
  for (const run of runs) {
    if (kind !== "varint") count += run.length / (kind === "float" ? 4 : 8);
    else {
      for (let i = 0; i < run.length; i++) if (run[i]! < 128) count++;
      if (run.length > 0 && run[run.length - 1]! >= 128) count += 0.5;
    }
  }
  return count;
}

/** Calls `take` with each number; a varint is read as a signed 64-bit integer and rounded to the nearest double. */
export function readPacked(
  runs: readonly Uint8Array[],
  kind: PackedKind,
  take: (value: number, index: number) => void,
): void {
  let index = 0;
  for (const run of runs) {
    if (kind === "varint") index = readVarints(run, index, take);
    else {
      const view = new DataView(run.buffer, run.byteOffset, run.byteLength);
      const step = kind === "float" ? 4 : 8;
      for (let at = 0; at + step <= run.length; at += step) {
        take(kind === "float" ? view.getFloat32(at, true) : view.getFloat64(at, true), index++);
      }
    }
  }
}

function readVarints(run: Uint8Array, first: number, take: (value: number, index: number) => void): number {
  let index = first;
  let low = 0; // bits 0 to 31
  let high = 0; // bits 32 to 63
  let shift = 0;
  for (let i = 0; i < run.length; i++) {
    const bits = run[i]! & 127;
    if (shift < 32) low |= bits << shift;
    if (shift === 28) high |= bits >> 4;
    else if (shift > 28 && shift < 64) high |= bits << (shift - 32);
    shift += 7;
    if (run[i]! >= 128) continue;
    take(high * 2 ** 32 + (low >>> 0), index++);
    low = high = shift = 0;
  }
  return index;
}
