import { maximum, minimum } from "../../../autodiff/index.js";
import { type Tensor, tensor } from "../../../tensor.js";
import type { LoopAddition } from "../../../train/stage.js";
import { inTensors, type LayerPart } from "./network.js";
import { holds } from "./prune.js";

/** The largest single-precision number: a bound that binds nothing. */
const unbound = 3.4028234663852886e38;

/**
 * Training that leaves free what pruning has freed: behind every update a weight stays at 0 where it would need a row
 * segment that is not kept. Where each sign has arrays of its own, that is a weight about to change its sign in a row
 * which the other sign does not have; masks alone would let it.
 * @param kept of each matrix, as {@link pruneSegments} gives them
 */
export function heldSegments(parts: readonly LayerPart[], kept: readonly Uint8Array[]): LoopAddition {
  const bounds = new Map<string, { readonly low: Tensor; readonly high: Tensor }>();
  for (const [{ weight, shape }, flags] of inTensors(parts, kept)) {
    if (flags.every((flag) => flag === holds.positive + holds.negative)) continue;
    const limits = (sign: number, limit: number) =>
      tensor(
        "f32",
        shape,
        Float32Array.from(flags, (flag) => (flag & sign ? limit : 0)),
      );
    bounds.set(weight, { low: limits(holds.negative, -unbound), high: limits(holds.positive, unbound) });
  }
  return {
    afterUpdate: ({ name }, updated, { builder }) => {
      const bound = bounds.get(name);
      if (!bound) return updated;
      return maximum(minimum(updated, builder.constant(bound.high)), builder.constant(bound.low));
    },
  };
}
