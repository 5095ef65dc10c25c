import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { importers, operatorTable } from "../../src/onnx/operators.js";

const page = readFileSync(new URL("../../docs/operators.md", import.meta.url), "utf8");

test("docs/operators.md is what scripts/operators-doc.mjs writes", () => {
  expect(page).toBe(operatorTable());
});

test("every operator has its line, in alphabetical order", () => {
  const listed = page.match(/^\| [A-Z]\w+ \|/gm)!.map((cell) => cell.slice(2, -2));
  expect(listed).toEqual([...importers.keys()].sort());
});
