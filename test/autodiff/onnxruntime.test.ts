import { afterAll, beforeAll, expect, test } from "vitest";
import { gradientGraph } from "../../src/autodiff/differentiate.js";
import { evaluateGraph } from "../../src/graph/evaluate.js";
import { effectiveKernel, windowOutput } from "../../src/graph/windows.js";
import { exportOnnx } from "../../src/onnx/export.js";
import { openRuntime } from "../../src/runtime/open.js";
import type { Runtime } from "../../src/runtime/types.js";
import { type Case, cases } from "./cases.js";
import { lossOf } from "./finite.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

/** Opset 18's shape inference counts in ceil mode a window that starts behind the input; the operator drops it. */
function lastWindowInPadding({ attributes, operands }: Case): boolean {
  if (!("ceilMode" in attributes && attributes.ceilMode)) return false;
  return ([0, 1] as const).some((axis) => {
    const size = operands[0]!.shape[axis + 2]!;
    const stride = attributes.strides[axis];
    const reach = effectiveKernel(attributes.kernel[axis], attributes.dilations[axis]);
    const total = size + attributes.pads[axis] + attributes.pads[axis + 2]! - reach;
    return windowOutput(size, attributes, axis, true) !== Math.ceil(total / stride) + 1;
  });
}

test.each(["none", "all"] as const)(
  "ONNX Runtime, optimisation %s, runs every gradient and gets the reference's numbers",
  async (optimization) => {
    for (const [i, item] of cases.entries()) {
      if (lastWindowInPadding(item)) continue;
      const { graph, feeds, by } = lossOf(item, "f32");
      const net = gradientGraph(graph, "loss", by);
      const session = await runtime.load(exportOnnx(net), { optimization, name: `${item.op}, case ${i}` });
      const theirs = await session.run(Object.fromEntries(feeds));
      await session.dispose();
      for (const [name, ours] of evaluateGraph(net, feeds)) {
        const other = theirs[name]!;
        expect([...other.shape]).toEqual([...ours.shape]);
        for (const [at, value] of ours.data.entries())
          expect(Math.abs(other.data[at]! - value), `${item.op}, case ${i}, ${name}`).toBeLessThan(
            1e-4 * (1 + Math.abs(value)),
          );
      }
    }
  },
);
