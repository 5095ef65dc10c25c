import { multiGroupLasso } from "../../../src/compress/prune/lasso.js";
import { groupedLayers } from "../../../src/compress/prune/layers.js";
import { type GroupStatistics, groupStatistics } from "../../../src/compress/prune/statistics.js";
import { quantizationAware } from "../../../src/compress/quantize/aware.js";
import type { Graph } from "../../../src/graph/types.js";
import { NetworkBuilder } from "../../../src/models/builder.js";
import { exportOnnx } from "../../../src/onnx/export.js";
import { createRandom } from "../../../src/random.js";
import type { Runtime } from "../../../src/runtime/types.js";
import { f32, type Tensor, tensor } from "../../../src/tensor.js";
import { schedule } from "../../../src/train/schedule.js";
import type { Json, JsonRecord } from "../../../src/train/stage.js";
import { trainingStep, withInitializers } from "../../../src/train/step.js";
import { randomTensor } from "../../graph/build.js";

const columns = 64;
const batch = 32;

/**
 * A 4-bit network whose second convolution computes the same from both halves of its channels, though the weights of
 * the lower half are a quarter as large: the first convolution hands that half on four times as large.
 */
export function lopsidedNetwork(seed: number): Graph {
  const random = createRandom(seed);
  const net = new NetworkBuilder("lopsided", [16, 5, 5], random);
  const x = net.conv("first", net.image, 16, { kernel: 1, bias: false });
  const y = net.relu("relu", net.conv("second", x, columns, { kernel: 3, bias: false }));
  const graph = net.build(
    net.dense("dense", net.flatten("flatten", net.globalAveragePool("pool", y)), 4, "logits"),
  );
  const scale = (channel: number) => (channel < 8 ? 1 : 4);
  const first = Float32Array.from({ length: 256 }, (_, at) => (at % 17 === 0 ? scale(at / 17) : 0));
  const strength = Array.from({ length: columns * 2 }, () => 0.3 + 1.4 * random.uniform());
  const second = Float32Array.from({ length: columns * 144 }, (_, at) => {
    const channel = Math.floor((at % 144) / 9);
    const group = 2 * Math.floor(at / 144) + (channel < 8 ? 0 : 1);
    return (0.1 * strength[group]! * random.normal()) / scale(channel);
  });
  return quantizationAware(
    withInitializers(
      graph,
      new Map([
        ["first.weight", f32([16, 16, 1, 1], first)],
        ["second.weight", f32([columns, 16, 3, 3], second)],
      ]),
    ),
    {
      weights: { bits: 4, rule: "mean" },
      activations: {
        bits: 4,
        alpha: { relu: 1.1, "pool/quantizer": 2.3 },
        signed: { first: { bits: 8, scale: 0.125, zeroPoint: 128 } },
      },
      input: { bits: 8, scale: 0.03125, zeroPoint: 128 },
      // Both halves of its input, one four times as large, must come through alike.
      layers: { second: { activationBits: 8 }, dense: { activationBits: 8 } },
    },
  );
}

export interface Training {
  readonly kappa: number;
  readonly steps: number;
  readonly interval: number;
  readonly lambda: number;
  readonly rate: number;
}

/** Trains it on random images of random classes with a multi-group Lasso, looking at it every interval. */
export async function trainLopsided(
  runtime: Runtime,
  net: Graph,
  { kappa, steps, interval, lambda, rate }: Training,
): Promise<{ readonly statistics: GroupStatistics; readonly records: readonly JsonRecord[] }> {
  const layers = groupedLayers(net, { groupRows: 72 });
  const addition = multiGroupLasso(layers, { lambda, clip: 2, control: { kappa } });
  const controller = addition.controller!;
  const step = trainingStep(net, {
    batch,
    optimizer: { kind: "sgd" },
    trains: ({ name }) => name === "second.weight" || name.startsWith("dense"),
    ...(addition.penalties ? { penalties: addition.penalties } : {}),
  });
  const session = await runtime.load(exportOnnx(step.graph), { keepQuantizers: true });
  let state: Record<string, Tensor> = Object.fromEntries(
    step.state.map(({ input, initial }) => [input, initial]),
  );
  let control: Json = controller.initial;
  const batches = Array.from({ length: 16 }, (_, i) => randomBatch(i));
  const records: JsonRecord[] = [];
  const rates = schedule({ kind: "cosine", rate, steps });
  const current = () => withInitializers(net, new Map(Object.entries(state)));
  for (let i = 0; ; i++) {
    if (i % interval === 0) {
      const look = controller.look(control, { step: i, steps, graph: current() });
      // As it comes back from a checkpoint.
      control = JSON.parse(JSON.stringify(look.state)) as Json;
      records.push(look.record);
    }
    if (i === steps) break;
    const made = await session.run({
      ...state,
      ...controller.feeds(control),
      [step.inputs.images]: batches[i % 16]!.images,
      [step.inputs.labels]: batches[i % 16]!.labels,
      [step.inputs.rate]: f32([], [rates(i)]),
    });
    state = Object.fromEntries(step.state.map(({ input, output }) => [input, made[output]!]));
  }
  await session.dispose();
  return { statistics: groupStatistics(current(), layers), records };
}

function randomBatch(seed: number): { readonly images: Tensor; readonly labels: Tensor } {
  const random = createRandom(1000 + seed);
  const classes = Int32Array.from({ length: batch }, () => random.integer(0, 3));
  return { images: randomTensor([batch, 16, 5, 5], seed), labels: tensor("i32", [batch], classes) };
}
