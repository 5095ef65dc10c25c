import { expect, test } from "vitest";
import { boardFor } from "../../src/sweep/index.js";

/** A target that keeps what is written, and a clock that is set by hand. */
function bench(target: { isTTY?: boolean; columns?: number } = {}) {
  const state = { text: "", now_s: 0 };
  const write = (text: string) => {
    state.text += text;
  };
  return { state, target: { ...target, write }, clock: () => state.now_s };
}

const options = { name: "grid", points: 5, finished: 1, jobs: 2 };

/** What a terminal of unlimited width shows after these characters. */
function screen(text: string): string[] {
  const lines = [""];
  let row = 0;
  for (const part of text
    .replaceAll("\r\u001b[2K", "|erase|")
    .replaceAll("\u001b[1A", "|up|")
    .split(/([|]\w+[|]|\n)/)) {
    if (part === "|erase|") lines[row] = "";
    else if (part === "|up|") row--;
    else if (part === "\n") lines[++row] ??= "";
    else lines[row] += part;
  }
  return lines;
}

test("plain lines: what starts, what ends and how, and the time left once it can be told", () => {
  const { state, target, clock } = bench();
  const board = boardFor(target, clock, options);
  board.started("aa", "seed 1");
  board.started("bb", "seed 2");
  state.now_s = 30;
  board.said("aa", "simulate ...");
  state.now_s = 90;
  board.said("bb", "simulate: 4 of 8");
  state.now_s = 100;
  board.ended("aa", "98.10 % on the hardware");
  board.started("cc", "seed 3");
  state.now_s = 120;
  board.ended("bb", "failed: no memory");
  board.ended("cc", "done");
  board.started("dd", "seed 4");
  board.ended("dd", "done");
  board.close();
  expect(state.text.split("\n")).toEqual([
    "aa (seed 1) ...",
    "bb (seed 2) ...",
    "grid: 1 of 5; bb: simulate: 4 of 8",
    // Of three open points, one has just run as long as the mean, two have not begun: 200 s of two jobs.
    "aa: 98.10 % on the hardware, after 1 min 40 s; grid: 2 of 5, about 1 min 40 s left",
    "cc (seed 3) ...",
    // (100 + 120) / 2 is the mean; cc has 20 s of it behind it, dd none.
    "bb: failed: no memory, after 2 min 0 s; grid: 3 of 5, about 1 min 40 s left",
    "cc: done, after 20 s; grid: 4 of 5, about 1 min 20 s left",
    "dd (seed 4) ...",
    "dd: done, after 0.0 s; grid: 5 of 5",
    "",
  ]);
});

test("on a terminal every running point has a line that is drawn again, ended ones stay above", () => {
  const { state, target, clock } = bench({ isTTY: true, columns: 60 });
  const board = boardFor(target, clock, options);
  board.started("aa", "seed 1");
  board.started("bb", "seed 2");
  state.now_s = 1;
  board.said("aa", "train: 10 of 90, about 8 s left");
  board.said("bb", "too soon after the last drawing");
  expect(screen(state.text)).toEqual([
    "grid [####................] 1 of 5",
    "  aa seed 1: train: 10 of 90, about 8 s left",
    "  bb seed 2",
    "",
  ]);
  state.now_s = 10;
  board.ended("aa", "98.10 % on the hardware");
  expect(screen(state.text)).toEqual([
    "aa seed 1: 98.10 % on the hardware, after 10 s",
    "grid [########............] 2 of 5, about 10 s left",
    "  bb seed 2: too soon after the last drawing",
    "",
  ]);
  board.said("bb", "x".repeat(100));
  state.now_s = 20;
  board.said("bb", "x".repeat(100));
  expect(Math.max(...screen(state.text).map(({ length }) => length))).toBeLessThan(60);
  board.ended("bb", "stopped");
  board.close();
  expect(screen(state.text).filter((line) => line !== "")).toEqual([
    "aa seed 1: 98.10 % on the hardware, after 10 s",
    "bb seed 2: stopped, after 20 s",
  ]);
});

test("quiet says nothing", () => {
  const { state, target, clock } = bench({ isTTY: true });
  const board = boardFor(target, clock, { ...options, quiet: true });
  board.started("aa", "seed 1");
  board.ended("aa", "done");
  board.close();
  expect(state.text).toBe("");
});
