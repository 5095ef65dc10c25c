/** The public door, safe in browsers: plain values and the verbs between them. What needs files is in `xbarkit/node`. */

export { referenceKernel } from "./array/reference/multiply.js";
export { type RoundedCells, roundCells } from "./array/rounding.js";
export { type SimdOptions, simdKernel } from "./array/simd/kernel.js";
export { supportedVariants, type Variant as KernelVariant } from "./array/simd/module.js";
export { tableKernel } from "./array/tables.js";
export type * from "./array/types.js";
export * as autodiff from "./autodiff/index.js";
export * from "./compress/prune/index.js";
export * from "./compress/quantize/index.js";
export * from "./cost/index.js";
export { type Augmentation, augment } from "./data/augment.js";
export { batches, normalizations } from "./data/batches.js";
export { type DrawnDigitsOptions, drawnDigits } from "./data/drawn/digits.js";
export {
  type DatasetName,
  type DatasetPart,
  type DatasetSpec,
  datasetNames,
  datasets,
  defaultNormalization,
  isDatasetName,
} from "./data/registry.js";
export { concatDatasets, split, subset } from "./data/subsets.js";
export type * from "./data/types.js";
export { InputError, type InputErrorOptions, InterruptedError, nearest, type SourcePlace } from "./errors.js";
export * from "./graph/index.js";
export * from "./hardware/index.js";
export * from "./lower/index.js";
export * from "./mapping/index.js";
export * from "./models/index.js";
export * from "./onnx/index.js";
export { importers } from "./onnx/operators.js";
export { createRandom, type Random, randomFor } from "./random.js";
export { type CompressOptions, compress } from "./recipe/compress.js";
export * from "./recipe/index.js";
export * from "./report/index.js";
export { classify } from "./runtime/evaluate.js";
export { openRuntime } from "./runtime/open.js";
export type { ProviderProbe, RuntimeProbe } from "./runtime/probe.js";
export type { Runtime, RuntimeKind, RuntimeOptions, Session, TensorMap } from "./runtime/types.js";
export * from "./simulate/index.js";
export { arrayProgram } from "./simulate/program.js";
export * from "./tensor.js";
export * from "./train/index.js";
export { formatArea, formatSi } from "./units.js";
