import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { InputError, nearest } from "../errors.js";
import { applyPasses, matMulToGemm, simplify } from "../graph/index.js";
import type { Graph } from "../graph/types.js";
import { models, referenceModel } from "../models/index.js";
import { importOnnx } from "../onnx/index.js";
import { createRandom } from "../random.js";
import { readFileOrExplain } from "./files.js";

/**
 * The network that a recipe names: an .onnx file (with its external tensors beside it), or a reference network with
 * random weights. Shapes and constants are folded away.
 *
 * @throws InputError where there is no such file or name, or the file is no model that can be used
 */
export async function loadModel(model: string, seed: number): Promise<Graph> {
  if (Object.hasOwn(models, model) && !existsSync(model))
    return referenceModel(model).build(createRandom(seed));
  if (!existsSync(model)) throw missingModel(model);
  const bytes = await readFileOrExplain(model, "model");
  const folder = dirname(resolve(model));
  try {
    const graph = importOnnx(bytes, {
      name: basename(model, ".onnx"),
      readExternal: (location) => readExternal(folder, location, model),
    });
    return applyPasses(simplify(graph), [matMulToGemm]);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${model}: ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}

function missingModel(model: string): InputError {
  const near = nearest(model, Object.keys(models));
  return new InputError(`model "${model}" is neither a file nor a reference network`, {
    hint: near ? `did you mean "${near}"?` : "give the path of an .onnx file, or see `xbarkit list models`",
  });
}

function readExternal(folder: string, location: string, model: string): Uint8Array {
  const path = resolve(folder, location);
  if (!existsSync(path) || !statSync(path).isFile()) {
    throw new InputError(`${model} keeps tensors in "${location}", which is not beside it`, {
      hint: `put the file at ${path}`,
    });
  }
  return readFileSync(path);
}
