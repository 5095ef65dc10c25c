import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../..");
const main = join(root, "dist/cli/main.js");

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Sees the process and what it has written to standard error so far. */
  readonly onStderr?: (text: string, process: ChildProcess) => void;
}

/** Runs the built command line as a user's shell would. */
export function xbarkit(words: readonly string[], { cwd, env = {}, onStderr }: RunOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...words], {
      cwd,
      env: { ...process.env, XBARKIT_DATA: "", HOME: cwd, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      onStderr?.(stderr, child);
    });
    child.on("error", reject).on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), "xbarkit-cli-"));

/** A folder with `count` made-up digits for training and as many for tests, as MNIST's files hold them. */
export function writeDigits(folder: string, count: number): void {
  mkdirSync(folder, { recursive: true });
  for (const part of ["train", "t10k"]) {
    const pixels = Uint8Array.from({ length: count * 784 }, (_, i) => (i * i * 31 + (i % 784) * 7) % 256);
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
    writeFileSync(join(folder, `${part}-images-idx3-ubyte`), idx([count, 28, 28], pixels));
    writeFileSync(join(folder, `${part}-labels-idx1-ubyte`), idx([count], labels));
  }
}

function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, 8, shape.length]);
  shape.forEach((size, i) => {
    view.setUint32(4 + 4 * i, size);
  });
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}
