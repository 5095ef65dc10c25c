import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { modelsDir, withData } from "../support/data.js";

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

test("the README's example is the file in examples/", () => {
  const block = /<!-- example -->\s*```js\n([\s\S]*?)```/.exec(readFileSync(path("README.md"), "utf8"));
  expect(block?.[1]).toBe(readFileSync(path("examples/library.mjs"), "utf8"));
});

withData("the example", () => {
  test("runs against the built package", { timeout: 120_000 }, () => {
    const model = `${modelsDir()}/resnet20-cifar10.onnx`;
    const printed = execFileSync(process.execPath, [path("examples/library.mjs"), model, "8"], {
      encoding: "utf8",
    });
    expect(printed).toMatch(/^\d+\.\d\d % right at \d+(\.\d+)? nJ per image\n$/);
  });
});
