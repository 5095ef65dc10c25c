import { describe, expect, test } from "vitest";
import {
  checkSchedule,
  masksDue,
  type SparsitySchedule,
  sparsityAt,
} from "../../../../src/compress/prune/irregular/schedule.js";

const cubic: SparsitySchedule = { kind: "cubic", begin: 100, end: 500, every: 100 };
const shares = { initial: 0, final: 0.875 };
const at = (schedule: SparsitySchedule, given = shares) =>
  [0, 99, 100, 200, 300, 400, 499, 500, 900].map((step) => sparsityAt(schedule, given, step));

test("the cubic schedule has the published values, to the bit where they are exact", () => {
  // 1 − (3/4)³ = 37/64, 1 − (1/2)³ = 7/8, 1 − (1/4)³ = 63/64 of the way; all of these are binary fractions.
  const [before, late, begin, quarter, half, most, , end, after] = at(cubic);
  expect([before, late, begin]).toEqual([0, 0, 0]);
  expect([quarter, half, most]).toEqual([37 / 64, 7 / 8, 63 / 64].map((way) => way * 0.875));
  expect([end, after]).toEqual([0.875, 0.875]);
  expect(sparsityAt(cubic, shares, 499)).toBeCloseTo(0.875 * (1 - 400 ** -3), 15);
  expect(at(cubic, { initial: 0.5, final: 0.75 }).slice(2, 6)).toEqual(
    [0, 37 / 64, 7 / 8, 63 / 64].map((way) => 0.5 + way * 0.25),
  );
});

test("the linear one goes evenly, and one shot all at once", () => {
  expect(at({ ...cubic, kind: "linear" }).slice(0, 6)).toEqual([
    0,
    0,
    0,
    0.875 / 4,
    0.875 / 2,
    (3 * 0.875) / 4,
  ]);
  expect(at({ ...cubic, kind: "one-shot" })).toEqual([0, 0, ...new Array(7).fill(0.875)]);
});

test("a final share comes out as it was given, whatever it started from", () => {
  for (const final of [0.1, 0.75, 0.89, 0.92, 0.925])
    for (const kind of ["cubic", "linear", "one-shot"] as const)
      expect(sparsityAt({ ...cubic, kind }, { initial: 0.07, final }, 500)).toBe(final);
});

test("masks are made from begin to end at every interval, the last one shorter where it must be", () => {
  const steps = (schedule: SparsitySchedule) =>
    Array.from({ length: 30 }, (_, step) => step).filter((step) => masksDue(schedule, step));
  expect(steps({ kind: "cubic", begin: 4, end: 20, every: 8 })).toEqual([4, 12, 20]);
  expect(steps({ kind: "linear", begin: 0, end: 20, every: 8 })).toEqual([0, 8, 16, 20]);
  expect(steps({ kind: "cubic", begin: 3, end: 5, every: 100 })).toEqual([3, 5]);
  expect(steps({ kind: "one-shot", begin: 3, end: 5, every: 1 })).toEqual([3]);
});

describe("is refused", () => {
  test.each<[string, Partial<SparsitySchedule>, string]>([
    ["another kind", { kind: "square" as "cubic" }, "kind of the sparsity schedule is square"],
    ["a begin before the stage", { begin: -1 }, "begin of the sparsity schedule is -1"],
    ["half a step", { begin: 0.5 }, "begin of the sparsity schedule is 0.5"],
    ["no interval", { every: 0 }, "every of the sparsity schedule is 0"],
    ["an end that is no later than the begin", { end: 100 }, "end of the sparsity schedule is 100"],
    ["an end behind the stage", { end: 601 }, "end of the sparsity schedule is 601"],
    ["one shot behind the stage", { kind: "one-shot", begin: 601 }, "begin of the sparsity schedule is 601"],
  ])("%s", (_name, changes, message) => {
    expect(() => checkSchedule({ ...cubic, ...changes }, 600)).toThrow(message);
  });

  test("and the last step of a stage may be the last of the schedule", () => {
    expect(() => checkSchedule({ ...cubic, end: 600 }, 600)).not.toThrow();
  });
});
