// A network with quantisers in training: PACT in place of every Relu, the weight quantiser before every layer's
// weights, with the range 2 · mean|W|, and an 8-bit quantiser on the images.

/** @typedef {import("../dist/index.js").Graph} Graph */
/** @typedef {import("../dist/index.js").Node} Node */

/**
 * @param {Graph} graph
 * @param {number} bits
 * @returns {Graph}
 */
export function quantizationAware(graph, bits) {
  const initializers = new Map(graph.initializers);
  const image = graph.inputs[0].name;
  /** @type {Node[]} */
  const nodes = [
    {
      op: "FakeQuantize",
      name: "image/quantizer",
      inputs: [image],
      outputs: ["image/quantized"],
      attributes: { bits: 8, scale: 4 / 255, zeroPoint: 128 },
    },
  ];
  initializers.set("twice", { dtype: "f32", shape: [], data: Float32Array.of(2) });
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => (name === image ? "image/quantized" : name));
    if (node.op === "Relu") {
      const alpha = `${node.name}/alpha`;
      initializers.set(alpha, { dtype: "f32", shape: [], data: Float32Array.of(3) });
      nodes.push({ ...node, op: "Pact", inputs: [...inputs, alpha], attributes: { bits } });
    } else if (node.op === "Conv" || node.op === "Gemm") {
      const weights = inputs[1];
      const made = ["abs", "mean", "alpha", "quantized"].map((what) => `${weights}/${what}`);
      nodes.push(
        { op: "Abs", name: made[0], inputs: [weights], outputs: [made[0]], attributes: {} },
        {
          op: "ReduceMean",
          name: made[1],
          inputs: [made[0]],
          outputs: [made[1]],
          attributes: { keepdims: false },
        },
        { op: "Mul", name: made[2], inputs: [made[1], "twice"], outputs: [made[2]], attributes: {} },
        {
          op: "QuantizeWeights",
          name: made[3],
          inputs: [weights, made[2]],
          outputs: [made[3]],
          attributes: { bits, passBelow: 1 },
        },
        /** @type {Node} */ ({ ...node, inputs: inputs.with(1, made[3]) }),
      );
    } else nodes.push(/** @type {Node} */ ({ ...node, inputs }));
  }
  return { ...graph, nodes, initializers };
}
