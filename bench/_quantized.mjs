// The 4-bit network whose training is timed, quantised as recipes do it, with one starting range for all.
import { quantizationAware as withQuantizers } from "../dist/index.js";

/** @typedef {import("../dist/index.js").Graph} Graph */

/**
 * @param {Graph} graph
 * @param {number} bits
 * @returns {Graph}
 */
export const quantizationAware = (graph, bits) =>
  withQuantizers(graph, {
    weights: { bits, rule: "mean", factor: 2 },
    activations: { bits, alpha: 3 },
    input: { bits: 8, scale: 4 / 255, zeroPoint: 128 },
  });
