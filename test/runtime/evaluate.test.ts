import { describe, expect, test } from "vitest";
import { classify, type LabelledBatch } from "../../src/runtime/evaluate.js";
import type { Session } from "../../src/runtime/types.js";
import { f32, type Tensor } from "../../src/tensor.js";

/** A network whose logits are its inputs. */
const identity = (answer: (x: Tensor) => Tensor = (x) => x, names = ["x"]): Session => ({
  inputs: names,
  outputs: ["logits"],
  run: async ({ x }) => ({ logits: answer(x!) }),
  dispose: async () => {},
});

const batch = (rows: readonly (readonly number[])[], labels: readonly number[]): LabelledBatch => ({
  shape: [rows.length, rows[0]!.length],
  data: Float32Array.from(rows.flat()),
  labels: Uint8Array.from(labels),
});

describe("classify", () => {
  test("gathers logits and takes the largest, the first of equals, none of NaN", async () => {
    const seen: unknown[] = [];
    const rows = [
      [1, 3, 2],
      [5, 5, 1],
      [Number.NaN, -1, Number.NaN],
    ];
    const result = await classify(
      identity(),
      [batch(rows, [1, 1, 1]), batch([[Number.NaN, Number.NaN, Number.NaN]], [0])],
      { onProgress: (progress) => seen.push(progress) },
    );
    expect([...result.predictions]).toEqual([1, 0, 1, -1]);
    expect(result).toMatchObject({ count: 4, classes: 3, correct: 2, accuracy: 0.5 });
    expect(result.logits).toEqual(Float32Array.from([...rows.flat(), Number.NaN, Number.NaN, Number.NaN]));
    expect(seen).toEqual([
      { done: 3, correct: 2 },
      { done: 4, correct: 2 },
    ]);
  });

  test("minus infinity everywhere is still a prediction", async () => {
    const low = Number.NEGATIVE_INFINITY;
    expect([...(await classify(identity(), [batch([[low, low]], [0])])).predictions]).toEqual([0]);
  });

  test("takes asynchronous batches, and asks for the next while one is computed", async () => {
    const diary: string[] = [];
    async function* source() {
      try {
        for (const i of [0, 1]) {
          diary.push(`prepare ${i}`);
          yield batch([[i, 1 - i]], [1]);
        }
      } finally {
        diary.push("done");
      }
    }
    const session: Session = {
      ...identity(),
      run: async ({ x }) => {
        diary.push(`run ${x!.data[0]}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
        diary.push(`ran ${x!.data[0]}`);
        return { logits: x! };
      },
    };
    expect((await classify(session, source())).correct).toBe(1);
    expect(diary).toEqual(["prepare 0", "run 0", "prepare 1", "ran 0", "run 1", "done", "ran 1"]);
  });

  test("no images have no accuracy", async () => {
    const result = await classify(identity(), []);
    expect([result.count, result.logits.length, result.accuracy]).toEqual([0, 0, Number.NaN]);
  });

  test("refuses networks that are no classifiers", async () => {
    const one = [batch([[1, 2]], [0])];
    await expect(
      classify(
        identity((x) => x, ["x", "z"]),
        one,
      ),
    ).rejects.toThrow("has inputs x, z and outputs logits");
    await expect(
      classify(
        identity(() => f32([2], [1, 2])),
        one,
      ),
    ).rejects.toThrow(
      'the network\'s output "logits" is f32[2], but a classifier of 1 images gives f32[1 × classes]',
    );
  });

  test("an error ends the batches too", async () => {
    let ended = false;
    function* source() {
      try {
        for (;;) yield batch([[1]], [0]);
      } finally {
        ended = true;
      }
    }
    const failing = identity(() => {
      throw new Error("no memory");
    });
    await expect(classify(failing, source())).rejects.toThrow("no memory");
    expect(ended).toBe(true);
  });
});
