import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { InputError } from "../errors.js";
import { explain } from "./files.js";

export interface DirectoryLock {
  /** Gives the directory back. A second call does nothing. */
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Seconds since 1970 at which the process started: a later process may have the same number. */
  readonly started_s: number;
  readonly id: string;
}

const lockName = ".lock";

// Taken once: the two clocks drift apart while the machine sleeps.
const processStart_s = Math.round(Date.now() / 1000 - process.uptime());

/** The locks that this thread holds, by their id. */
const held = new Set<string>();

/**
 * Takes a directory (which is made if missing) for this process alone, by a file in it. The lock of a process that
 * is gone is taken over; that of another machine cannot be checked and holds.
 *
 * @throws InputError where another process has the directory, or it cannot be written.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = join(directory, lockName);
  const own: Holder = { pid: process.pid, host: hostname(), started_s: processStart_s, id: randomUUID() };
  await mkdir(directory, { recursive: true }).catch((error: unknown) => {
    throw explain(error, directory, "written");
  });
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await create(path, own)) {
      held.add(own.id);
      return { release: () => release(path, own) };
    }
    let holder = await read(path);
    if (holder === "unreadable") {
      // Perhaps it is being written at this moment.
      await setTimeout(100);
      holder = await read(path);
    }
    if (holder === "gone") continue;
    if (holder === "unreadable" || isAlive(holder)) throw inUse(directory, path, holder);
    await discard(path, holder);
  }
  throw new InputError(`${directory} is being taken by another process`, { hint: "try again in a moment" });
}

async function create(path: string, own: Holder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(own), { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw explain(error, path, "written");
  }
}

async function read(path: string): Promise<Holder | "gone" | "unreadable"> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return "gone";
  try {
    const holder = JSON.parse(text) as Partial<Holder>;
    if (typeof holder.pid === "number" && typeof holder.host === "string" && typeof holder.id === "string") {
      return { pid: holder.pid, host: holder.host, id: holder.id, started_s: holder.started_s ?? 0 };
    }
  } catch {
    // Cut short, or not ours: reported as unreadable below.
  }
  return "unreadable";
}

function isAlive(holder: Holder): boolean {
  if (holder.host !== hostname() || held.has(holder.id)) return true;
  // In a container that was started anew, this process may have the number that the dead one had.
  if (holder.pid === process.pid) return Math.abs(holder.started_s - processStart_s) <= 2;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

/** Moves a dead process's lock aside; puts it back if another process has just taken the directory over. */
async function discard(path: string, dead: Holder): Promise<void> {
  const aside = `${path}.${randomUUID()}.tmp`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await read(aside);
  if (typeof moved === "object" && moved.id !== dead.id) await rename(aside, path).catch(() => {});
  else await rm(aside, { force: true });
}

async function release(path: string, own: Holder): Promise<void> {
  if (!held.delete(own.id)) return;
  const holder = await read(path);
  if (typeof holder === "object" && holder.id === own.id) await rm(path, { force: true });
}

function inUse(directory: string, path: string, holder: Holder | "unreadable"): InputError {
  if (holder === "unreadable") {
    return new InputError(`${directory} is locked by ${path}, which does not say by whom`, {
      hint: "delete that file if no other xbarkit uses the directory",
    });
  }
  const who = `process ${holder.pid}${holder.host === hostname() ? "" : ` on ${holder.host}`}`;
  return new InputError(`${directory} is in use by ${who}`, {
    hint: `wait for it, choose another directory, or delete ${path} if that process is gone`,
  });
}
