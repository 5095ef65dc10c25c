/**
 * A pen's way from its first point to its last: straight from point to point, smooth through all of them, or smooth and
 * closed. Points are x, y pairs in hundredths of the digit's height, x to the right and y down.
 */
export interface Stroke {
  readonly kind: "line" | "curve" | "loop";
  readonly points: readonly number[];
}

/** One way to write a digit: its strokes within a box of 100 × 100, of which most take the middle 60 columns. */
export type Shape = readonly Stroke[];

const line = (...points: number[]): Stroke => ({ kind: "line", points });
const curve = (...points: number[]): Stroke => ({ kind: "curve", points });
const loop = (...points: number[]): Stroke => ({ kind: "loop", points });

/** The ways in which each digit is written, drawn up by hand for this data set. */
export const shapes: readonly (readonly Shape[])[] = [
  [
    [loop(50, 0, 28, 14, 20, 50, 28, 86, 50, 100, 72, 86, 80, 50, 72, 14)],
    [loop(50, 0, 35, 13, 30, 50, 35, 87, 50, 100, 65, 87, 70, 50, 65, 13)],
    [loop(60, 0, 36, 10, 22, 48, 24, 84, 42, 100, 66, 88, 80, 50, 78, 16)],
  ],
  [
    [line(50, 0, 50, 100)],
    [line(30, 24, 52, 0, 52, 100)],
    [line(32, 20, 52, 0, 52, 100), line(30, 100, 74, 100)],
  ],
  [
    [curve(22, 24, 34, 4, 60, 0, 76, 18, 66, 48, 42, 74, 20, 98), line(20, 98, 80, 98)],
    [curve(24, 18, 50, 0, 74, 16, 68, 48, 42, 82, 24, 96, 22, 82, 38, 82, 60, 96, 82, 94)],
    [curve(20, 10, 48, 2, 72, 12, 74, 34, 50, 62), line(50, 62, 20, 100, 78, 100)],
  ],
  [
    [curve(22, 12, 48, 0, 74, 14, 68, 38, 42, 47), curve(42, 47, 72, 56, 80, 78, 54, 100, 20, 88)],
    [line(22, 2, 76, 2, 46, 40), curve(46, 40, 74, 50, 78, 80, 50, 100, 20, 90)],
    [curve(26, 8, 56, 0, 70, 22, 40, 46), curve(40, 46, 70, 50, 76, 74, 60, 94, 24, 100)],
  ],
  [
    [line(32, 0, 20, 60, 80, 60), line(64, 28, 64, 100)],
    [line(62, 100, 62, 0, 18, 68, 84, 68)],
    [curve(36, 2, 26, 34, 24, 54, 44, 60, 78, 52), line(70, 10, 60, 100)],
  ],
  [
    [line(74, 2, 32, 2, 28, 44), curve(28, 44, 56, 36, 80, 62, 66, 94, 40, 100, 20, 88)],
    [line(78, 0, 36, 4, 28, 48), curve(28, 48, 60, 44, 76, 70, 58, 98, 22, 96)],
    [curve(32, 6, 28, 28, 32, 46, 62, 48, 78, 72, 56, 100, 22, 94), line(32, 6, 76, 2)],
  ],
  [
    [curve(68, 2, 40, 22, 22, 58, 30, 92, 54, 100, 78, 80, 70, 54, 46, 50, 24, 70)],
    [curve(50, 0, 28, 36, 22, 74, 40, 98, 66, 96, 76, 74, 60, 54, 36, 58, 24, 76)],
    [curve(74, 10, 52, 0, 28, 24, 22, 66, 40, 98, 68, 94, 76, 70, 56, 50, 30, 60, 22, 72)],
  ],
  [
    [line(20, 4, 80, 4, 42, 100)],
    [line(20, 4, 80, 4, 44, 100), line(34, 52, 76, 48)],
    [line(20, 18, 22, 4, 80, 4), curve(80, 4, 58, 40, 46, 74, 44, 100)],
  ],
  [
    [loop(50, 0, 26, 12, 30, 36, 50, 47, 76, 64, 74, 92, 50, 100, 26, 92, 24, 64, 50, 47, 70, 36, 74, 12)],
    [
      loop(50, 0, 28, 12, 28, 36, 50, 48, 72, 36, 72, 12),
      loop(50, 48, 22, 62, 24, 90, 50, 100, 76, 90, 78, 62),
    ],
    [curve(76, 14, 52, 0, 28, 16, 40, 40, 68, 60, 74, 88, 48, 100, 24, 84, 40, 56, 66, 36, 76, 14)],
  ],
  [
    [curve(76, 30, 60, 50, 32, 46, 24, 22, 44, 0, 70, 8, 76, 30, 72, 64, 62, 100)],
    [loop(50, 0, 26, 10, 26, 40, 50, 50, 74, 40, 74, 10), line(76, 22, 74, 100)],
    [curve(74, 26, 56, 52, 28, 44, 24, 18, 48, 0, 72, 12, 76, 48, 60, 90, 26, 98)],
  ],
];
