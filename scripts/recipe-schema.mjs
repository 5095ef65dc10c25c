// Writes recipes/recipe.schema.json, by which editors check and complete recipes; run after a build.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { recipeJsonSchema } from "../dist/index.js";
import { stableJson } from "../dist/node/index.js";

writeFileSync(join(import.meta.dirname, "../recipes/recipe.schema.json"), stableJson(recipeJsonSchema()));
