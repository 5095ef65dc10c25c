import { InputError } from "../../errors.js";
import type { Graph } from "../types.js";
import { verify } from "../verify.js";
import { foldConstants } from "./fold-constants.js";
import { removeDeadCode, removeIdentity } from "./remove.js";

/** A rewrite: a graph in, a new graph out, the given one left as it is. */
export type Pass = (graph: Graph) => Graph;

/**
 * Applies the passes in order and verifies the graph before the first and after each.
 * @throws InputError where the given graph is unsound; an internal error where a pass has made it so.
 */
export function applyPasses(graph: Graph, passes: readonly Pass[]): Graph {
  return passes.reduce((current, pass) => verifiedAfter(pass, pass(current)), verify(graph));
}

function verifiedAfter(pass: Pass, graph: Graph): Graph {
  try {
    return verify(graph);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new Error(`internal: pass ${pass.name || "(unnamed)"} broke the graph: ${cause.message}`, {
      cause,
    });
  }
}

/** What every imported network goes through: constants and shapes folded, idle operators and dead code removed. */
export const simplify = (graph: Graph): Graph =>
  applyPasses(graph, [removeDeadCode, foldConstants, removeIdentity, removeDeadCode]);
