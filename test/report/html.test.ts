import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import { htmlReport } from "../../src/report/html.js";
import type { Result } from "../../src/report/types.js";
import { resnet20Layers, type SampleLayer, sampleResult } from "../support/sample-result.js";
import { all, numberOf, parseXml, textOf, type XmlElement } from "./well-formed.js";

const meta = { title: "resnet20-ptq", version: "0.1.0" };
const result = sampleResult();
const html = htmlReport(result, meta);
const page = parseXml(html);

const figure = (root: XmlElement, id: string): XmlElement => {
  const found = all(root, "figure").find((e) => e.attributes.get("id") === id);
  if (!found) throw new Error(`no figure ${id}`);
  return found;
};
const figureIds = (root: XmlElement) => all(root, "figure").map((e) => e.attributes.get("id"));
const rects = (root: XmlElement, className: string) => all(root, "rect", className);
const widths = (root: XmlElement, className: string) =>
  rects(root, className).map((r) => numberOf(r, "width"));

/** Everything that could make a browser ask a server for something. */
function loads(text: string): string[] {
  const patterns = [
    /https?:/gi,
    /\bsrc\s*=/gi,
    /\bsrcset\s*=/gi,
    /url\((?!#)[^)]*\)/gi,
    /@import/gi,
    /\/\/[a-z]/gi,
  ];
  const links = [...text.matchAll(/\bhref\s*=\s*"([^"]*)"/gi)]
    .map((m) => m[1]!)
    .filter((link) => link !== "data:,");
  return [...patterns.flatMap((pattern) => text.match(pattern) ?? []), ...links];
}

describe("the page", () => {
  test("is well-formed, with unique ids that all labels find", () => {
    const elements = everything(page);
    const ids = elements.flatMap((e) => e.attributes.get("id") ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const labels = elements.flatMap((e) => e.attributes.get("aria-labelledby")?.split(" ") ?? []);
    expect(labels.length).toBeGreaterThan(20);
    expect(labels.filter((id) => !ids.includes(id))).toEqual([]);
    const fills = elements.flatMap((e) => e.attributes.get("fill")?.match(/url\(#(.*)\)/)?.[1] ?? []);
    expect(fills.filter((id) => !ids.includes(id))).toEqual([]);
  });

  test("loads nothing", () => {
    expect(loads(html)).toEqual([]);
    const policy = all(page, "meta").find(
      (e) => e.attributes.get("http-equiv") === "Content-Security-Policy",
    );
    expect(policy!.attributes.get("content")).toMatch(/^default-src 'none';/);
  });

  test("is the same for an equal result", () => {
    expect(htmlReport(JSON.parse(JSON.stringify(result)) as Result, { ...meta })).toBe(html);
  });

  test("has every plot, each with title, description and data", () => {
    expect(figureIds(page)).toEqual([
      ...["accuracy-ladder", "adc-sweep", "training-loss", "training-accuracy", "training-penalty"],
      ...["training-sparsity", "training-lambda", "training-mismatch"],
      ...["zero-groups", "mismatch", "compression", "arrays", "cells"],
      ...result.data.layers.map((_, i) => `drawing-${i}`),
      ...["total-energy", "total-latency", "total-area", "layer-energy", "activity"],
    ]);
    for (const plot of all(page, "figure")) {
      expect(textOf(all(plot, "h3")[0]!)).not.toBe("");
      expect(textOf(all(plot, "desc")[0]!).length).toBeGreaterThan(40);
      expect(all(plot, "details")).toHaveLength(1);
      expect(all(plot, "td").length).toBeGreaterThan(0);
    }
  });

  test("follows the reader's scheme, and prints light", () => {
    const style = textOf(all(page, "style")[0]!);
    expect(style).toContain("@media (prefers-color-scheme:dark)");
    expect(style).toContain("@media print{:root{color-scheme:light;");
  });

  test("ends with the recipe", () => {
    const recipe = all(page, "pre").map(textOf);
    expect(recipe).toEqual([JSON.stringify(result.recipe, null, 2)]);
  });

  test("says each note once, and every other reading", () => {
    const noted = { ...result, baseline: { ...result.baseline, notes: result.cost.notes } };
    const notes = all(parseXml(htmlReport(noted, meta)), "li").map(textOf);
    expect(notes).toEqual(result.cost.notes);
    expect(html).toContain("tableIEnergyScope bit");
  });
});

describe("numbers in the drawings are those of the result", () => {
  test("the ladder has a bar per step, in proportion to its accuracy", () => {
    const drawn = widths(figure(page, "accuracy-ladder"), "bar");
    const { ladder } = result.data;
    expect(drawn).toHaveLength(ladder.length);
    drawn.forEach((width, i) => {
      expect(width / drawn[0]!).toBeCloseTo(ladder[i]!.accuracy / ladder[0]!.accuracy, 3);
    });
    const shown = all(figure(page, "accuracy-ladder"), "text").map(textOf);
    expect(shown).toEqual(
      expect.arrayContaining(["91.72 %", "10,000 images", "500 images", "FP32: 91.72 %"]),
    );
  });

  test("the sweep has a point per converter and the ideal one as a line", () => {
    const sweep = figure(page, "adc-sweep");
    expect(all(sweep, "circle")).toHaveLength(3);
    expect(all(sweep, "text").map(textOf)).toContain("ideal: 89.80 %");
    expect(all(sweep, "line", "reference")).toHaveLength(2);
  });

  test("arrays and cells have a bar per layer", () => {
    expect(widths(figure(page, "arrays"), "bar")).toHaveLength(20);
    // The legend's key explains the marks once more.
    expect(all(figure(page, "arrays"), "line", "marker")).toHaveLength(21);
    const parts = result.data.layers.flatMap(({ cells: { used, wasted, empty } }) =>
      [used, wasted, empty].filter((n) => n > 0).map((n) => n / (used + wasted + empty)),
    );
    const drawn = widths(figure(page, "cells"), "bar");
    expect(drawn).toHaveLength(parts.length);
    drawn.forEach((width, i) => {
      expect(width / drawn[0]!).toBeCloseTo(parts[i]! / parts[0]!, 2);
    });
  });

  test.each([
    ["total-energy", "energy_J"],
    ["total-latency", "latency_s"],
    ["total-area", "area_m2"],
  ] as const)("%s stacks every component that is not zero, in its own colour", (id, quantity) => {
    const costs = [result.cost, result.baseline, result.baselineSameBands];
    const values = costs.flatMap(({ breakdown }) =>
      Object.values(breakdown)
        .map((part) => part[quantity])
        .filter((value) => value > 0),
    );
    const bars = rects(figure(page, id), "bar");
    expect(bars).toHaveLength(values.length);
    const largest = values.indexOf(Math.max(...values));
    const scale = numberOf(bars[largest]!, "width") / values[largest]!;
    bars.forEach((bar, i) => {
      expect(Math.abs(numberOf(bar, "width") - values[i]! * scale)).toBeLessThan(0.05);
    });
  });

  test("a component keeps its colour across plots", () => {
    const keys = (id: string) => {
      const entries = [...all(figure(page, id), "svg")[0]!.children].filter((c) => typeof c !== "string");
      return new Map(
        entries.flatMap((e, i) =>
          e.attributes.get("class") === "key"
            ? [[textOf(entries[i + 1]!), e.attributes.get("fill")] as const]
            : [],
        ),
      );
    };
    const [area, energy, layers] = ["total-area", "total-energy", "layer-energy"].map(keys);
    expect(area!.size).toBe(9);
    expect([...area!.keys()]).toContain("cells");
    expect(energy!.has("cells")).toBe(false);
    for (const [name, colour] of [...energy!, ...layers!].filter(([name]) => !name.startsWith("baseline")))
      expect(area!.get(name)).toBe(colour);
  });

  test("zero groups have a bar per layer and position, and mismatch two", () => {
    const { layers } = result.data.pruning!;
    const shares = layers.flatMap(({ positions }) => positions.map((at) => at.zeroGroups / at.groups));
    const drawn = widths(figure(page, "zero-groups"), "bar");
    expect(drawn).toHaveLength(36);
    drawn.forEach((width, i) => {
      expect(width / drawn[0]!).toBeCloseTo(shares[i]! / shares[0]!, 1);
    });
    const columns = layers.flatMap(({ mismatchColumns }) => [mismatchColumns.layer, mismatchColumns.chunks]);
    const bars = widths(figure(page, "mismatch"), "bar");
    expect(bars).toHaveLength(columns.filter((n) => n > 0).length);
    expect(textOf(all(figure(page, "mismatch"), "tbody")[0]!)).toContain(`${columns[0]}, ${columns[1]}`);
  });

  test("a reference run stands beside this one, layer by layer, with both sparsities", () => {
    const other = sampleResult(
      resnet20Layers().map((layer) => ({ ...layer, sparsity: layer.sparsity && 0.3 })),
    );
    const root = parseXml(
      htmlReport(result, { ...meta, reference: { title: "plain <lasso>", result: other } }),
    );
    expect(figureIds(root)).toEqual(expect.arrayContaining(["mismatch-layer", "mismatch-chunks"]));
    expect(figureIds(root)).not.toContain("mismatch");
    const figures = figure(root, "mismatch-layer");
    expect(textOf(all(figures, "h3")[0]!)).toBe(
      `Mismatch over whole layers: ${result.data.pruning!.mismatchColumns.layer} columns, ${other.data.pruning!.mismatchColumns.layer} in plain <lasso>`,
    );
    const sparsities = [result, other].map(({ groupSparsity }) => `${(100 * groupSparsity!).toFixed(1)} %`);
    for (const sparsity of sparsities) expect(textOf(all(figures, "desc")[0]!)).toContain(sparsity);
    const rows = all(all(figures, "tbody")[0]!, "tr").map((row) => all(row, "td").map(textOf));
    expect(rows.map(([own, theirs]) => [Number(own), Number(theirs)])).toEqual(
      result.data.pruning!.layers.map(({ mismatchColumns }, i) => [
        mismatchColumns.layer,
        other.data.pruning!.layers[i]!.mismatchColumns.layer,
      ]),
    );
  });

  test("curves have one point per moment, in a band per stage", () => {
    const { training } = result.data;
    const loss = figure(page, "training-loss");
    const moments = training.flatMap(({ points }) => points);
    const validated = moments.filter(({ validation }) => validation !== null).length;
    const trained = moments.filter(({ loss: value }) => value !== null).length;
    expect(all(loss, "circle")).toHaveLength(validated + trained);
    const bands = all(loss, "rect", "band");
    expect(bands.map((band) => textOf(band))).toEqual(["quantise", "prune", "fine-tune"]);
    const steps = training.map(({ points }) => points.at(-1)!.step);
    const [first] = bands.map((band) => numberOf(band, "width"));
    bands.forEach((band, i) => {
      expect(numberOf(band, "width") / first!).toBeCloseTo(steps[i]! / steps[0]!, 2);
    });
    // A piece per stage and curve; stages are not joined, since they minimise different things.
    expect(all(loss, "path", "line")).toHaveLength(6);
    expect(all(figure(page, "training-penalty"), "path", "line")).toHaveLength(1);
    expect(all(figure(page, "training-lambda"), "path", "line")).toHaveLength(2);
    const rows = all(all(loss, "tbody")[0]!, "tr");
    expect(rows).toHaveLength(moments.length);
    expect(textOf(rows[0]!)).toBe("0quantise–0.99");
  });

  test("every difference to software on the same images is listed with its interval", () => {
    const table = all(page, "table").find((e) => textOf(all(e, "th")[0]!) === "converters")!;
    expect(all(all(table, "tbody")[0]!, "tr").map(textOf)[0]).toBe("ideal−0.20 pp−3.90 pp+3.50 pp500");
  });

  test("what each compression rate counts is said, by the rule that was used", () => {
    const words = all(page, "dd").map(textOf);
    expect(words.some((text) => text.startsWith("weights of layers with groups"))).toBe(true);
    const { pruning } = result.data;
    const layers = pruning!.layers.map((layer) => ({ ...layer, inGroupSparsity: false }));
    const byWeights = htmlReport(
      { ...result, data: { ...result.data, pruning: { ...pruning!, layers } } },
      meta,
    );
    expect(byWeights).toContain("weights of all layers, before and after");
  });

  test("the drawing of a layer shows its row groups, and its cells add up to the layer's", () => {
    result.data.layers.forEach((layer, i) => {
      const drawing = figure(page, `drawing-${i}`);
      const groups = layer.drawing.arrays.flat();
      expect(rects(drawing, "empty")).toHaveLength(layer.drawing.arrays.length);
      expect(rects(drawing, "occupied")).toHaveLength(groups.filter(([, , bits]) => bits > 0).length);
      if (layer.drawing.arraysShown < layer.drawing.arraysTotal) return;
      const rows = all(drawing, "tbody").flatMap((body) => all(body, "tr"));
      const sum = (column: number) =>
        rows.reduce((total, row) => total + Number(textOf(all(row, "td")[column]!).replaceAll(",", "")), 0);
      expect([sum(2), sum(3), sum(4)]).toEqual([layer.cells.used, layer.cells.wasted, layer.cells.empty]);
    });
  });

  test("one drawing shows before any script has run, the others wait for the menu", () => {
    const boxes = all(page, "div", "drawing");
    expect(boxes.map((box) => box.attributes.has("hidden"))).toEqual([
      false,
      ...Array<boolean>(19).fill(true),
    ]);
    expect(all(page, "option").map(textOf)).toEqual(result.data.layers.map(({ matrix }) => matrix));
  });

  test("the layer table has all layers", () => {
    const table = all(page, "table").find((e) => all(e, "th").length === 18 + 20)!;
    expect(all(all(table, "tbody")[0]!, "tr")).toHaveLength(20);
  });
});

describe("unusual results", () => {
  const layer = (name: string, extra: Partial<SampleLayer> = {}): SampleLayer => ({
    ...{ name, inputs: 16, outputs: 16, positions: 64, window: 9, sparsity: 0.5 },
    ...extra,
  });
  const pageOf = (unusual: Result) => parseXml(htmlReport(unusual, meta));

  test("names are text, never markup", () => {
    const name = `</script><script>alert("x")</script><img src="http://example.org/a.png">&amp;`;
    const hostile: Result = {
      ...sampleResult([layer(name)]),
      recipe: { note: "</pre><script>alert(1)</script>" },
      cost: { ...result.cost, notes: [name], alternatives: [{ name, assumption: name, chosen: true }] },
    };
    const root = parseXml(htmlReport(hostile, { title: name, version: name }));
    expect(all(root, "script")).toHaveLength(1);
    expect(all(root, "img")).toEqual([]);
    expect(textOf(all(root, "h1")[0]!)).toBe(name);
    expect(all(root, "option").map(textOf)).toEqual([name]);
  });

  test("stages that did not run are said to be so, and have no plots", () => {
    const accuracy = { fp32: null, quantized: null, pruned: null, hardware: null };
    const none = { ladder: [], adcSweep: [], integerVersusFloat: null, training: [], stages: [], paired: [] };
    const data = { ...result.data, ...none };
    const root = pageOf({ ...result, accuracy, data, groupSparsity: null, readWeightedSparsity: null });
    expect(figureIds(root)).not.toContain("accuracy-ladder");
    expect(figureIds(root)).not.toContain("adc-sweep");
    expect(figureIds(root).filter((id) => id!.startsWith("training"))).toEqual([]);
    expect(all(root, "h2").map(textOf)).not.toContain("Training");
    expect(all(root, "dd").map(textOf)).toContain("not run");
  });

  test("only the ideal converter: no sweep", () => {
    const adcSweep = [{ bits: null, accuracy: 0.9, images: 10 }];
    const root = pageOf({ ...result, data: { ...result.data, adcSweep } });
    expect(figureIds(root)).not.toContain("adc-sweep");
  });

  test("no layer at all", () => {
    const ids = figureIds(pageOf(sampleResult([]))).filter((id) => !id!.startsWith("training"));
    expect(ids).toEqual([
      ...["accuracy-ladder", "adc-sweep", "compression", "total-energy", "total-latency", "total-area"],
    ]);
  });

  test("one dense layer has no groups to show", () => {
    const root = pageOf(sampleResult([layer("fc", { sparsity: null })]));
    expect(figureIds(root)).not.toContain("zero-groups");
    expect(rects(figure(root, "arrays"), "bar")).toHaveLength(1);
  });

  test("sixty layers with long names", () => {
    const layers = Array.from({ length: 60 }, (_, i) => layer(`/model/${"deep/".repeat(30)}${i}/Conv`));
    const root = pageOf(sampleResult(layers));
    expect(rects(figure(root, "arrays"), "bar")).toHaveLength(60);
    for (const svg of all(root, "svg")) {
      const [, , width] = svg.attributes.get("viewBox")!.split(" ").map(Number);
      for (const rect of all(svg, "rect").filter((r) => r.attributes.has("x")))
        expect(numberOf(rect, "x") + numberOf(rect, "width")).toBeLessThanOrEqual(width! + 0.01);
    }
  });

  test("everything zero", () => {
    const zero = (value: unknown): unknown => {
      if (typeof value === "number") return 0;
      if (Array.isArray(value)) return value.map(zero);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, zero(part)]));
    };
    const zeros = { ...(zero(result) as Result), version: 1 as const };
    const layers = zeros.data.layers.map((l) => ({ ...l, drawing: { ...l.drawing, arrays: [] } }));
    const root = pageOf({ ...zeros, data: { ...zeros.data, adcSweep: [], layers } });
    expect(rects(root, "bar")).toEqual([]);
    expect(all(root, "dd").map(textOf)).toContain("0 J");
    // Stages without a step have no room on the axis.
    expect(figureIds(root).filter((id) => id!.startsWith("training"))).toEqual([]);
  });

  test("a total beyond its parts is shown as not itemised", () => {
    const cost = { ...result.cost, energy_J: result.cost.energy_J * 2 };
    const energy = figure(pageOf({ ...result, cost }), "total-energy");
    const unnamed = rects(energy, "bar").filter((bar) => textOf(bar).includes("not itemised"));
    expect(unnamed).toHaveLength(1);
    expect(
      rects(figure(page, "total-energy"), "bar").filter((bar) => textOf(bar).includes("itemised")),
    ).toEqual([]);
  });

  test("a result of another version, or with a number that is none, is refused", () => {
    const cost = { ...result.cost, latency_s: Number.NaN };
    expect(() => htmlReport({ ...result, cost }, meta)).toThrow("result.cost.latency_s is NaN");
    const newer = { ...result, version: 2 } as unknown as Result;
    expect(() => htmlReport(newer, meta)).toThrow(InputError);
    expect(() => htmlReport(newer, meta)).toThrow("result.version is 2");
  });

  test("the sample has the layers of ResNet-20", () => {
    expect(resnet20Layers()).toHaveLength(20);
  });
});

function everything(root: XmlElement): XmlElement[] {
  return [root, ...root.children.flatMap((child) => (typeof child === "string" ? [] : everything(child)))];
}
