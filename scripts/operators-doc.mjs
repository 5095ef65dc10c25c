// Writes docs/operators.md from the importer's tables. Build first: npm run build.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { operatorTable } from "../dist/onnx/index.js";

const docs = new URL("../docs/", import.meta.url);
mkdirSync(docs, { recursive: true });
const page = new URL("operators.md", docs);
writeFileSync(page, operatorTable());
console.log(`wrote ${fileURLToPath(page)}`);
