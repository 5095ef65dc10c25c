import { afterAll, beforeAll, expect, test } from "vitest";
import { simdKernel } from "../../src/array/simd/kernel.js";
import type { ArrayProgram } from "../../src/array/types.js";
import type { CompressedModel, Node } from "../../src/graph/types.js";
import { meng2021 } from "../../src/hardware/presets/meng2021.js";
import type { EncodingSpec, HardwareSpec } from "../../src/hardware/types.js";
import { layerMatrices } from "../../src/lower/matrices.js";
import { type PlacementScheme, place } from "../../src/mapping/place.js";
import { exportOnnx } from "../../src/onnx/index.js";
import { openRuntime } from "../../src/runtime/open.js";
import type { Runtime, Session } from "../../src/runtime/types.js";
import { arrayProgram } from "../../src/simulate/program.js";
import { type MatrixTrace, Simulator } from "../../src/simulate/simulator.js";
import { roundHalfEven, type Tensor, tensor } from "../../src/tensor.js";
import { withData } from "../support/data.js";
import { images, quantizedResnet20 } from "../support/resnet20.js";

const chip = (encoding: Partial<EncodingSpec>): HardwareSpec => ({
  ...meng2021,
  adc: { ...meng2021.adc, bits: null },
  encoding: { ...meng2021.encoding, ...encoding },
});

/** Every third group of every layer with groups becomes zero, so that packing has something to pack. */
function prune(model: CompressedModel): CompressedModel {
  const initializers = new Map(model.graph.initializers);
  for (const matrix of layerMatrices(model)) {
    const { groupRows } = matrix.layer;
    if (groupRows === null) continue;
    const weight = initializers.get(matrix.weight)!;
    const data = Float32Array.from(weight.data as Float32Array, (w, i) => {
      const band = Math.floor((i % matrix.rows) / groupRows);
      const column = Math.floor(i / matrix.rows);
      return (band * 5 + column) % 3 === 0 ? 0 : w;
    });
    initializers.set(matrix.weight, tensor("f32", weight.shape, data));
  }
  return { ...model, graph: { ...model.graph, initializers } };
}

/**
 * The layer alone, on integer-valued tensors, as ONNX Runtime computes it: exact while sums stay below 2^24. The
 * codes of what a convolution pads are the zero point, so the input comes padded.
 */
async function integerLayer(
  runtime: Runtime,
  model: CompressedModel,
  node: Node,
  input: Tensor,
): Promise<Session> {
  const layer = model.layers.find((l) => l.node === node.name)!;
  const weight = model.graph.initializers.get(node.inputs[1]!)!;
  const codes = Float32Array.from(weight.data as Float32Array, (w) => roundHalfEven(w / layer.weightScale));
  const alone = {
    ...node,
    inputs: ["codes", "weight"],
    outputs: ["sums"],
    ...(node.op === "Conv" ? { attributes: { ...node.attributes, pads: [0, 0, 0, 0] } } : {}),
  } as Node;
  const shape = ["n", ...input.shape.slice(1)];
  const graph = {
    name: node.name,
    inputs: [{ name: "codes", type: { dtype: "f32" as const, shape } }],
    outputs: ["sums"],
    nodes: [alone],
    initializers: new Map([["weight", tensor("f32", weight.shape, codes)]]),
  };
  return runtime.load(exportOnnx(graph));
}

/** The layer's input codes as a tensor, padded as the layer pads. */
function paddedCodes({ matrix, codes, images: count }: MatrixTrace): Tensor {
  const g = matrix.geometry;
  if (g.kind === "dense") return tensor("f32", [count, matrix.rows], Float32Array.from(codes));
  const [top, left, bottom, right] = g.pads;
  const height = g.height + top + bottom;
  const width = g.width + left + right;
  const padded = new Float32Array(count * g.channels * height * width).fill(matrix.layer.input.zeroPoint);
  for (let plane = 0; plane < count * g.channels; plane++)
    for (let y = 0; y < g.height; y++)
      for (let x = 0; x < g.width; x++)
        padded[(plane * height + y + top) * width + x + left] = codes[(plane * g.height + y) * g.width + x]!;
  return tensor("f32", [count, g.channels, height, width], padded);
}

/** [columns × (images · positions)], as the arrays give it, from [images × columns × positions]. */
function byColumn(sums: Tensor, columns: number): Float64Array {
  const count = sums.shape[0]!;
  const positions = sums.data.length / count / columns;
  const out = new Float64Array(sums.data.length);
  for (let n = 0; n < count; n++)
    for (let c = 0; c < columns; c++)
      for (let p = 0; p < positions; p++)
        out[(c * count + n) * positions + p] = sums.data[(n * columns + c) * positions + p]!;
  return out;
}

/** Adding 0 turns −0 into 0; the two are the same integer. */
const firstDifference = (a: Float64Array, b: Float64Array): number => a.findIndex((v, i) => v !== b[i]);

withData("ideal converters", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime({ threads: 2 });
  });
  afterAll(() => runtime.close());

  const count = 1000;
  const schemes: readonly PlacementScheme[] = ["dense", "packed"];
  const encodings: readonly Partial<EncodingSpec>[] = [
    { sign: "offset" },
    { sign: "offset", offsetBy: "dummyColumn" },
    { sign: "splitArrays", compose: "analog" },
    { sign: "pairedColumns" },
  ];
  const variants = schemes.flatMap((scheme) => encodings.map((encoding) => ({ scheme, encoding })));

  test(`arrays give ONNX Runtime's integer Conv and Gemm, layer by layer, on ${count} images, for ${variants
    .map((v) => `${v.scheme}/${Object.values(v.encoding).join("+")}`)
    .join(", ")}`, { timeout: 1_200_000 }, async () => {
    const model = prune(await quantizedResnet20(runtime, 72));
    const placements = variants.map(({ scheme, encoding }) => place(model, chip(encoding), { scheme }));
    const programs = placements.map(
      (placed): ReadonlyMap<string, ArrayProgram> =>
        new Map(
          placed.matrices.map((m, i) => [
            m.matrix,
            arrayProgram(m, placed.hardware, model.layers[i]!.input.bits, null),
          ]),
        ),
    );
    const kernel = simdKernel();
    const simulator = new Simulator(placements[0]!, null);
    const nodes = new Map(model.graph.nodes.map((node) => [node.name, node]));
    const sessions = new Map<string, Session>();
    let compared = 0;
    let largest = 0;
    for (const { shape, data } of await images("test", count, 20)) {
      const traces: MatrixTrace[] = [];
      simulator.run(tensor("f32", shape, data), { onMatrix: (trace) => traces.push(trace) });
      for (const trace of traces) {
        const { name, columns, layer } = trace.matrix;
        const codes = paddedCodes(trace);
        if (!sessions.has(name))
          sessions.set(name, await integerLayer(runtime, model, nodes.get(layer.node)!, codes));
        const { sums } = await sessions.get(name)!.run({ codes });
        const exact = byColumn(sums!, columns);
        expect(firstDifference(trace.accumulators, exact), name).toBe(-1);
        for (const program of programs.slice(1)) {
          const positions = trace.inputs.length / trace.matrix.rows;
          const values = kernel.multiply(program.get(name)!, trace.inputs, positions);
          expect(firstDifference(values, exact), name).toBe(-1);
        }
        largest = exact.reduce((most, v) => Math.max(most, Math.abs(v)), largest);
        compared += exact.length;
      }
    }
    expect(largest).toBeLessThan(2 ** 24);
    // 188,426 outputs of convolutions and dense layers per image.
    expect(compared).toBe(count * 188_426);
  });
});
