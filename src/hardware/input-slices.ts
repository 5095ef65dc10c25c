/** Bits of an input that stand on a word line together, as one of 2^bits levels; one conversion per slice. */
export interface InputSlice {
  /** Its lowest bit: what it adds counts 2^first times. */
  readonly first: number;
  readonly bits: number;
  /** Its highest level, 2^bits − 1. */
  readonly top: number;
}

/** An input's slices, lowest first; the last one may be narrower. */
export function inputSlices(inputBits: number, sliceBits: number): InputSlice[] {
  return Array.from({ length: inputSliceCount(inputBits, sliceBits) }, (_, k) => {
    const first = k * sliceBits;
    const bits = Math.min(sliceBits, inputBits - first);
    return { first, bits, top: 2 ** bits - 1 };
  });
}

export const inputSliceCount = (inputBits: number, sliceBits: number): number =>
  Math.ceil(inputBits / sliceBits);

/** The highest level of the widest slice. */
export const topInputLevel = (inputBits: number, sliceBits: number): number =>
  2 ** Math.min(inputBits, sliceBits) - 1;
