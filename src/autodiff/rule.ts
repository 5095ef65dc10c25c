import type { NodeOf, OpKind } from "../graph/types.js";
import type { Value } from "./builder.js";

/** What a gradient rule sees of its node. */
export interface GradientContext<K extends OpKind> {
  readonly node: NodeOf<K>;
  readonly attributes: NodeOf<K>["attributes"];
  /** Undefined where an optional input is absent; so are outputs. */
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly (Value | undefined)[];
  /** The loss by each output; undefined where it does not depend on it. */
  readonly dys: readonly (Value | undefined)[];
  /** The first input. */
  readonly x: Value;
  /** The first output. */
  readonly y: Value;
  /** The loss by the first output. */
  readonly dy: Value;
}

/**
 * The loss by each input, in the order of the inputs; undefined, or missing at the end, for one that has no gradient.
 * A rule writes down all of them; what is not asked for is dead code, and removed.
 */
export type GradientRule<K extends OpKind> = (context: GradientContext<K>) => readonly (Value | undefined)[];

/** For operators whose outputs are whole numbers or truth values, or constants. */
export const noGradient: GradientRule<OpKind> = () => [];
