import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { element, numberText, raw, render } from "../../src/report/svg.js";
import { parseXml, textOf } from "./well-formed.js";

// biome-ignore lint/suspicious/noControlCharactersInRegex: the characters that XML 1.0 forbids
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

describe("element", () => {
  test("escapes text and attributes, and passes markup through", () => {
    const markup = element(
      "text",
      { "data-name": `a"b'<c>&` },
      "<script>alert(1)</script> & ",
      raw("<b>x</b>"),
    );
    expect(render(markup)).toBe(
      '<text data-name="a&quot;b&#39;&lt;c&gt;&amp;">&lt;script&gt;alert(1)&lt;/script&gt; &amp; <b>x</b></text>',
    );
  });

  test("leaves out undefined and false attributes, and repeats the name of true ones", () => {
    expect(render(element("div", { id: undefined, hidden: true, title: false }, "x"))).toBe(
      '<div hidden="hidden">x</div>',
    );
  });

  test("closes empty shapes and void elements in place, all others in full", () => {
    expect(render([element("rect"), element("meta"), element("td")])).toBe("<rect /><meta /><td></td>");
  });

  test("rounds coordinates to two decimals, and never writes −0", () => {
    expect([1 / 3, -0.001, 5, 1e-9].map(numberText)).toEqual(["0.33", "0", "5", "0"]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses the coordinate %d", (x) => {
    expect(() => element("rect", { x })).toThrow(`<rect x> was given ${x}`);
    expect(() => numberText(x)).toThrow(`coordinate ${x}`);
  });

  test("any string comes back from the markup as it went in, but for what XML cannot hold", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const kept = text.replace(forbidden, "\ufffd");
        const root = parseXml(render(element("text", { title: text }, text)));
        expect(textOf(root)).toBe(kept);
        expect(root.attributes.get("title")).toBe(kept);
      }),
    );
  });

  test("replaces halves of surrogate pairs", () => {
    expect(render(element("text", {}, "a\ud800b😀"))).toBe("<text>a\ufffdb😀</text>");
  });
});

describe("the checker of these tests", () => {
  test.each([
    ["<a><b></a></b>", "closes another"],
    ["<a>", "never closed"],
    ["<a></a><a></a>", "2 roots"],
    ["<a>x & y</a>", "bare &"],
    ["<a>&nbsp;</a>", "bare &"],
    ['<a x="1" x="2"></a>', "twice"],
    ["<a x=1></a>", "not XML"],
    ["<a>1 < 2</a>", "not XML"],
  ])("refuses %s", (text, message) => {
    expect(() => parseXml(text)).toThrow(message);
  });
});
