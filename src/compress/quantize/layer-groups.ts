import type { Node } from "../../graph/types.js";

/** Which layers are cut into prunable groups, and how high a group is. */
export interface GroupOptions {
  /** Rows of a prunable group, or null for no groups. */
  readonly groupRows: number | null;
  /** Dense layers that carry groups as well, by node name. */
  readonly groupedDenseLayers?: readonly string[];
  /** Convolutions of 1 × 1 carry groups as well. Default: false. */
  readonly group1x1?: boolean;
}

/**
 * Which layers carry groups (spec section 1): convolutions larger than 1 × 1 except the first; dense layers and
 * convolutions of 1 × 1 where they are asked for.
 * @param shape of the layer's weights
 * @param index of the layer among the crossbar layers
 */
export function carriesGroups(
  node: Node,
  shape: readonly number[],
  index: number,
  { groupedDenseLayers, group1x1 = false }: GroupOptions,
): boolean {
  if (node.op === "Gemm") return groupedDenseLayers?.includes(node.name) ?? false;
  return index > 0 && (group1x1 || shape[2]! * shape[3]! > 1);
}
