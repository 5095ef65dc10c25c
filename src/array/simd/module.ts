import { invariant } from "../../errors.js";
import { plainWasm, relaxedWasm } from "../generated/wasm.js";

/** What the compiled kernels export (../assembly/index.ts); pointers are byte offsets into the memory. */
export interface Exports {
  buildTables(
    cells: number,
    rows: number,
    digits: number,
    radixBits: number,
    balanced: number,
    tables: number,
    quadStride: number,
    shift: number,
  ): void;
  chunkOf(tile: number, quads: number, packed: number, signed: number, counts: number): number;
  indexRows(
    runs: number,
    inputs: number,
    step: number,
    rows: number,
    blocks: number,
    bits: number,
    skip: number,
    indices: number,
    lists: number,
    counts: number,
    sums: number,
  ): void;
  clearBytes(to: number, bytes: number): void;
  lookUp(job: number, blocks: number, positions: number): void;
  countLines(job: number, lines: number, blocks: number): void;
  addRows(
    lines: number,
    weights: number,
    bits: number,
    sliceBits: number,
    counts: number,
    stride: number,
    targets: number,
    targetCount: number,
    rows: number,
    bytes: number,
    scratch: number,
  ): void;
  addDriven(inputs: number, stride: number, targets: number, targetCount: number, rows: number): void;
  finishValues(
    codes: number,
    bytes: number,
    ideal: number,
    step: number,
    constant: number,
    digitalOffset: number,
    driven: number,
    count: number,
    values: number,
  ): void;
  padPlanes(
    from: number,
    planes: number,
    height: number,
    width: number,
    to: number,
    paddedHeight: number,
    paddedWidth: number,
    top: number,
    left: number,
    value: number,
  ): void;
  gatherPositions(
    padded: number,
    imageStep: number,
    rowStep: number,
    columnStep: number,
    outHeight: number,
    outWidth: number,
    offsets: number,
    rows: number,
    first: number,
    count: number,
    to: number,
    stride: number,
  ): void;
  countBits(
    planes: number,
    images: number,
    imageStep: number,
    channels: number,
    height: number,
    width: number,
    order: number,
    classes: number,
    classCount: number,
    bits: number,
    kernelHeight: number,
    kernelWidth: number,
    columnStep: number,
    columnDilation: number,
    left: number,
    outWidth: number,
    lanes: number,
    ones: number,
    rows: number,
  ): void;
  finishTile(place: number, first: number, count: number): void;
  quantize(
    x: number,
    perStep: number,
    low: number,
    high: number,
    zeroPoint: number,
    count: number,
    out: number,
  ): void;
  moveBytes(
    from: number,
    size: number,
    map: number,
    count: number,
    value: number,
    images: number,
    out: number,
  ): void;
  maxPool(
    from: number,
    planes: number,
    height: number,
    width: number,
    rows: number,
    outHeight: number,
    columns: number,
    outWidth: number,
    stepY: number,
    stepX: number,
    out: number,
  ): void;
}

export type Variant = "relaxed" | "plain";

const sources: Readonly<Record<Variant, string>> = { relaxed: relaxedWasm, plain: plainWasm };
const modules = new Map<string, WebAssembly.Module | null>();

function compiled(variant: Variant, shared: boolean): WebAssembly.Module | null {
  const key = `${variant} ${shared}`;
  let module = modules.get(key);
  if (module === undefined) {
    const bytes = Uint8Array.from(atob(sources[variant]), (c) => c.charCodeAt(0));
    if (!shared) importOwnMemory(bytes);
    module = WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null;
    modules.set(key, module);
  }
  return module;
}

/** The import of the memory: (3) "env" (6) "memory", kind memory, limits: a maximum, shared. */
const memoryImport = [3, ...ascii("env"), 6, ...ascii("memory"), 2, 3];

/** Engines share memory only among threads of a page that is isolated: the bit that asks for it is cleared. */
function importOwnMemory(bytes: Uint8Array): void {
  const at = bytes.findIndex((_, i) => memoryImport.every((byte, k) => bytes[i + k] === byte));
  invariant(at >= 0, "the kernels import no memory");
  bytes[at + memoryImport.length - 1] = 1;
}

function ascii(text: string): number[] {
  return Array.from(text, (c) => c.charCodeAt(0));
}

/** The variants that this engine runs, the fastest first; none where it has no SIMD. */
export const supportedVariants = (): Variant[] =>
  (["relaxed", "plain"] as const).filter((variant) => compiled(variant, false) !== null);

const pageBytes = 65536;
const mostPages = 65536;

/** A memory that several threads' kernels work in, or null where the engine has none. */
export function sharedMemory(): WebAssembly.Memory | null {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: mostPages, shared: true });
  } catch {
    return null;
  }
}

/** A part of a memory that one thread allocates from. */
interface Region {
  readonly start: number;
  end: number;
}

/**
 * An instance and its memory, which is handed out from the bottom up and given back as a stack is. In a shared memory
 * every instance has regions of its own, taken as they are needed: growing is atomic, so no two get the same pages. The
 * first page is no one's, so that 0 is no address.
 */
export class KernelModule {
  readonly exports: Exports;
  readonly memory: WebAssembly.Memory;
  private readonly regions: Region[] = [];
  private top = 0;

  /** @param shared a memory in which others may have placed something that this one reads */
  constructor(
    readonly variant: Variant,
    shared?: WebAssembly.Memory,
  ) {
    const module = compiled(variant, shared !== undefined);
    invariant(module, `this engine does not run the ${variant} kernels`);
    this.memory = shared ?? new WebAssembly.Memory({ initial: 1, maximum: mostPages });
    const instance = new WebAssembly.Instance(module, { env: { memory: this.memory } });
    this.exports = instance.exports as unknown as Exports;
  }

  /** Where the next allocation begins at the earliest. */
  get used(): number {
    return this.top;
  }

  /** Bytes that were allocated and not given back, what alignment leaves between them included. */
  get usedBytes(): number {
    return this.regions.reduce(
      (sum, { start, end }) => sum + Math.max(0, Math.min(end, this.top) - start),
      0,
    );
  }

  /** Gives back everything that was allocated since `used` was `to`. */
  release(to: number): void {
    this.top = to;
  }

  /** Memory that nobody has cleared, at a multiple of 64 bytes. Views of the memory from before are void. */
  allocate(bytes: number): number {
    const start = Math.ceil(this.top / 64) * 64;
    for (;;) {
      for (const region of this.regions) {
        const at = Math.max(start, region.start);
        if (at + bytes > region.end) continue;
        this.top = at + bytes;
        return at;
      }
      this.grow(bytes);
    }
  }

  /** So many bytes more, in the last region where the new pages follow on it. */
  private grow(bytes: number): void {
    const pages = Math.max(1, Math.ceil(bytes / pageBytes));
    const start = this.memory.grow(pages) * pageBytes;
    const end = start + pages * pageBytes;
    const last = this.regions.at(-1);
    if (last?.end === start) last.end = end;
    else this.regions.push({ start, end });
  }

  u8(at: number, count: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, count);
  }

  i32(at: number, count: number): Int32Array {
    return new Int32Array(this.memory.buffer, at, count);
  }

  f32(at: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, count);
  }

  f64(at: number, count: number): Float64Array {
    return new Float64Array(this.memory.buffer, at, count);
  }

  /** A copy of these integers in the memory. */
  place(values: ArrayLike<number>): number {
    const at = this.allocate(4 * values.length);
    this.i32(at, values.length).set(values);
    return at;
  }
}
