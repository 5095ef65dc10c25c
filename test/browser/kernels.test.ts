import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cases } from "../array/agreement.js";

/** Debian's, or the one that XBARKIT_CHROMIUM names. */
const executablePath = process.env["XBARKIT_CHROMIUM"] ?? "/usr/bin/chromium";
const withBrowser = existsSync(executablePath) ? describe : describe.skip;
const root = join(import.meta.dirname, "../..");

/** Bare imports of the sources, as the page resolves them. */
const imports = {
  "pure-rand/": "/node_modules/pure-rand/lib/esm/",
};

const page = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>`;

withBrowser(`in headless Chromium${existsSync(executablePath) ? "" : " (skipped: no Chromium)"}`, () => {
  let folder: string;
  let server: Server;
  let browser: Browser;
  let address: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "xbarkit-browser-"));
    compile(folder);
    server = createServer((request, response) => {
      const path = new URL(request.url ?? "/", "http://localhost").pathname;
      if (path === "/") return response.setHeader("content-type", "text/html").end(page);
      const name = path.startsWith("/node_modules/") ? join(root, path) : join(folder, path);
      const file = existsSync(name) ? name : `${name}.js`;
      if (!existsSync(file)) return response.writeHead(404).end();
      return response.setHeader("content-type", "text/javascript").end(readFileSync(file));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test("the kernels give the reference's values, from the same module", { timeout: 300_000 }, async () => {
    const tab = await browser.newPage();
    await tab.goto(address);
    const problems = 2000;
    // As text, because what runs in the page is none of this module's code.
    const result = (await tab.evaluate(`(async () => {
      const { simdKernel } = await import("/src/array/simd/kernel.js");
      const { supportedVariants } = await import("/src/array/simd/module.js");
      const { compareKernels } = await import("/test/array/agreement.js");
      const variants = supportedVariants();
      const kernels = variants.map((variant) => simdKernel({ variant }));
      const { counts, values, difference } = compareKernels(kernels, ${problems}, 12);
      return { variants, counts: [...counts.values()], values, difference };
    })()`)) as { variants: string[]; counts: number[]; values: number; difference: string | null };
    expect(result.difference).toBeNull();
    expect(result.variants).toContain("plain");
    expect(result.counts).toHaveLength(cases.length);
    expect(result.counts.reduce((a, b) => a + b, 0)).toBe(problems);
    expect(result.values).toBeGreaterThan(10 * problems);
  });
});

/** The suite and what it imports, as JavaScript in a folder of its own. */
function compile(folder: string): void {
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: { rootDir: root, outDir: folder, declaration: false, types: [] },
    files: ["test/array/agreement.ts", "src/array/simd/kernel.ts"].map((path) => join(root, path)),
    include: [],
  };
  const file = join(folder, "tsconfig.json");
  writeFileSync(file, JSON.stringify(config));
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", file]);
}
