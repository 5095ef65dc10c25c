import type { GraphRunner } from "../compress/quantize/post-training.js";
import { batches } from "../data/batches.js";
import { subset } from "../data/subsets.js";
import type { Batch, Dataset } from "../data/types.js";
import { InputError } from "../errors.js";
import type { Graph } from "../graph/types.js";
import { exportOnnx } from "../onnx/index.js";
import type { Recipe } from "../recipe/types.js";
import { classify } from "../runtime/evaluate.js";
import type { Runtime } from "../runtime/types.js";
import { readDataset } from "./datasets.js";
import { openWorkerRuntime } from "./runtime.js";

/** Images per call of ONNX Runtime; any size gives the same logits, this one keeps two cores busy. */
const batchSize = 100;

/** The data and the runtime of one command, opened when first needed. */
export class WorkSession {
  private runtimeOpened: Promise<Runtime> | undefined;
  private readonly datasets = new Map<"train" | "test", Promise<Dataset>>();

  constructor(
    private readonly data: Recipe["data"],
    private readonly options: { readonly threads: number; readonly dataDir?: string | undefined },
  ) {}

  runtime(): Promise<Runtime> {
    this.runtimeOpened ??= openWorkerRuntime({ threads: this.options.threads });
    return this.runtimeOpened;
  }

  dataset(part: "train" | "test"): Promise<Dataset> {
    let opened = this.datasets.get(part);
    if (!opened) {
      const { dataDir } = this.options;
      opened = readDataset(this.data.name, part, dataDir === undefined ? {} : { dir: dataDir });
      this.datasets.set(part, opened);
    }
    return opened;
  }

  /** The first `images` images of a part (null: all), normalised. @throws InputError where there are fewer */
  async images(
    part: "train" | "test",
    images: number | null,
    what = "the number of images",
  ): Promise<Iterable<Batch>> {
    const dataset = await this.dataset(part);
    const end = images ?? dataset.count;
    if (end > dataset.count) {
      throw new InputError(`${what} is ${end}, but ${dataset.name} has ${dataset.count} ${part} images`, {
        hint: `choose at most ${dataset.count}`,
      });
    }
    const chosen = subset(dataset, { end });
    // Iterated anew, it starts anew.
    return { [Symbol.iterator]: () => batches(chosen, this.data.normalization, { size: batchSize }) };
  }

  /** Evaluates graphs for calibration and comparisons. */
  readonly run: GraphRunner = async (graph, use) => {
    const session = await (await this.runtime()).load(exportOnnx(graph), { name: graph.name });
    const input = graph.inputs[0]!.name;
    try {
      return await use(async ({ shape, data }) => {
        const feeds = { [input]: { dtype: "f32" as const, shape: [...shape], data } };
        return new Map(Object.entries(await session.run(feeds)));
      });
    } finally {
      await session.dispose();
    }
  };

  /** Fraction of images that the graph classifies correctly in ONNX Runtime, and the class it gives each of them. */
  async accuracy(
    graph: Graph,
    images: Iterable<Batch>,
    onProgress: (done: number) => void,
  ): Promise<{ accuracy: number; count: number; predictions: Int32Array }> {
    const session = await (await this.runtime()).load(exportOnnx(graph), { name: graph.name });
    try {
      const { accuracy, count, predictions } = await classify(session, images, {
        onProgress: ({ done }) => onProgress(done),
      });
      return { accuracy, count, predictions };
    } finally {
      await session.dispose();
    }
  }

  async close(): Promise<void> {
    if (this.runtimeOpened) await (await this.runtimeOpened).close();
  }
}

/** The shape of the data must be the model's input, which is checked before anything long starts. */
export function checkInput(graph: Graph, dataset: Dataset, layout: "NCHW" | "NHWC"): void {
  const { channels, height, width } = dataset;
  const [input, ...others] = graph.inputs;
  if (!input || others.length > 0) {
    throw new InputError(`the model has ${graph.inputs.length} inputs`, {
      hint: "give a model with one image input",
    });
  }
  const shape = layout === "NCHW" ? [channels, height, width] : [height, width, channels];
  const needed = input.type.shape.slice(1);
  if (needed.length === 3 && needed.every((dim, i) => typeof dim === "string" || dim === shape[i])) return;
  throw new InputError(
    `the model takes [${input.type.shape.join(", ")}], but ${dataset.name} has images [${shape.join(", ")}]`,
    { hint: "choose the data set that the model was trained on, or another --layout" },
  );
}
