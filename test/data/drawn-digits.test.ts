import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { normalizations } from "../../src/data/batches.js";
import { drawnDigits } from "../../src/data/drawn/digits.js";
import { draw, flatten } from "../../src/data/drawn/pen.js";
import { shapes } from "../../src/data/drawn/shapes.js";
import { InputError } from "../../src/errors.js";
import { createRandom } from "../../src/random.js";

const area = 28 * 28;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const train = drawnDigits("train");
const testing = drawnDigits("test");
const image = (pixels: Uint8Array, i: number) => Buffer.from(pixels.subarray(i * area, (i + 1) * area));

describe("the drawn digits", () => {
  test("are these bytes on every machine", () => {
    expect([train.count, testing.count]).toEqual([6000, 2000]);
    expect(sha256(train.pixels)).toBe("5777d0436468fa6023140315ed458494265d6da2744e89facbe6c7469bccbc06");
    expect(sha256(testing.pixels)).toBe("e4dad7f8523fe8b0b5cbc2117215c9d1d2915aa23ed886dce4f9e9ad4ed08ce5");
  });

  test("come from nothing that engines may round differently", () => {
    const folder = join(import.meta.dirname, "../../src/data/drawn");
    const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
    const used = sources.flatMap((source) => source.match(/\bMath\.\w+|\w \*\* |\.normal\(/g) ?? []);
    expect([...new Set(used)].sort()).toEqual(["Math.floor", "Math.max", "Math.min"]);
  });

  test("depend on the seed, the part and the index alone", () => {
    const few = drawnDigits("train", { count: 30 });
    expect(few.pixels).toEqual(train.pixels.subarray(0, 30 * area));
    expect(drawnDigits("test", { count: 0 })).toMatchObject({ count: 0, pixels: new Uint8Array(0) });
    expect(drawnDigits("train", { count: 30, seed: 2 }).pixels).not.toEqual(few.pixels);
  });

  test("are all different, training from test images too", () => {
    const all = [train, testing].flatMap(({ pixels, count }) =>
      Array.from({ length: count }, (_, i) => image(pixels, i).toString("latin1")),
    );
    expect(new Set(all).size).toBe(8000);
    // Training and test images of one index have no more in common than others of one digit.
    const correlation = (a: Buffer, b: Buffer) => {
      const mean = (x: Buffer) => x.reduce((sum, v) => sum + v, 0) / area;
      const [ma, mb] = [mean(a), mean(b)];
      let [ab, aa, bb] = [0, 0, 0];
      for (let p = 0; p < area; p++) {
        ab += (a[p]! - ma) * (b[p]! - mb);
        aa += (a[p]! - ma) ** 2;
        bb += (b[p]! - mb) ** 2;
      }
      return ab / Math.sqrt(aa * bb);
    };
    const pairs = (apart: number) => {
      const some = Array.from({ length: 500 }, (_, i) =>
        correlation(image(train.pixels, i), image(testing.pixels, i + apart)),
      );
      return some.reduce((sum, r) => sum + r, 0) / some.length;
    };
    // The mean of 500 correlations, each spread by about 0.2, has a standard error of 0.009.
    expect(Math.abs(pairs(0) - pairs(1000))).toBeLessThan(0.05);
  });

  test("show every digit equally often", () => {
    for (const { labels, count } of [train, testing]) {
      const counts = Array.from({ length: 10 }, (_, digit) => labels.filter((l) => l === digit).length);
      expect(counts).toEqual(new Array(10).fill(count / 10));
    }
    expect([...train.labels.subarray(0, 12)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
  });

  test("have the normalisation that was measured on the training images", () => {
    const n = train.pixels.length;
    const mean = train.pixels.reduce((sum, v) => sum + v, 0) / n;
    const square = train.pixels.reduce((sum, v) => sum + v * v, 0) / n;
    const { mean: means, std } = normalizations["drawn-digits"];
    expect(means[0]).toBe(Number((mean / 255).toFixed(4)));
    expect(std[0]).toBe(Number((Math.sqrt(square - mean ** 2) / 255).toFixed(4)));
  });

  test("refuse a count or a seed that is no whole number", () => {
    expect(() => drawnDigits("train", { count: -1 })).toThrow(InputError);
    expect(() => drawnDigits("train", { count: 1.5 })).toThrow("the number of drawn digits is 1.5");
    expect(() => drawnDigits("test", { seed: 0.5 })).toThrow("the seed of the drawn digits is 0.5");
  });
});

describe("shapes", () => {
  test("are ten digits, each written in several ways, within their box", () => {
    expect(shapes).toHaveLength(10);
    for (const ways of shapes) {
      expect(ways.length).toBeGreaterThan(1);
      for (const { points } of ways.flat()) {
        expect(points.length % 2).toBe(0);
        expect(points.every((v) => v >= 0 && v <= 100)).toBe(true);
      }
    }
  });
});

describe("the pen", () => {
  const points = [0, 0, 12, 6, 6, 18];
  const at = (path: Float64Array, i: number) => [path[2 * i], path[2 * i + 1]];

  test("goes through every point, straight, smooth or closed", () => {
    const straight = flatten({ kind: "line", points });
    expect([straight.length, at(straight, 0), at(straight, 6), at(straight, 12)]).toEqual([
      26,
      [0, 0],
      [12, 6],
      [6, 18],
    ]);
    expect(at(straight, 3)).toEqual([6, 3]);
    const curve = flatten({ kind: "curve", points });
    expect([at(curve, 0), at(curve, 6), at(curve, 12)]).toEqual([
      [0, 0],
      [12, 6],
      [6, 18],
    ]);
    const loop = flatten({ kind: "loop", points });
    expect([loop.length, at(loop, 12), at(loop, 18)]).toEqual([38, [6, 18], [0, 0]]);
  });

  test("bends as the cubic does", () => {
    // Half way: (−p0 + 9 p1 + 9 p2 − p3) / 16, where before the first point lies (−12, −6).
    expect(at(flatten({ kind: "curve", points }), 3)).toEqual([
      (12 + 0 + 9 * 12 - 6) / 16,
      (6 + 0 + 9 * 6 - 18) / 16,
    ]);
    const line = flatten({ kind: "curve", points: [0, 0, 6, 12, 12, 24] });
    for (let i = 0; i <= 12; i++)
      expect(at(line, i)).toEqual([expect.closeTo(i, 12), expect.closeTo(2 * i, 12)]);
  });

  test("leaves the ink of the nearest piece in every pixel", () => {
    const random = createRandom(5);
    const size = 17;
    for (let trial = 0; trial < 40; trial++) {
      const path = Float64Array.from(
        { length: 2 * random.integer(1, 6) },
        () => size * (1.4 * random.uniform() - 0.2),
      );
      const [radius, strength] = [2 * random.uniform(), random.uniform()];
      const ink = new Float64Array(size * size);
      draw(ink, size, path, radius, strength);
      // The slow way divides elsewhere, and differs in the last bits.
      const away = slowInk(size, path, radius, strength).map((value, p) => Math.abs(value - ink[p]!));
      expect(Math.max(...away)).toBeLessThan(1e-12);
    }
  });

  test("a point gives a dot, and what was darker stays", () => {
    const ink = new Float64Array(9);
    draw(ink, 3, Float64Array.of(1.5, 1.5, 1.5, 1.5), 0.6, 0.5);
    expect([ink[4], ink[0], ink[8]]).toEqual([0.5, 0, 0]);
    expect(ink[1]).toBeCloseTo((0.5 * (1.1 ** 2 - 1)) / (1.1 ** 2 - 0.1 ** 2), 12);
    draw(ink, 3, Float64Array.of(0, 1.5, 3, 1.5), 0.6, 0.2);
    expect(ink[4]).toBe(0.5);
  });
});

/** Every pixel against every piece, by the distance to its nearest point. */
function slowInk(size: number, path: Float64Array, radius: number, strength: number) {
  const [inner, outer] = [Math.max(0, radius - 0.5) ** 2, (radius + 0.5) ** 2];
  return Float64Array.from({ length: size * size }, (_, pixel) => {
    const [x, y] = [(pixel % size) + 0.5, Math.floor(pixel / size) + 0.5];
    let most = 0;
    for (let i = 0; i + 3 < path.length; i += 2) {
      const [x0, y0, x1, y1] = path.subarray(i, i + 4) as unknown as [number, number, number, number];
      const along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2);
      const t = Math.min(1, Math.max(0, along));
      const away = (x - x0 - t * (x1 - x0)) ** 2 + (y - y0 - t * (y1 - y0)) ** 2;
      most = Math.max(most, Math.min(strength, (strength * (outer - away)) / (outer - inner)));
    }
    return most;
  });
}
