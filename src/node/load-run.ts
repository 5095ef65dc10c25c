import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors.js";
import { applyPasses, recoverQuantizers } from "../graph/index.js";
import { decodePlacement, readPlacementHeader } from "../mapping/binary.js";
import type { Activity, Placement } from "../mapping/types.js";
import { importOnnx } from "../onnx/index.js";
import type { AdcRanges } from "../simulate/index.js";
import { readFileOrExplain } from "./files.js";
import { type RunRecipe, readRunRecipe } from "./run-directory.js";
import { runFiles } from "./run-files.js";

/** What a run directory holds of a placed network. */
export interface LoadedRun {
  readonly directory: string;
  readonly recipe: RunRecipe;
  readonly placed: Placement;
}

/** A run that has at least been placed. @throws InputError where the directory holds no such run, or is damaged */
export async function loadRun(directory: string): Promise<LoadedRun> {
  const recipe = readRunRecipe(directory);
  const model = await readPart(directory, runFiles.model, "compressed");
  const placement = await readPart(directory, runFiles.placement, "placed");
  const file = join(directory, runFiles.placement);
  const { layers } = readPlacementHeader(placement, file).header;
  const graph = applyPasses(importOnnx(model, { name: recipe.name }), [recoverQuantizers]);
  return { directory, recipe, placed: decodePlacement(placement, { graph, layers }, file) };
}

export const loadRanges = (directory: string): Promise<AdcRanges> =>
  readJson<AdcRanges>(directory, runFiles.calibration, "calibrated");

export const loadActivity = (directory: string): Promise<Activity> =>
  readJson<Activity>(directory, runFiles.activity, "simulated");

async function readJson<V>(directory: string, name: string, done: string): Promise<V> {
  const bytes = await readPart(directory, name, done);
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as V;
  } catch (cause) {
    throw new InputError(`${join(directory, name)} is no JSON`, {
      hint: "the file is damaged: delete it, and run the recipe again",
      cause,
    });
  }
}

async function readPart(directory: string, name: string, done: string): Promise<Uint8Array> {
  const path = join(directory, name);
  if (existsSync(path)) return readFileOrExplain(path, "the run's file");
  throw new InputError(`the run ${directory} has no ${name}: it has not been ${done} yet`, {
    hint: "run its recipe again: it goes on where it stopped",
  });
}
