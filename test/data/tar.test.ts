import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { untar } from "../../src/data/tar.js";
import { InputError } from "../../src/errors.js";
import { messageOf, tar } from "./samples.js";

const read = (bytes: Uint8Array) => [...untar(bytes, "a.tar")];

describe("untar", () => {
  test("gives files and passes over folders and archive comments", () => {
    const content = Uint8Array.from({ length: 600 }, (_, i) => i);
    const entries = read(
      tar([
        { path: "pax_global_header", type: "g", content: Uint8Array.of(1) },
        { path: "set/", type: "5" },
        { path: "set/a.bin", content },
        { path: "./set/empty" },
      ]),
    );
    expect(entries.map(({ path }) => path)).toEqual(["set/a.bin", "set/empty"]);
    expect(entries[0]!.bytes).toEqual(content);
    expect(entries[1]!.bytes.length).toBe(0);
  });

  test.each(["../evil", "/etc/passwd", "set/../../evil", "C:evil", "set\\..\\evil"])(
    "refuses the path %s",
    (path) => {
      expect(messageOf(() => read(tar([{ path }])))).toBe(
        `a.tar: byte 0 of the unpacked archive: the path "${path}" leads out of the folder that it is unpacked in\n` +
          "  fetch the archive again",
      );
    },
  );

  test("refuses links, damage and cut archives with their byte", () => {
    expect(messageOf(() => read(tar([{ path: "a" }, { path: "b", type: "2" }])))).toContain(
      'byte 512 of the unpacked archive: "b" has the type "2", which is not a file',
    );
    const damaged = tar([{ path: "a", content: Uint8Array.of(1) }]);
    damaged[3] = 65;
    expect(messageOf(() => read(damaged))).toMatch(
      /byte 0 .*: the header's checksum is \d+, but it says \d+/,
    );
    const whole = tar([{ path: "a", content: new Uint8Array(600) }]);
    expect(messageOf(() => read(whole.subarray(0, 1000)))).toContain(
      "the entry claims 600 bytes, but 488 follow",
    );
    expect(messageOf(() => read(whole.subarray(0, 100)))).toContain("the header has 100 of its 512 bytes");
  });

  test("any change of any byte gives entries or an input error", () => {
    const whole = tar([{ path: "set/a", content: new Uint8Array(10) }, { path: "set/b" }]);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
        const bytes = whole.slice();
        bytes[at] = value;
        try {
          return read(bytes).length <= 2;
        } catch (error) {
          return error instanceof InputError;
        }
      }),
      { numRuns: 1000 },
    );
  });
});
