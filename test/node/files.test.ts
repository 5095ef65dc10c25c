import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import { readFileOrExplain, stableJson, writeAtomic } from "../../src/node/files.js";
import { temporaryFolder } from "./temporary.js";

const folder = await temporaryFolder();

describe("writeAtomic", () => {
  test("writes text and bytes, replaces, makes folders, leaves nothing beside", async () => {
    const path = join(folder, "new", "deep", "a.bin");
    await writeAtomic(path, "first");
    await writeAtomic(path, Uint8Array.of(1, 2));
    expect([...(await readFile(path))]).toEqual([1, 2]);
    expect(await readdir(join(folder, "new", "deep"))).toEqual(["a.bin"]);
  });

  test("many writers at once: one of them wins whole", async () => {
    const path = join(folder, "race.txt");
    const texts = Array.from({ length: 20 }, (_, i) => String(i % 10).repeat(10_000));
    await Promise.all(texts.map((text) => writeAtomic(path, text)));
    expect(texts).toContain(await readFile(path, "utf8"));
  });

  test("what stands in the way is said", async () => {
    await mkdir(join(folder, "taken"), { recursive: true });
    await expect(writeAtomic(join(folder, "taken"), "x")).rejects.toThrow(
      /taken cannot be written: it is a folder/,
    );
    await writeFile(join(folder, "plain"), "x");
    const below = writeAtomic(join(folder, "plain", "sub", "a"), "x");
    await expect(below).rejects.toThrow(/cannot be written: a part of its path is a file, not a folder/);
    await expect(below).rejects.toThrow(InputError);
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

describe("readFileOrExplain", () => {
  test("gives bytes whose slice is a copy", async () => {
    await writeFile(join(folder, "bytes"), Uint8Array.of(1, 2, 3));
    const bytes = await readFileOrExplain(join(folder, "bytes"), "the model");
    expect(bytes).toEqual(Uint8Array.of(1, 2, 3));
    bytes.slice()[0] = 9;
    expect(bytes[0]).toBe(1);
  });

  test("missing files, folders and forbidden files", async () => {
    const missing = join(folder, "nothing.onnx");
    const error = await readFileOrExplain(missing, "the model").catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(String(error)).toBe(
      `the model ${missing} cannot be read: there is no such file\n  check the path`,
    );
    await expect(readFileOrExplain(folder, "the model")).rejects.toThrow("it is a folder");
    await writeFile(join(folder, "secret"), "x");
    await chmod(join(folder, "secret"), 0);
    // The superuser, and Windows, may read it all the same.
    const secret = await readFileOrExplain(join(folder, "secret"), "the model").catch((e: unknown) =>
      String(e),
    );
    if (typeof secret === "string") expect(secret).toContain("permission is denied");
  });
});

describe("stableJson", () => {
  test("keeps the order of keys and puts plain lists on one line", () => {
    const value = {
      b: 1,
      a: [1, 2.5, -0, "x", null],
      nested: [{ c: true }, []],
      gone: undefined,
      typed: Int8Array.of(1, -1),
      none: {},
    };
    expect(stableJson(value)).toBe(`{
  "b": 1,
  "a": [1, 2.5, 0, "x", null],
  "nested": [
    {
      "c": true
    },
    []
  ],
  "typed": [1, -1],
  "none": {}
}
`);
  });

  test("reads back as JSON does", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(stableJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test.each([
    [{ cost: { energy_J: Number.NaN } }, "value.cost.energy_J is NaN"],
    [[1, Number.POSITIVE_INFINITY], "value[1] is Infinity"],
    [{ f: () => 1 }, "value.f is function"],
    [[undefined], "value[0] is undefined"],
    [{ big: 1n }, "value.big is bigint"],
  ])("refuses what JSON would lose", (value, message) => {
    expect(() => stableJson(value)).toThrow(message);
  });
});
