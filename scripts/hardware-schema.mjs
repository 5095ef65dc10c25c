// Writes recipes/hardware.schema.json, by which editors check and complete hardware files; run after a build.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { hardwareJsonSchema } from "../dist/index.js";
import { stableJson } from "../dist/node/index.js";

writeFileSync(join(import.meta.dirname, "../recipes/hardware.schema.json"), stableJson(hardwareJsonSchema()));
