import { expect, test } from "vitest";
import { KernelModule, sharedMemory, supportedVariants } from "../../src/array/simd/module.js";
import { createRandom } from "../../src/random.js";

interface Span {
  readonly at: number;
  readonly bytes: number;
}

const overlap = (a: Span, b: Span): boolean => a.at < b.at + b.bytes && b.at < a.at + a.bytes;

test.each([false, true])("allocations never overlap, whoever grows the memory (shared: %s)", (shared) => {
  const random = createRandom(8);
  const memory = shared ? sharedMemory()! : undefined;
  const variant = supportedVariants()[0]!;
  const modules = Array.from({ length: shared ? 3 : 1 }, () => new KernelModule(variant, memory));
  const held = modules.map((): { mark: number; span: Span }[] => []);
  let most = 0;
  for (let i = 0; i < 400; i++) {
    const m = random.integer(0, modules.length - 1);
    const module = modules[m]!;
    const own = held[m]!;
    if (own.length > 0 && random.integer(0, 3) === 0) {
      const back = random.integer(0, own.length - 1);
      module.release(own[back]!.mark);
      own.splice(back);
      continue;
    }
    const mark = module.used;
    const bytes = random.integer(0, 200_000);
    const span = { at: module.allocate(bytes), bytes };
    expect(span.at % 64).toBe(0);
    expect(span.at).toBeGreaterThan(0);
    expect(span.at + bytes).toBeLessThanOrEqual(module.memory.buffer.byteLength);
    for (const other of held.flat()) expect(overlap(other.span, span)).toBe(false);
    own.push({ mark, span });
    most = Math.max(most, held.flat().length);
  }
  expect(most).toBeGreaterThan(8);
});

test("memory that is given back is used again", () => {
  const module = new KernelModule("plain", sharedMemory()!);
  const other = new KernelModule("plain", module.memory);
  const start = module.used;
  const work = (): number[] => {
    module.release(start);
    return [100_000, 3, 900_000].map((bytes) => module.allocate(bytes));
  };
  work();
  other.allocate(1);
  const first = work();
  const size = module.memory.buffer.byteLength;
  for (let i = 0; i < 5; i++) expect(work()).toEqual(first);
  expect(module.memory.buffer.byteLength).toBe(size);
});
