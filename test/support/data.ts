import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe } from "vitest";

/** The folder with `mnist` and `cifar-10-batches-bin`, or undefined where XBARKIT_DATA is not set. */
export function dataDir(): string | undefined {
  const dir = process.env["XBARKIT_DATA"];
  return dir ? resolve(dir) : undefined;
}

/** The folder with the networks exported by PyTorch, beside the data. */
export function modelsDir(): string | undefined {
  const dir = dataDir();
  const models = dir ? resolve(dir, "../models") : undefined;
  return models && existsSync(models) ? models : undefined;
}

/** `describe` where the data is there; otherwise a suite that is skipped and says why. */
export function withData(name: string, body: () => void): void {
  if (modelsDir()) describe(name, body);
  else describe.skip(`${name} (skipped: XBARKIT_DATA names no data folder)`, body);
}
