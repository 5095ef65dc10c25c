import { spawn } from "node:child_process";

/** One of this package's own programs, to be run in a process of its own. */
export interface ChildProgram {
  /** The JavaScript file. */
  readonly file: string;
  readonly words: readonly string[];
  /** Gets every line that the program writes to standard error. */
  readonly onLine?: (line: string) => void;
  /** Asks the program to stop, as Ctrl-C would. */
  readonly signal?: AbortSignal | undefined;
}

export interface ChildOutcome {
  /** Exit code, or null where a signal ended the process. */
  readonly code: number | null;
  readonly signal: string | null;
  /** The last lines of standard error. */
  readonly lines: readonly string[];
}

const keptLines = 50;

/**
 * Runs a program to its end; what it writes to standard output is dropped. The child has a process group of its own, so
 * that Ctrl-C on the terminal reaches only this process, which passes it on once; and a channel to this process, by
 * whose end it learns when this process has died.
 * @throws Error where no process could be started
 */
export function runProgram({ file, words, onLine, signal }: ChildProgram): Promise<ChildOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...words], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    const stop = () => void child.kill("SIGINT");
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    const lines: string[] = [];
    let rest = "";
    const take = (line: string) => {
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      onLine?.(line);
    };
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      const parts = (rest + text).split("\n");
      rest = parts.pop()!;
      for (const line of parts) take(line);
    });
    const done = () => signal?.removeEventListener("abort", stop);
    child.on("error", (error) => {
      done();
      reject(new Error(`no process could be started: ${error.message}`, { cause: error }));
    });
    child.on("close", (code, ended) => {
      done();
      if (rest !== "") take(rest);
      resolve({ code, signal: ended, lines });
    });
  });
}
