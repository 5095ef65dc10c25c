import type { ArrayRead } from "../types.js";

/** What drives the word lines of a row group. */
interface Lines {
  /** [blocks][inputBits · positions] */
  readonly bytes: readonly Uint8Array[];
  /** [positions] Σ of the inputs. */
  total(): Float64Array;
}

/** Reads of arrays that stand side by side are driven by the same inputs, which are gathered once. */
export class GatheredLines {
  private readonly known: { readonly inputs: Int32Array; readonly lines: Lines }[] = [];

  constructor(
    private readonly inputs: Uint8Array,
    private readonly positions: number,
    private readonly inputBits: number,
  ) {}

  of(read: ArrayRead): Lines {
    const known = this.known.find((entry) => sameInputs(entry.inputs, read.inputs));
    if (known) return known.lines;
    const { inputs, positions } = this;
    let total: Float64Array | undefined;
    const lines: Lines = {
      bytes: gatherBytes(read, inputs, positions, this.inputBits),
      total: () => {
        total ??= sumOfInputs(read, inputs, positions);
        return total;
      },
    };
    // A few row groups alternate (the bands of one chunk); older ones do not come back.
    this.known.unshift({ inputs: read.inputs, lines });
    if (this.known.length > 8) this.known.pop();
    return lines;
  }
}

function sameInputs(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** [blocks × (inputBits · positions)] byte b of block k: bit z of input rows 8k ... 8k+7, bit plane after bit plane. */
function gatherBytes(
  read: ArrayRead,
  inputs: Uint8Array,
  positions: number,
  inputBits: number,
): Uint8Array[] {
  const n = read.inputs.length;
  const blocks: Uint8Array[] = [];
  for (let first = 0; first < n; first += 8) {
    const bytes = new Uint8Array(inputBits * positions);
    for (let i = first; i < Math.min(first + 8, n); i++) {
      const row = read.inputs[i]! * positions;
      const shift = i - first;
      for (let z = 0; z < inputBits; z++) {
        const plane = z * positions;
        for (let p = 0; p < positions; p++) {
          bytes[plane + p]! |= ((inputs[row + p]! >> z) & 1) << shift;
        }
      }
    }
    blocks.push(bytes);
  }
  return blocks;
}

function sumOfInputs(read: ArrayRead, inputs: Uint8Array, positions: number): Float64Array {
  const total = new Float64Array(positions);
  for (const row of read.inputs)
    for (let p = 0; p < positions; p++) total[p]! += inputs[row * positions + p]!;
  return total;
}
