import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { energy, percent } from "../../src/report/format.js";
import {
  arrayMap,
  barChart,
  cellCounts,
  colourScale,
  countAxis,
  curveChart,
  figureHtml,
  groupedBars,
  lineChart,
  type Plot,
  quantityAxis,
  seriesColours,
  shareAxis,
  stackedBars,
  standaloneSvg,
} from "../../src/report/plots/index.js";
import { render } from "../../src/report/svg.js";
import { all, numberOf, parseXml, textOf, type XmlElement } from "./well-formed.js";

const text = { id: "plot", title: "Title <1>", description: "How to read it & more" };
const parse = (plot: Plot): XmlElement => parseXml(standaloneSvg(plot));
const widths = (root: XmlElement, className = "bar") =>
  all(root, "rect", className).map((r) => numberOf(r, "width"));
const texts = (root: XmlElement) => all(root, "text").map(textOf);

describe("axes", () => {
  test("take their unit from the largest value", () => {
    const axis = quantityAxis("energy per image", [0, 3.2e-7, 1.5e-6], energy);
    expect(axis.title).toBe("energy per image (µJ)");
    expect([0, 5e-7, 1.5e-6].map(axis.tick)).toEqual(["0", "0.5", "1.5"]);
    expect(axis.value(3.2e-7)).toBe("320 nJ");
  });

  test("show zeros without a prefix", () => {
    const axis = quantityAxis("energy", [0], energy);
    expect([axis.title, axis.tick(0), axis.max]).toEqual(["energy (J)", "0", 0]);
  });

  test("count in whole numbers only", () => {
    const axis = countAxis("arrays", [1]);
    expect([0, 0.5, 1].map(axis.tick)).toEqual(["0", "", "1"]);
  });
});

describe("barChart", () => {
  const bars = [
    { label: "a", value: 0.5, note: "x" },
    { label: "b", value: 0.25, interval: [0.2, 0.3] as const },
    { label: "c", value: null },
    { label: "d", value: 0 },
  ];
  const plot = barChart({
    ...text,
    bars,
    axis: shareAxis("accuracy"),
    rowTitle: "step",
    references: [{ label: "FP32", value: 0.75 }],
  });

  test("draws one bar per value above zero, in proportion", () => {
    const [a, b, ...rest] = widths(parse(plot));
    expect(rest).toEqual([]);
    expect(a! / b!).toBeCloseTo(2, 2);
  });

  test("writes values, notes, references and the axis", () => {
    const shown = texts(parse(plot));
    for (const wanted of ["50.0 %", "x", "25.0 %", "–", "0.0 %", "FP32: 75.0 %", "accuracy (%)", "100"])
      expect(shown).toContain(wanted);
    expect(all(parse(plot), "line", "reference")).toHaveLength(1);
    expect(all(parse(plot), "path", "whisker")).toHaveLength(2); // the bar's and the legend's
  });

  test("gives all of it as a table", () => {
    expect(plot.table).toEqual({
      columns: ["step", "accuracy (%)", "from", "to", "note"],
      rows: [
        ["a", "50.0 %", "–", "–", "x"],
        ["b", "25.0 %", "20.0 %", "30.0 %", ""],
        ["c", "–", "–", "–", ""],
        ["d", "0.0 %", "–", "–", ""],
        ["FP32", "75.0 %", "", "", ""],
      ],
    });
  });

  test("names itself to those who cannot see it", () => {
    const root = parse(plot);
    const [title, description] = [all(root, "title")[0]!, all(root, "desc")[0]!];
    expect([textOf(title), textOf(description)]).toEqual([text.title, text.description]);
    const ids = [title, description].map((e) => e.attributes.get("id"));
    expect(root.attributes.get("aria-labelledby")).toBe(ids.join(" "));
    expect(root.attributes.get("role")).toBe("img");
  });

  test("draws zeros without dividing by them", () => {
    const zeros = barChart({
      ...text,
      bars: [{ label: "a", value: 0 }],
      axis: countAxis("n", [0]),
      rowTitle: "layer",
    });
    expect(widths(parse(zeros))).toEqual([]);
    const none = barChart({ ...text, bars: [], axis: quantityAxis("e", [], energy), rowTitle: "layer" });
    expect(widths(parse(none))).toEqual([]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1])("refuses the value %d", (value) => {
    const chart = { ...text, bars: [{ label: "a", value }], axis: shareAxis("s"), rowTitle: "layer" };
    expect(() => barChart(chart)).toThrow(`plot, row "a" is ${value}`);
  });

  test("shortens a long name and keeps the whole of it at hand", () => {
    const label = `/${"very/long/".repeat(20)}Conv`;
    const root = parse(
      barChart({ ...text, bars: [{ label, value: 1 }], axis: countAxis("n", [1]), rowTitle: "layer" }),
    );
    const shown = all(root, "text").find((e) => e.attributes.get("text-anchor") === "end")!;
    expect(textOf(all(shown, "title")[0]!)).toBe(label);
    expect([...textOf(shown)].length - label.length).toBe(30);
  });
});

describe("stackedBars", () => {
  const series = [
    { name: "one", colour: "#111111" },
    { name: "two", colour: "#222222" },
  ];

  test("parts stand side by side in their series' colours, in proportion", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: 20 }),
        (values) => {
          const largest = Math.max(...values.map(([a, b]) => a + b));
          const plot = stackedBars({
            ...text,
            series,
            rows: values.map(([a, b], i) => ({ label: `layer ${i}`, values: [a, b] })),
            axis: { title: "n", max: Math.max(1, largest), exact: true, tick: String, value: String },
            rowTitle: "layer",
          });
          const rects = all(parse(plot), "rect", "bar");
          const drawn = values
            .flatMap(([a, b]) => [a, b].map((value, i) => ({ value, i })))
            .filter(({ value }) => value > 0);
          expect(rects.map((r) => r.attributes.get("fill"))).toEqual(drawn.map(({ i }) => series[i]!.colour));
          const scale = drawn.length === 0 ? 1 : numberOf(rects[0]!, "width") / drawn[0]!.value;
          drawn.forEach(({ value }, k) => {
            // Coordinates are rounded to a hundredth; the scale comes from one such width.
            const slack = 0.01 + (0.005 / drawn[0]!.value) * value;
            expect(Math.abs(numberOf(rects[k]!, "width") - value * scale)).toBeLessThanOrEqual(slack + 1e-9);
          });
        },
      ),
      { numRuns: 50 },
    );
  });

  test("marks the baseline of a row and says so in legend and table", () => {
    const plot = stackedBars({
      ...text,
      series,
      rows: [{ label: "a", values: [1, 2], text: "3", note: "fine", marker: 6 }],
      axis: countAxis("arrays", [6]),
      rowTitle: "layer",
      markerLabel: "unpruned",
    });
    expect(texts(parse(plot))).toContain("unpruned");
    expect(all(parse(plot), "line", "marker")).toHaveLength(2); // the row's and the legend's
    expect(plot.table).toEqual({
      columns: ["layer", "one", "two", "unpruned", "total", "note"],
      rows: [["a", "1", "2", "6", "3", "fine"]],
    });
  });

  test("refuses more values than series", () => {
    const rows = [{ label: "a", values: [1, 2, 3] }];
    expect(() =>
      stackedBars({ ...text, series, rows, axis: countAxis("n", [6]), rowTitle: "layer" }),
    ).toThrow('row "a" has 3 values for 2 series');
  });
});

describe("groupedBars", () => {
  const chart = {
    ...text,
    series: [
      { name: "top", colour: "#111111" },
      { name: "bottom", colour: "#222222" },
    ],
    rows: [
      { label: "a", values: [0.2, 0.4], text: "30 %" },
      { label: "b", values: [0.1, null], text: "10 %" },
    ],
    axis: shareAxis("zero groups"),
    rowTitle: "layer",
    references: [{ label: "all", value: 0.25 }],
  };

  test("the bars of a row stand below one another from the same line, in proportion", () => {
    const root = parse(groupedBars(chart));
    const bars = all(root, "rect", "bar");
    expect(bars.map((bar) => bar.attributes.get("fill"))).toEqual(["#111111", "#222222", "#111111"]);
    expect(new Set(bars.map((bar) => bar.attributes.get("x"))).size).toBe(1);
    const [a, b, c] = widths(root);
    expect(b! / a!).toBeCloseTo(2, 2);
    expect(a! / c!).toBeCloseTo(2, 2);
    const [top, below] = bars.map((bar) => [numberOf(bar, "y"), numberOf(bar, "height")] as const);
    expect(top![0] + top![1]).toBeCloseTo(below![0], 2);
  });

  test("rows never overlap, however many series and rows there are", () => {
    const sizes = fc.record({
      series: fc.integer({ min: 1, max: 9 }),
      rows: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(sizes, ({ series, rows }) => {
        const plot = groupedBars({
          ...{ ...text, axis: shareAxis("s"), rowTitle: "layer" },
          series: Array.from({ length: series }, (_, i) => ({ name: `s${i}`, colour: "#111111" })),
          rows: Array.from({ length: rows }, (_, i) => ({
            label: `layer ${i}`,
            values: Array.from({ length: series }, () => 0.5),
          })),
        });
        const bars = all(parse(plot), "rect", "bar").map(
          (bar) => [numberOf(bar, "y"), numberOf(bar, "height")] as const,
        );
        expect(bars).toHaveLength(series * rows);
        for (const [i, [y]] of bars.entries())
          if (i > 0) expect(y).toBeGreaterThanOrEqual(bars[i - 1]![0] + bars[i - 1]![1] - 0.02);
        expect(bars.every(([, height]) => height >= 3)).toBe(true);
        expect(bars.at(-1)![0] + bars.at(-1)![1]).toBeLessThan(plot.height);
      }),
      { numRuns: 40 },
    );
  });

  test("gives all of it as a table", () => {
    expect(groupedBars(chart).table).toEqual({
      columns: ["layer", "top", "bottom", "all"],
      rows: [
        ["a", "20.0 %", "40.0 %", "30 %"],
        ["b", "10.0 %", "–", "10 %"],
        ["all", "25.0 %", "", ""],
      ],
    });
  });
});

describe("curveChart", () => {
  const chart = {
    ...text,
    curves: [
      {
        name: "training",
        colour: "#111111",
        pieces: [
          [
            [0, 1],
            [10, 0.5],
          ],
          [
            [10, 0.6],
            [40, 0.2],
          ],
        ] as const,
      },
      { name: "validation", colour: "#222222", pieces: [[], [[40, 0.3]]] as const },
    ],
    bands: [
      { name: "first", from: 0, to: 10 },
      { name: "second <b>", from: 10, to: 40 },
    ],
    x: { title: "step", max: 40, tick: String, value: String },
    y: { title: "loss", max: 1, tick: String, value: String },
  };

  test("draws each piece by itself, over its band", () => {
    const root = parse(curveChart(chart));
    expect(all(root, "path", "line")).toHaveLength(3);
    const [first, second] = all(root, "rect", "band").map(
      (r) => [numberOf(r, "x"), numberOf(r, "width")] as const,
    );
    expect(second![1] / first![1]).toBeCloseTo(3, 2);
    expect(second![0]).toBeCloseTo(first![0] + first![1], 1);
    const dots = all(root, "circle").map((c) => numberOf(c, "cx"));
    expect(dots[0]).toBeCloseTo(first![0], 1);
    expect(dots[3]).toBeCloseTo(second![0] + second![1], 1);
    expect(texts(root)).toEqual(
      expect.arrayContaining(["first", "second <b>", "training", "validation", "loss", "step"]),
    );
  });

  test("lists every place once, also where two stages meet", () => {
    expect(curveChart(chart).table).toEqual({
      columns: ["step", "stage", "training", "validation"],
      rows: [
        ["0", "first", "1", "–"],
        ["10", "first", "0.5", "–"],
        ["10", "second <b>", "0.6", "–"],
        ["40", "second <b>", "0.2", "0.3"],
      ],
    });
  });

  test("many points have no dots, and a narrow band keeps its name for the pointer only", () => {
    const piece = Array.from({ length: 500 }, (_, i) => [i, 1 / (1 + i)] as const);
    const bands = [
      { name: "a long name", from: 0, to: 3 },
      { name: "rest", from: 3, to: 500 },
    ];
    const root = parse(
      curveChart({ ...chart, curves: [{ name: "", colour: "#111111", pieces: [piece] }], bands }),
    );
    expect(all(root, "circle")).toEqual([]);
    expect(texts(root)).toContain("rest");
    expect(texts(root)).not.toContain("a long name");
    expect(all(root, "title").map(textOf)).toContain("a long name");
  });

  test("stays inside its picture", () => {
    const value = fc.double({ min: 0, max: 1e6, noNaN: true });
    const points = fc.array(fc.tuple(fc.nat(100_000), value), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(points, (found) => {
        const piece = found.sort(([a], [b]) => a - b);
        const max = Math.max(...piece.map(([, y]) => y));
        const plot = curveChart({
          ...{ ...chart, curves: [{ name: "c", colour: "#111111", pieces: [piece] }], bands: [] },
          y: { ...chart.y, max },
        });
        for (const circle of all(parse(plot), "circle")) {
          expect(numberOf(circle, "cx")).toBeGreaterThanOrEqual(0);
          expect(numberOf(circle, "cx")).toBeLessThanOrEqual(plot.width);
          expect(numberOf(circle, "cy")).toBeGreaterThanOrEqual(0);
          expect(numberOf(circle, "cy")).toBeLessThanOrEqual(plot.height);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("refuses what it cannot draw", () => {
    expect(() => curveChart({ ...chart, curves: [] })).toThrow("plot has no points");
    const broken = [{ name: "a", colour: "#111111", pieces: [[[0, Number.NaN] as const]] }];
    expect(() => curveChart({ ...chart, curves: broken })).toThrow('plot, "a" is NaN');
  });
});

test("few series have fixed colours, many as many as they are", () => {
  for (const count of [0, 1, 2, 3, 7, 12]) expect(new Set(seriesColours(count)).size).toBe(count);
});

describe("lineChart", () => {
  const points = [
    { x: 6, y: 0.9 },
    { x: 4, y: 0.7, interval: [0.6, 0.8] as const, note: "500 images" },
  ];
  const chart = {
    ...text,
    series: [{ name: "hardware", points }],
    x: { title: "ADC width (bit)", max: 12, tick: String, value: String },
    y: { ...shareAxis("accuracy"), min: 0.5 },
    references: [{ label: "ideal", value: 0.95 }],
  };

  test("draws the points in order of x, where the axes say", () => {
    const root = parse(lineChart(chart));
    const circles = all(root, "circle").map((c) => [numberOf(c, "cx"), numberOf(c, "cy")] as const);
    expect(circles).toHaveLength(2);
    const [[x4, y4], [x6, y6]] = circles as [readonly [number, number], readonly [number, number]];
    expect(x4).toBeLessThan(x6);
    const line = all(root, "line", "reference")[0]!;
    // 0.7 → 0.9 → 0.95 stand in the ratio 0.2 : 0.05 above each other.
    expect((y4 - y6) / (y6 - numberOf(line, "y1"))).toBeCloseTo(4, 1);
    expect(texts(root)).toEqual(expect.arrayContaining(["4", "6", "70.0 %", "90.0 %", "ideal: 95.0 %"]));
  });

  test("lists points and references", () => {
    expect(lineChart(chart).table.rows).toEqual([
      ["hardware", "4", "70.0 %", "60.0 %", "80.0 %", "500 images"],
      ["hardware", "6", "90.0 %", "–", "–", ""],
      ["ideal", "", "95.0 %", "", "", ""],
    ]);
  });

  test("several lines have colours of their own and a legend; one point is enough", () => {
    const series = ["a", "b", "c"].map((name, i) => ({ name, points: [{ x: 1, y: i / 4 }] }));
    const root = parse(lineChart({ ...chart, y: shareAxis("accuracy"), series }));
    expect(new Set(all(root, "circle").map((c) => c.attributes.get("fill"))).size).toBe(3);
    expect(texts(root)).toEqual(expect.arrayContaining(["a", "b", "c"]));
  });

  test("refuses what it cannot draw", () => {
    expect(() => lineChart({ ...chart, series: [] })).toThrow("plot has no points");
    const broken = [{ name: "a", points: [{ x: 1, y: Number.NaN }] }];
    expect(() => lineChart({ ...chart, series: broken })).toThrow('plot, "a" is NaN');
  });
});

describe("arrayMap", () => {
  const drawing = {
    arraysShown: 2,
    arraysTotal: 5,
    rows: 144,
    columns: 32,
    arrays: [
      [
        [0, 72, 6],
        [72, 72, 2],
      ],
      [
        [0, 72, 4],
        [72, 30, 0],
      ],
    ] as const,
  };

  test("counts the cells of the recombination example: 288 of 864 wasted", () => {
    expect(cellCounts(drawing.arrays[0], 144, 32)).toEqual({ occupied: 576, wasted: 288, empty: 144 * 26 });
  });

  test("word lines without a row of the matrix are empty, pruned ones wasted", () => {
    expect(cellCounts(drawing.arrays[1], 144, 32)).toEqual({ occupied: 288, wasted: 120, empty: 4608 - 408 });
    expect(cellCounts([], 10, 10)).toEqual({ occupied: 0, wasted: 0, empty: 100 });
  });

  test("the drawn areas are the counted cells", () => {
    const root = parse(arrayMap({ ...text, drawing }));
    const areas = (name: string) =>
      all(root, "rect", name).map((r) => numberOf(r, "width") * numberOf(r, "height"));
    const whole = areas("empty")[0]! / (144 * 32);
    expect(areas("occupied").map((a) => a / whole)).toEqual([432, 144, 288]);
    expect(areas("wasted").map((a) => a / whole)).toEqual([288, 120]);
    expect(areas("empty").map((a) => a / whole)).toEqual([4608, 4608]);
  });

  test("numbers the arrays and says how many there are", () => {
    const plot = arrayMap({ ...text, drawing });
    const shown = texts(parse(plot));
    expect(shown).toEqual(expect.arrayContaining(["0", "1", "144 word lines"]));
    expect(shown.some((line) => line.includes("2 of 5 arrays shown"))).toBe(true);
    expect(plot.table.rows).toEqual([
      ["0", "2", "6", "576", "288", "3,744"],
      ["1", "2", "4", "288", "120", "4,200"],
    ]);
  });

  test("stays inside its picture whatever the arrays' size and number", () => {
    const sizes = fc.record({
      rows: fc.integer({ min: 1, max: 2048 }),
      columns: fc.integer({ min: 1, max: 2048 }),
      n: fc.nat(64),
    });
    fc.assert(
      fc.property(sizes, ({ rows, columns, n }) => {
        const arrays = Array.from({ length: n }, () => [[0, rows, columns] as const]);
        const plot = arrayMap({
          ...text,
          drawing: { arraysShown: n, arraysTotal: n, rows, columns, arrays },
        });
        const rects = plot.body
          .map((m) => m.markup)
          .join("")
          .matchAll(/class="empty" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g);
        let seen = 0;
        for (const [x, y, width, height] of [...rects].map(
          (m) => m.slice(1).map(Number) as [number, number, number, number],
        )) {
          seen++;
          expect(x + width).toBeLessThanOrEqual(plot.width + 0.01);
          expect(y + height).toBeLessThanOrEqual(plot.height);
        }
        expect(seen).toBe(n);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    [[[0, 145, 2]], "[0, 145, 2] of array 0"],
    [[[0, 10, 33]], "[0, 10, 33] of array 0"],
    [
      [
        [0, 72, 2],
        [71, 2, 2],
      ],
      "[71, 2, 2] of array 0",
    ],
    [[[0, Number.NaN, 2]], "[0, NaN, 2] of array 0"],
  ] as const)("refuses row groups that no array can have: %j", (groups, message) => {
    const wrong = { ...drawing, arrays: [groups] };
    expect(() => arrayMap({ ...text, drawing: wrong })).toThrow(message);
  });
});

test("colours are as many as the names, and the same for the same names", () => {
  const names = Array.from({ length: 9 }, (_, i) => `component ${i}`);
  const scale = colourScale(names);
  expect(new Set(scale.values()).size).toBe(9);
  expect(colourScale(names)).toEqual(scale);
  expect(colourScale(["only"]).size).toBe(1);
});

test("a figure holds title, words, drawing and table", () => {
  const plot = barChart({
    ...text,
    bars: [{ label: "<script>", value: 1 }],
    axis: countAxis("n", [1]),
    rowTitle: "layer",
  });
  const figure = parseXml(render(figureHtml(plot)));
  expect(all(figure, "script")).toEqual([]);
  expect(textOf(all(figure, "h3")[0]!)).toBe(text.title);
  expect(all(figure, "svg")).toHaveLength(1);
  expect(all(figure, "td").map(textOf)).toEqual(["1"]);
  expect(all(figure, "th").map(textOf)).toEqual(["layer", "n", "<script>"]);
});

test("a share axis takes its digits", () => {
  expect(shareAxis("s", { digits: 2 }).value(0.12345)).toBe(percent(0.12345));
});
