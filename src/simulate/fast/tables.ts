import { KernelModule, sharedMemory, supportedVariants, type Variant } from "../../array/simd/module.js";
import { type Plan, planProgram } from "../../array/simd/plan.js";
import type { LayerProgram } from "./network.js";

/** All tables of a network in memory that threads share. Structured cloning takes it to another thread as it is. */
export interface SharedTables {
  readonly variant: Variant;
  readonly memory: WebAssembly.Memory;
  /** By matrix. */
  readonly plans: ReadonlyMap<string, Plan>;
  readonly bytes: number;
}

/** null where the engine shares no memory or has no SIMD, or the kernels do not hold a layer's numbers. */
export function shareTables(
  layers: Iterable<LayerProgram>,
  variant: Variant | undefined = supportedVariants()[0],
): SharedTables | null {
  const memory = variant ? sharedMemory() : null;
  if (!variant || !memory) return null;
  const module = new KernelModule(variant, memory);
  const plans = new Map<string, Plan>();
  for (const { matrix, program } of layers) {
    const plan = planProgram(module, program());
    if (!plan) return null;
    plans.set(matrix.name, plan);
  }
  return { variant, memory, plans, bytes: module.usedBytes };
}
