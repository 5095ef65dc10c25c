import { describe, expect, test } from "vitest";
import { encodePlacement } from "../../src/mapping/binary.js";
import { place } from "../../src/mapping/place.js";
import { placeOnThreads } from "../../src/node/exchange.js";
import { quietProgress } from "../../src/node/progress.js";
import { createRandom } from "../../src/random.js";
import { convChain } from "../cost/support.js";
import { testHardware } from "../support/hardware.js";

describe("columns exchanged on threads", () => {
  const random = createRandom(3);
  const sparse = (count: number) =>
    Int16Array.from({ length: count }, () => (random.uniform() < 0.06 ? random.integer(-7, 7) : 0));
  const model = convChain(32, 4, [
    { name: "one", outputs: 64, codes: sparse(64 * 32 * 9), groupRows: null },
    { name: "two", outputs: 16, codes: sparse(16 * 64 * 9), groupRows: null },
  ]);
  const chip = testHardware({ rows: 16, columns: 32, activeRows: 16 }, { sign: "splitArrays" });
  const hardware = JSON.parse(JSON.stringify(chip)) as typeof chip;
  const exchange = { strategy: "auto", split: { rows: 96, columns: 32 } } as const;
  const options = { scheme: "column-exchange", exchange, seed: 5 } as const;
  const here = place(model, hardware, options);

  test.each([1, 2, 3])("%i of them: the same bytes", async (threads) => {
    const there = await placeOnThreads(model, hardware, options, { threads, progress: quietProgress });
    expect(encodePlacement(there)).toEqual(encodePlacement(here));
  });

  test("progress reaches all weights, and other schemes do without", async () => {
    const seen: [string, number][] = [];
    const progress = {
      stage: (name: string) => ({ update: (done: number) => seen.push([name, done]), done: () => {} }),
    };
    await placeOnThreads(model, hardware, options, { threads: 1, progress });
    expect(seen.filter(([name]) => name.startsWith("exchange")).at(-1)![1]).toBe(64 * 288 + 16 * 576);
    seen.length = 0;
    await placeOnThreads(model, hardware, { scheme: "dense" }, { threads: 1, progress });
    expect(seen).toEqual([
      ["place", 1],
      ["place", 2],
    ]);
  });

  test.each([1, 2])("a signal stops %i of them", async (threads) => {
    const controller = new AbortController();
    const progress = { stage: () => ({ update: () => controller.abort(), done: () => {} }) };
    const { signal } = controller;
    await expect(placeOnThreads(model, hardware, options, { threads, progress, signal })).rejects.toThrow(
      expect.objectContaining({ name: "InterruptedError" }),
    );
  });
});
