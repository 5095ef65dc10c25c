import { describe, expect, test } from "vitest";
import { type Schedule, schedule } from "../../src/train/schedule.js";

const rates = (options: Schedule, steps: readonly number[]) => steps.map(schedule(options));
const close = (made: readonly number[], expected: readonly number[]) => {
  expect(made.length).toBe(expected.length);
  for (const [i, rate] of made.entries()) expect(rate / expected[i]!).toBeCloseTo(1, 12);
};

test("constant", () => {
  expect(rates({ kind: "constant", rate: 0.1 }, [0, 7])).toEqual([0.1, 0.1]);
});

test("step: from a milestone on, with one factor or one for each", () => {
  const milestones = [80, 120, 160];
  close(
    rates({ kind: "step", rate: 0.01, milestones, factor: 0.1 }, [0, 79, 80, 119, 120, 160, 999]),
    [1e-2, 1e-2, 1e-3, 1e-3, 1e-4, 1e-5, 1e-5],
  );
  close(
    rates({ kind: "step", rate: 0.01, milestones, factor: [0.1, 0.1, 0.5] }, [79, 80, 120, 160]),
    [1e-2, 1e-3, 1e-4, 5e-5],
  );
});

test("cosine: half way at half time, and at its end it stays", () => {
  close(rates({ kind: "cosine", rate: 0.2, steps: 100, end: 0.1 }, [0, 50, 100, 200]), [0.2, 0.15, 0.1, 0.1]);
  close(rates({ kind: "cosine", rate: 0.2, steps: 90 }, [30]), [0.15]);
  expect(rates({ kind: "cosine", rate: 0.2, steps: 90 }, [90])).toEqual([0]);
});

test("one cycle: PyTorch's OneCycleLR(max_lr=1, total_steps=10)", () => {
  // Phases end at 0.3 · 10 − 1 = 2 and at 9; 0.04 up to 1, down to 4e-6.
  const cosine = (a: number, b: number, part: number) => b + ((a - b) * (1 + Math.cos(Math.PI * part))) / 2;
  close(rates({ kind: "oneCycle", rate: 1, steps: 10 }, [0, 1, 2, 5, 9, 50]), [
    0.04,
    0.52,
    1,
    cosine(1, 4e-6, 3 / 7),
    4e-6,
    4e-6,
  ]);
  close(
    rates({ kind: "oneCycle", rate: 2, steps: 20, rise: 0.5, startDivisor: 10, endDivisor: 100 }, [0, 9, 19]),
    [0.2, 2, 0.002],
  );
});

test("warm-up scales the schedule's own rate", () => {
  close(rates({ kind: "constant", rate: 1, warmUp: 4 }, [0, 1, 3, 4, 5]), [0.2, 0.4, 0.8, 1, 1]);
  close(
    rates({ kind: "step", rate: 1, milestones: [1], factor: 0.1, warmUp: 3 }, [0, 1, 2, 3]),
    [0.25, 0.05, 0.075, 0.1],
  );
});

describe("is refused", () => {
  test.each<[Schedule, string]>([
    [{ kind: "constant", rate: 0 }, "the schedule's rate is 0"],
    [{ kind: "constant", rate: Number.NaN }, "the schedule's rate is NaN"],
    [{ kind: "constant", rate: 1, warmUp: 1.5 }, "the schedule's warmUp is 1.5"],
    [{ kind: "step", rate: 1, milestones: [3, 3], factor: 0.1 }, "the schedule's milestone is 3"],
    [{ kind: "step", rate: 1, milestones: [3], factor: 0 }, "the schedule's factor is 0"],
    [{ kind: "step", rate: 1, milestones: [3], factor: [0.1, 0.1] }, "has 1 milestones and 2 factors"],
    [{ kind: "cosine", rate: 1, steps: 0 }, "the schedule's number of steps is 0"],
    [{ kind: "cosine", rate: 1, steps: 5, end: 2 }, "the schedule's end is 2"],
    [{ kind: "oneCycle", rate: 1, steps: 10, rise: 1 }, "the schedule's rise is 1"],
    [{ kind: "oneCycle", rate: 1, steps: 10, endDivisor: 0.5 }, "the schedule's endDivisor is 0.5"],
  ])("%j", (options, message) => {
    expect(() => schedule(options)).toThrow(message);
  });
});
