import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Archive, type DatasetInFiles, datasets } from "../../src/data/registry.js";
import { InputError } from "../../src/errors.js";
import { readDataset } from "../../src/node/datasets.js";
import { downloadDataset } from "../../src/node/download.js";
import { cifarRecords, mnistImages, mnistLabels, tar } from "../data/samples.js";
import { temporaryFolder } from "./temporary.js";

const dir = await temporaryFolder();
const files = new Map<string, Uint8Array>();
const asked: string[] = [];
let server: Server;
let base = "";

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url!);
    const bytes = files.get(request.url!);
    if (request.url === "/hangup/a.gz")
      response.writeHead(200, { "content-length": 100 }).end("short").destroy();
    else if (bytes) response.writeHead(200, { "content-length": bytes.length }).end(bytes);
    else response.writeHead(404, "Not Found").end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

const records = cifarRecords([4, 5]);
const cifarTar = gzipSync(
  tar([
    { path: "cifar-10-batches-bin/", type: "5" },
    ...[1, 2, 3, 4, 5].map((i) => ({ path: `cifar-10-batches-bin/data_batch_${i}.bin`, content: records })),
    { path: "cifar-10-batches-bin/test_batch.bin", content: records },
    { path: "elsewhere/readme.html", content: records },
  ]),
);

const cifarSpec = (archive: Partial<Archive>): DatasetInFiles => ({
  ...datasets.cifar10,
  archives: [{ ...datasets.cifar10.archives[0]!, md5: md5(cifarTar), ...archive }],
});

describe("an archive of many files", () => {
  test("is checked, unpacked and readable; a second call finds it there", async () => {
    files.set("/good.tar.gz", cifarTar);
    const spec = cifarSpec({ mirrors: [`${base}/good.tar.gz`] });
    const target = join(dir, "one");
    const progress: [number, number | undefined][] = [];
    const result = await downloadDataset(spec, {
      dir: target,
      onProgress: ({ received_bytes, total_bytes }) => progress.push([received_bytes, total_bytes]),
    });
    const folder = join(target, "cifar-10-batches-bin");
    expect(result).toEqual({ folder, fetched: ["cifar-10-binary.tar.gz"], present: [] });
    expect(progress.at(-1)).toEqual([cifarTar.length, cifarTar.length]);
    expect((await readdir(target)).sort()).toEqual(["cifar-10-batches-bin"]);
    expect((await readdir(folder)).length).toBe(6);
    expect([...(await readDataset("cifar10", "test", { dir: target })).labels]).toEqual([4, 5]);

    asked.length = 0;
    expect(await downloadDataset(spec, { dir: target })).toMatchObject({
      fetched: [],
      present: ["cifar-10-binary.tar.gz"],
    });
    expect(asked).toEqual([]);
    expect((await downloadDataset(spec, { dir: target, force: true })).fetched.length).toBe(1);
  });

  test("mirrors that fail or hold other bytes are passed over", async () => {
    files.set("/good.tar.gz", cifarTar).set("/other.tar.gz", Uint8Array.of(1, 2, 3));
    const mirrors = ["missing", "hangup/a.gz", "other.tar.gz", "good.tar.gz"].map(
      (path) => `${base}/${path}`,
    );
    asked.length = 0;
    await downloadDataset(cifarSpec({ mirrors: ["http://127.0.0.1:1/closed", ...mirrors] }), {
      dir: join(dir, "two"),
    });
    expect(asked).toEqual(["/missing", "/hangup/a.gz", "/other.tar.gz", "/good.tar.gz"]);
  });

  test("without a good mirror nothing is written and each one's answer is said", async () => {
    files.set("/other.tar.gz", Uint8Array.of(1, 2, 3));
    const target = join(dir, "three");
    const spec = cifarSpec({ mirrors: [`${base}/missing`, `${base}/other.tar.gz`] });
    const error = await downloadDataset(spec, { dir: target }).catch((e: unknown) => e);
    expect((error as Error).message).toBe(
      `cifar-10-binary.tar.gz could not be fetched\n  ${base}/missing: the server answers 404 Not Found\n` +
        `  ${base}/other.tar.gz: its MD5 is ${md5(Uint8Array.of(1, 2, 3))}, but the published file's is ${md5(cifarTar)}\n` +
        "  check the connection, or name another address with --url",
    );
    await expect(readdir(target)).rejects.toThrow("ENOENT");
  });

  test.each<[string, Uint8Array, string]>([
    ["no gzip", Uint8Array.of(1, 2, 3), "cifar-10-binary.tar.gz cannot be unpacked as gzip"],
    [
      "a file too few",
      gzipSync(tar([{ path: "cifar-10-batches-bin/test_batch.bin" }])),
      "does not hold cifar-10-batches-bin/data_batch_1.bin",
    ],
    [
      "a path that leads out",
      gzipSync(tar([{ path: "cifar-10-batches-bin/../../evil" }])),
      "leads out of the folder",
    ],
  ])("with the right sum but %s is refused before anything is written", async (name, bytes, message) => {
    files.set("/odd.tar.gz", bytes);
    const target = join(dir, name);
    const spec = cifarSpec({ mirrors: [`${base}/odd.tar.gz`], md5: md5(bytes) });
    await expect(downloadDataset(spec, { dir: target })).rejects.toThrow(message);
    await expect(readdir(target)).rejects.toThrow("ENOENT");
  });

  test("--url names the archive, or with a slash its folder", async () => {
    files.set("/mine/x.tar.gz", cifarTar).set("/mine/cifar-10-binary.tar.gz", cifarTar);
    const spec = cifarSpec({ mirrors: [] });
    asked.length = 0;
    await downloadDataset(spec, { dir: join(dir, "url1"), url: `${base}/mine/x.tar.gz` });
    await downloadDataset(spec, { dir: join(dir, "url2"), url: `${base}/mine/` });
    expect(asked).toEqual(["/mine/x.tar.gz", "/mine/cifar-10-binary.tar.gz"]);
    for (const url of ["ftp://x/y", "nonsense"]) {
      await expect(downloadDataset(spec, { dir: join(dir, "url3"), url })).rejects.toThrow(InputError);
      await expect(downloadDataset(spec, { dir: join(dir, "url3"), url })).rejects.toThrow(
        `--url is "${url}"`,
      );
    }
  });

  test("a signal stops it", async () => {
    const stopped = downloadDataset(cifarSpec({ mirrors: [`${base}/good.tar.gz`] }), {
      dir: join(dir, "stopped"),
      signal: AbortSignal.abort(new Error("stop")),
    });
    await expect(stopped).rejects.toThrow("stop");
  });
});

test("archives that are the files: only those that are missing are fetched", async () => {
  const contents: Record<string, Uint8Array> = {
    "train-images-idx3-ubyte.gz": gzipSync(mnistImages(3)),
    "train-labels-idx1-ubyte.gz": gzipSync(mnistLabels(3)),
    "t10k-images-idx3-ubyte.gz": gzipSync(mnistImages(2)),
    "t10k-labels-idx1-ubyte.gz": gzipSync(mnistLabels(2)),
  };
  for (const [name, bytes] of Object.entries(contents)) files.set(`/mnist/${name}`, bytes);
  const spec: DatasetInFiles = {
    ...datasets.mnist,
    archives: datasets.mnist.archives.map((archive) => ({ ...archive, md5: md5(contents[archive.file]!) })),
  };
  const target = join(dir, "digits");
  const options = { dir: target, url: `${base}/mnist` };
  expect((await downloadDataset(spec, options)).fetched).toEqual(Object.keys(contents));
  expect((await readDataset("mnist", "train", { dir: target })).count).toBe(3);
  expect(await readFile(join(target, "mnist", "t10k-labels-idx1-ubyte.gz"))).toEqual(
    contents["t10k-labels-idx1-ubyte.gz"],
  );

  // One file unpacked by hand, one lost.
  await writeFile(join(target, "mnist", "train-images-idx3-ubyte"), mnistImages(3));

  await rm(join(target, "mnist", "train-images-idx3-ubyte.gz"));
  await rm(join(target, "mnist", "t10k-images-idx3-ubyte.gz"));
  expect((await downloadDataset(spec, options)).fetched).toEqual(["t10k-images-idx3-ubyte.gz"]);
});
