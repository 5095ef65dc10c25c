import { expect, test } from "vitest";
import { durationText, plainProgress, progressFor, terminalProgress } from "../../src/node/progress.js";

/** A target that keeps what is written, and a clock that is set by hand. */
function bench(target: { isTTY?: boolean; columns?: number } = {}) {
  const state = { text: "", now_s: 100 };
  const write = (text: string) => {
    state.text += text;
  };
  return { state, target: { ...target, write }, clock: () => state.now_s };
}

test("plain lines: start, now and then, end", () => {
  const { state, target, clock } = bench();
  const stage = plainProgress(target, clock).stage("simulate", 500);
  state.now_s += 9;
  stage.update(90);
  state.now_s += 1;
  stage.update(100, "81.0 %");
  state.now_s += 5;
  stage.update(150);
  state.now_s += 90;
  stage.done("81.20 %");
  expect(state.text).toBe(
    "simulate ...\nsimulate: 100 of 500, about 40 s left (81.0 %)\nsimulate: done in 1 min 45 s (81.20 %)\n",
  );
});

test("a terminal's line is drawn over, ten times a second at most, and never wider than the terminal", () => {
  const { state, target, clock } = bench({ columns: 60 });
  const stage = terminalProgress(target, clock).stage("place", 8);
  const frames = () => state.text.split("\r\u001b[2K").slice(1);
  stage.update(2);
  stage.update(3);
  expect(frames()).toEqual(["place ...", "place [#####...............] 2 of 8"]);
  state.now_s += 2;
  stage.update(4, "a note that does not fit on a line of sixty columns");
  expect(frames().at(-1)).toBe("place [##########..........] 4 of 8, about 2.0 s left (a...");
  expect(Math.max(...frames().map(({ length }) => length))).toBeLessThan(60);
  stage.done();
  expect(frames().at(-1)).toBe("place: done in 2.0 s\n");
});

test("the kind follows from the target; quiet says nothing", () => {
  for (const [target, options, text] of [
    [{ isTTY: true }, {}, "\r\u001b[2Kplace ..."],
    [{ isTTY: false }, {}, "place ...\n"],
    [{ isTTY: true }, { quiet: true }, ""],
  ] as const) {
    const { state, target: written, clock } = bench(target);
    progressFor(written, clock, options).stage("place");
    expect(state.text).toBe(text);
  }
});

test.each([
  [0, "0.0 s"],
  [9.94, "9.9 s"],
  [59, "59 s"],
  [61, "1 min 1 s"],
  [3600 + 119, "1 h 1 min"],
])("%d seconds are %s", (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});
