export { GraphBuilder, type Value } from "./builder.js";
export { differentiate, gradientGraph } from "./differentiate.js";
export { gradients } from "./gradients.js";
export * from "./ops.js";
export type { GradientContext, GradientRule } from "./rule.js";
