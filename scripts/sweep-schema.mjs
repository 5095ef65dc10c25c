// Writes recipes/sweep.schema.json, by which editors check and complete plans of sweeps; run after a build.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stableJson } from "../dist/node/index.js";
import { sweepJsonSchema } from "../dist/sweep/index.js";

writeFileSync(join(import.meta.dirname, "../recipes/sweep.schema.json"), stableJson(sweepJsonSchema()));
