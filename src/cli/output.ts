import { availableParallelism } from "node:os";
import { InputError } from "../index.js";
import { type Progress, progressFor, stableJson } from "../node/index.js";
import type { CommonFlags } from "./command.js";

export interface Common {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Undefined where the user named none. */
  readonly seed: number | undefined;
  readonly threads: number | undefined;
  readonly defaultThreads: number;
  readonly progress: Progress;
}

/** The options that every command takes, checked. @throws InputError */
export function readCommon(flags: CommonFlags): Common {
  return {
    json: flags.json === true,
    quiet: flags.quiet === true,
    seed: wholeNumber("--seed", flags.seed, 0, 2 ** 31 - 1),
    threads: wholeNumber("--threads", flags.threads, 1, 1024),
    defaultThreads: availableParallelism(),
    progress: progressFor(process.stderr, () => performance.now() / 1000, { quiet: flags.quiet === true }),
  };
}

/** An option's text as a whole number; undefined where it was not given. @throws InputError naming the option */
export function wholeNumber(
  flag: string,
  text: string | undefined,
  low: number,
  high: number,
  orElse = "",
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (value >= low && value <= high) return value;
  throw new InputError(`${flag} is ${text}`, {
    hint: `choose a whole number from ${low} to ${high}${orElse}`,
  });
}

/** An option's text as one of some words. @throws InputError naming the option */
export function oneOf<const W extends string>(flag: string, text: string, words: readonly W[]): W {
  const found = words.find((word) => word === text);
  if (found) return found;
  throw new InputError(`${flag} is ${text}`, { hint: `choose ${words.join(", ")}` });
}

/** Prints a result: as text for people, or as the one JSON document on standard output. */
export function print(common: Common, value: unknown, text: () => string): void {
  process.stdout.write(common.json ? stableJson(value) : `${text()}\n`);
}

/** Says something beside the result; never on standard output, so that it does not mix with JSON. */
export function say(common: Common, text: string): void {
  if (!common.quiet) process.stderr.write(`${text}\n`);
}

export const terminalWidth = (): number => Math.max(60, process.stdout.columns ?? 100);

/** Rows under headings, in columns as wide as they need. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, c) => Math.max(title.length, ...rows.map((row) => row[c]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, c) => (c === cells.length - 1 ? cell : cell.padEnd(widths[c]!)))
      .join("  ")
      .trimEnd();
  return [line(head), ...rows.map(line)].join("\n");
}
