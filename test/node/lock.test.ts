import { execFileSync } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import { lockDirectory } from "../../src/node/lock.js";
import { temporaryFolder } from "./temporary.js";

const folder = await temporaryFolder();
const holder = (changes: object) =>
  JSON.stringify({ pid: process.pid, host: hostname(), started_s: 0, id: "other", ...changes });

/** The number of a process that has ended. */
const deadPid = () => Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));

test("one holder at a time; released, the directory is free and empty", async () => {
  const directory = join(folder, "run");
  const lock = await lockDirectory(directory);
  const error = await lockDirectory(directory).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).message).toBe(`${directory} is in use by process ${process.pid}`);
  await lock.release();
  await lock.release();
  expect(await readdir(directory)).toEqual([]);
  await (await lockDirectory(directory)).release();
});

test("of many who try at once, one gets it", async () => {
  const directory = join(folder, "crowd");
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockDirectory(directory)));
  expect(tries.filter(({ status }) => status === "fulfilled").length).toBe(1);
});

test("a dead process's lock is taken over, once, by whoever comes first", async () => {
  const directory = join(folder, "dead");
  await (await lockDirectory(directory)).release();
  await writeFile(join(directory, ".lock"), holder({ pid: deadPid() }));
  const tries = await Promise.allSettled(Array.from({ length: 10 }, () => lockDirectory(directory)));
  expect(tries.filter(({ status }) => status === "fulfilled").length).toBe(1);
  expect(await readdir(directory)).toEqual([".lock"]);
  expect(JSON.parse(await readFile(join(directory, ".lock"), "utf8"))).toMatchObject({ pid: process.pid });
});

test("a lock with this process's number from before its start is taken over", async () => {
  const directory = join(folder, "reborn");
  await (await lockDirectory(directory)).release();
  await writeFile(join(directory, ".lock"), holder({ started_s: 1000 }));
  await (await lockDirectory(directory)).release();
});

test("another machine's lock, a live process's and an unreadable one hold", async () => {
  const directory = join(folder, "held");
  await (await lockDirectory(directory)).release();
  const path = join(directory, ".lock");
  await writeFile(path, holder({ host: "elsewhere", pid: deadPid() }));
  await expect(lockDirectory(directory)).rejects.toThrow(/is in use by process \d+ on elsewhere/);
  await writeFile(path, holder({ pid: process.ppid }));
  await expect(lockDirectory(directory)).rejects.toThrow(`is in use by process ${process.ppid}`);
  await writeFile(path, "{");
  await expect(lockDirectory(directory)).rejects.toThrow("which does not say by whom");
});

test("release leaves a lock that another has taken since", async () => {
  const directory = join(folder, "lost");
  const lock = await lockDirectory(directory);
  await writeFile(join(directory, ".lock"), holder({ id: "somebody else" }));
  await lock.release();
  expect(await readdir(directory)).toEqual([".lock"]);
});
