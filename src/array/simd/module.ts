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
  ): void;
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
const modules = new Map<Variant, WebAssembly.Module | null>();

function compiled(variant: Variant): WebAssembly.Module | null {
  let module = modules.get(variant);
  if (module === undefined) {
    const bytes = Uint8Array.from(atob(sources[variant]), (c) => c.charCodeAt(0));
    module = WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null;
    modules.set(variant, module);
  }
  return module;
}

/** The variants that this engine runs, the fastest first; none where it has no SIMD. */
export const supportedVariants = (): Variant[] =>
  (["relaxed", "plain"] as const).filter((variant) => compiled(variant) !== null);

const pageBytes = 65536;

/** An instance and its memory, which is handed out from the bottom up and given back as a stack is. */
export class KernelModule {
  readonly exports: Exports;
  private readonly memory: WebAssembly.Memory;
  private top = 16;

  constructor(variant: Variant) {
    const module = compiled(variant);
    invariant(module, `this engine does not run the ${variant} kernels`);
    this.memory = new WebAssembly.Memory({ initial: 1 });
    const instance = new WebAssembly.Instance(module, { env: { memory: this.memory } });
    this.exports = instance.exports as unknown as Exports;
  }

  /** Bytes in use. */
  get used(): number {
    return this.top;
  }

  /** Gives back everything that was allocated since `used` was `to`. */
  release(to: number): void {
    this.top = to;
  }

  /** Memory that nobody has cleared, at a multiple of 64 bytes. Views of the memory from before are void. */
  allocate(bytes: number): number {
    const at = (this.top + 63) & ~63;
    this.top = at + bytes;
    const missing = this.top - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / pageBytes));
    return at;
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
