// Vectors that lie in memory: of a constant in the code V8 makes three instructions at each use, also in a loop, while
// one that was loaded before the loop stays in a register. They stand in the first page, which the loader leaves alone.

/** 15 in every byte. */
export const lowNibbles: usize = memory.data<u32>([0x0f0f0f0f, 0x0f0f0f0f, 0x0f0f0f0f, 0x0f0f0f0f]);

/** 240 in every byte. */
export const highNibbles: usize = memory.data<u32>([0xf0f0f0f0, 0xf0f0f0f0, 0xf0f0f0f0, 0xf0f0f0f0]);

/** 240 in the lower byte of every two. */
export const lowerHighNibbles: usize = memory.data<u32>([0x00f000f0, 0x00f000f0, 0x00f000f0, 0x00f000f0]);

/** 255 in the lower byte of every two. */
export const lowerBytes: usize = memory.data<u32>([0x00ff00ff, 0x00ff00ff, 0x00ff00ff, 0x00ff00ff]);

/** Bits 0, 1, 4 and 5 of every byte, and the others. */
export const lowPairs: usize = memory.data<u32>([0x33333333, 0x33333333, 0x33333333, 0x33333333]);
export const highPairs: usize = memory.data<u32>([0xcccccccc, 0xcccccccc, 0xcccccccc, 0xcccccccc]);

/** Code → its bit z at bit 2z, and one further up. */
export const evenBits: usize = memory.data<u32>([0x05040100, 0x15141110, 0x45444140, 0x55545150]);
export const oddBits: usize = memory.data<u32>([0x0a080200, 0x2a282220, 0x8a888280, 0xaaa8a2a0]);

/** 1.5 · 2²³ in every single: there they are one apart, so that adding it rounds. */
export const roundingAid: usize = memory.data<f32>([12582912, 12582912, 12582912, 12582912]);
