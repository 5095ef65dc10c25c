export { countOnce, macs, macsPerNode, parameterCount } from "./count.js";
export { dimProduct, isStatic, sameShape, shapeText } from "./dims.js";
export {
  bindDims,
  consumers,
  freshName,
  namesOf,
  producers,
  replaceNodes,
  withInputs,
  withOutputs,
} from "./edit.js";
export { type EvaluateOptions, evaluateGraph, evaluateNode, maxElements } from "./evaluate.js";
export { type Inference, infer, inferTypes } from "./infer.js";
export { type Arity, arities, nodeError, nodeFault, nodeText, opKinds } from "./ops.js";
export { foldBatchNorm, type UnfoldOptions, unfoldBatchNorm } from "./passes/batch-norm.js";
export { foldConstants } from "./passes/fold-constants.js";
export { applyPasses, type Pass, simplify } from "./passes/index.js";
export { matMulToGemm } from "./passes/mat-mul.js";
export { recoverQuantizers } from "./passes/recover-quantizers.js";
export { removeDeadCode, removeIdentity, removeUnusedInitializers } from "./passes/remove.js";
export { print } from "./print.js";
export type { KnownValue, RuleContext, ShapeRule } from "./rules/context.js";
export { shapeRules } from "./rules/index.js";
export * from "./types.js";
export { verify } from "./verify.js";
export { effectiveKernel, windowOutput } from "./windows.js";
