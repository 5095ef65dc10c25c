/**
 * MurmurHash3_x86_128 with seed 0 (A. Appleby 2011): 128 bits that tell contents apart and show damage. It is no
 * protection against somebody who wants two contents with one digest.
 * @returns its four words
 */
export function murmur3(bytes: Uint8Array): Uint32Array {
  const state = new Int32Array(4);
  const words = wordsOf(bytes);
  for (let at = 0; at < words.length; at += 4) mixBlock(state, words, at);
  const rest = new Uint8Array(16);
  rest.set(bytes.subarray(words.length * 4));
  // Words of zero bytes change nothing, so that a short tail needs no case of its own.
  const tail = new DataView(rest.buffer);
  for (let lane = 0; lane < 4; lane++) state[lane]! ^= scramble(lane, tail.getInt32(4 * lane, true));
  for (let lane = 0; lane < 4; lane++) state[lane]! ^= bytes.length;
  spread(state);
  for (let lane = 0; lane < 4; lane++) state[lane] = avalanche(state[lane]!);
  spread(state);
  return new Uint32Array(state.buffer);
}

/** {@link murmur3} as 32 hexadecimal digits. */
export const digest = (content: Uint8Array | string): string =>
  Array.from(murmur3(typeof content === "string" ? new TextEncoder().encode(content) : content), (word) =>
    word.toString(16).padStart(8, "0"),
  ).join("");

/** The whole 16-byte blocks as words; a view where the memory allows one. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const size = bytes.length & ~15;
  if (bytes.byteOffset % 4 === 0) return new Int32Array(bytes.buffer, bytes.byteOffset, size / 4);
  return new Int32Array(new Uint8Array(bytes.subarray(0, size)).buffer);
}

const factors = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93] as const;
const turns = [15, 16, 17, 18] as const;

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

const scramble = (lane: number, word: number): number =>
  Math.imul(rotate(Math.imul(word, factors[lane]!), turns[lane]!), factors[(lane + 1) % 4]!);

/** Written out: a data set has ten million blocks. */
function mixBlock(h: Int32Array, words: Int32Array, at: number): void {
  let k = Math.imul(words[at]!, 0x239b961b);
  h[0]! ^= Math.imul((k << 15) | (k >>> 17), 0xab0e9789);
  h[0] = Math.imul(rotate(h[0]!, 19) + h[1]!, 5) + 0x561ccd1b;
  k = Math.imul(words[at + 1]!, 0xab0e9789);
  h[1]! ^= Math.imul((k << 16) | (k >>> 16), 0x38b34ae5);
  h[1] = Math.imul(rotate(h[1]!, 17) + h[2]!, 5) + 0x0bcaa747;
  k = Math.imul(words[at + 2]!, 0x38b34ae5);
  h[2]! ^= Math.imul((k << 17) | (k >>> 15), 0xa1e38b93);
  h[2] = Math.imul(rotate(h[2]!, 15) + h[3]!, 5) + 0x96cd1c35;
  k = Math.imul(words[at + 3]!, 0xa1e38b93);
  h[3]! ^= Math.imul((k << 18) | (k >>> 14), 0x239b961b);
  h[3] = Math.imul(rotate(h[3]!, 13) + h[0]!, 5) + 0x32ac3b17;
}

function spread(h: Int32Array): void {
  h[0]! += h[1]! + h[2]! + h[3]!;
  for (let lane = 1; lane < 4; lane++) h[lane]! += h[0]!;
}

/** Every bit of the word comes to depend on every other. */
function avalanche(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
