// Reading ResNet-20 as PyTorch exports it: parse, check, fold constants and shapes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { importOnnx, openRuntime, simplify } from "../dist/index.js";
import { best, digits, modelsFolder, report } from "./_measure.mjs";

const bytes = readFileSync(join(modelsFolder(), "resnet20-cifar10.onnx"));
const runtime = await openRuntime({ threads: 1 });
const own_s = await best(10, () => simplify(importOnnx(bytes)));
const load_s = await best(10, async () => (await runtime.load(bytes)).dispose());
report({
  name: "import-resnet20",
  ratio: digits(own_s / load_s),
  of: "import and folding of the file over ONNX Runtime's loading of it",
  seconds: digits(own_s),
});
await runtime.close();
