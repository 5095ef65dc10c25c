import type { Graph } from "../../../src/graph/types.js";
import { exportOnnx } from "../../../src/onnx/export.js";
import type { Runtime } from "../../../src/runtime/types.js";
import { f32, tensor } from "../../../src/tensor.js";
import type { OptimizerOptions } from "../../../src/train/optimizers.js";
import { type StepOptions, trainingStep, withInitializers } from "../../../src/train/step.js";
import { randomTensor } from "../../graph/build.js";

const labels = tensor("i32", [4], Int32Array.of(0, 2, 1, 1));

/**
 * Training steps of a small network (test/train/networks) that begin with memory that pushes every weight, as a stage
 * before could have left it.
 */
export async function pushedTraining(
  runtime: Runtime,
  net: Graph,
  optimizer: OptimizerOptions,
  { steps, afterUpdate }: { readonly steps: number } & Pick<StepOptions, "afterUpdate">,
): Promise<Graph> {
  const step = trainingStep(net, {
    batch: 4,
    optimizer,
    weightDecay: { rate: 1e-2 },
    ...(afterUpdate ? { afterUpdate } : {}),
  });
  const session = await runtime.load(exportOnnx(step.graph), { keepQuantizers: true });
  let state = Object.fromEntries(
    step.state.map(({ input, initial }) => [
      input,
      input.endsWith("/momentum")
        ? f32(initial.shape, new Float32Array(initial.data.length).fill(0.5))
        : initial,
    ]),
  );
  for (let i = 0; i < steps; i++) {
    const made = await session.run({
      ...state,
      [step.inputs.images]: randomTensor([4, 2, 9, 7], 40 + i),
      [step.inputs.labels]: labels,
      [step.inputs.rate]: f32([], [0.02]),
    });
    state = Object.fromEntries(step.state.map(({ input, output }) => [input, made[output]!]));
  }
  await session.dispose();
  return withInitializers(net, new Map(Object.entries(state)));
}
