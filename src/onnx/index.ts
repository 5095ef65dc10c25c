export {
  type ExternalOptions,
  exportedOpset,
  exportOnnx,
  exportOnnxExternal,
  exportQdq,
  type QdqOptions,
} from "./export.js";
export { type ImportOptions, importOnnx } from "./import.js";
export { newestOpset, oldestOpset, operatorTable } from "./operators.js";
