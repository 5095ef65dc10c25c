import { add, differentiate, GraphBuilder, mul, type Value } from "../autodiff/index.js";
import { InputError } from "../errors.js";
import { bindDims } from "../graph/edit.js";
import { removeDeadCode } from "../graph/passes/remove.js";
import type { Graph } from "../graph/types.js";
import { elementCount, type Tensor, tensor } from "../tensor.js";
import { type RunningStatistics, runningStatistics, withTrainingBatchNorm } from "./batch-norm.js";
import { correctPredictions, crossEntropy } from "./loss.js";
import { createOptimizer, type OptimizerOptions } from "./optimizers.js";
import { type Parameter, trainableParameters } from "./parameters.js";

/** What a penalty, or a change after the update, sees of the step that it becomes part of. */
export interface StepContext {
  readonly builder: GraphBuilder;
  /** A parameter as it enters the step. */
  readonly parameter: (name: string) => Value;
  /** The learning rate of this step, a scalar. */
  readonly rate: Value;
  /** A further input of the step, fed at every step; asked for again under one name it is the same. */
  readonly input: (name: string, shape: readonly number[]) => Value;
}

export interface StepOptions {
  /** Images of a step. */
  readonly batch: number;
  readonly optimizer: OptimizerOptions;
  /** Default: none. Nothing of one dimension decays (biases, batch normalisation, ranges), unless `excludes` is given. */
  readonly weightDecay?: {
    readonly rate: number;
    readonly excludes?: (parameter: Parameter) => boolean;
  };
  /**
   * "batch" (the default): normalises with the batch's statistics, and the running ones follow them by `momentum`,
   * PyTorch's (default 0.1). "frozen": normalises with the running statistics, which stay.
   */
  readonly batchNorm?: { readonly mode: "batch"; readonly momentum?: number } | { readonly mode: "frozen" };
  /** Which parameters are trained. Default: all. */
  readonly trains?: (parameter: Parameter) => boolean;
  /** Scalars added to the loss; each also comes out under its name. */
  readonly penalties?: Readonly<Record<string, (step: StepContext) => Value>>;
  /** What becomes of a parameter behind the optimiser's update: a mask, a proximal step. */
  readonly afterUpdate?: (parameter: Parameter, updated: Value, step: StepContext) => Value;
}

/** A value that goes round: what a step puts out here, the next step takes in. */
export interface StateSlot {
  readonly input: string;
  readonly output: string;
  readonly initial: Tensor;
}

/** A training step as one graph, and the names by which it is fed and read. */
export interface TrainingStep {
  /**
   * In: a batch, its labels, the learning rate, the state and whatever penalties asked for. Out: the metrics, then the
   * state. All shapes are fixed.
   */
  readonly graph: Graph;
  readonly inputs: {
    /** The network's own input. */
    readonly images: string;
    /** [batch], i32 */
    readonly labels: string;
    /** A scalar, f32 */
    readonly rate: string;
  };
  readonly outputs: {
    /** Mean cross-entropy of the batch, without penalties; a scalar. */
    readonly loss: string;
    /** Images of the batch whose largest logit is at their label; a scalar, f32. */
    readonly correct: string;
    /** The scalars of the penalties, by their names. */
    readonly penalties: Readonly<Record<string, string>>;
  };
  /** Parameters, running statistics (both under the names they have in the network) and the optimiser's memory. */
  readonly state: readonly StateSlot[];
  readonly parameters: readonly Parameter[];
}

const names = {
  labels: "step/labels",
  rate: "step/learning_rate",
  count: "step/count",
  loss: "step/loss",
  correct: "step/correct",
} as const;

/**
 * Forward, softmax cross-entropy, penalties, backward and the optimiser's update as one graph.
 * @param graph a network with one input, whose first output is its logits [batch, classes]
 * @throws InputError where the network has no parameters or another form, or an option is outside its range
 */
export function trainingStep(graph: Graph, options: StepOptions): TrainingStep {
  const all = trainableParameters(graph);
  const parameters = all.filter(options.trains ?? (() => true));
  if (parameters.length === 0)
    throw new InputError(`nothing of the network "${graph.name}" is trained`, {
      hint: `it has ${all.length} parameters; let \`trains\` choose some of them`,
    });
  const running = options.batchNorm?.mode === "frozen" ? [] : runningStatistics(graph);
  const moving = [
    ...parameters.map(({ name }) => name),
    ...running.flatMap(({ mean, variance }) => [mean, variance]),
  ];
  const network = withTrainingBatchNorm(asInputs(fixedBatch(graph, options.batch), moving), running);
  return new StepWriter(new GraphBuilder(network), network, options, parameters).write(
    running,
    graph.initializers,
  );
}

/** The network with some of its initializers in place of those it has. */
export const withInitializers = (graph: Graph, values: ReadonlyMap<string, Tensor>): Graph => ({
  ...graph,
  initializers: new Map(Array.from(graph.initializers, ([name, value]) => [name, values.get(name) ?? value])),
});

function fixedBatch(graph: Graph, batch: number): Graph {
  const [input, ...others] = graph.inputs;
  if (!input || others.length > 0)
    throw new InputError(`the network "${graph.name}" has ${graph.inputs.length} inputs`, {
      hint: "training takes networks with one input, the images",
    });
  const dim = input.type.shape[0];
  if (typeof dim === "string") return bindDims(graph, { [dim]: batch });
  if (dim === batch) return graph;
  throw new InputError(`the network "${graph.name}" is for batches of ${dim}, and the step has ${batch}`, {
    hint: "export it with a dynamic batch",
  });
}

/** Initializers that are fed instead. */
function asInputs(graph: Graph, moving: readonly string[]): Graph {
  const initializers = new Map(graph.initializers);
  const inputs = [...graph.inputs];
  for (const name of moving) {
    const { dtype, shape } = initializers.get(name)!;
    inputs.push({ name, type: { dtype, shape } });
    initializers.delete(name);
  }
  return { ...graph, inputs, initializers };
}

class StepWriter {
  readonly #state: StateSlot[] = [];
  readonly #extra = new Map<string, Value>();

  constructor(
    readonly builder: GraphBuilder,
    readonly network: Graph,
    readonly options: StepOptions,
    readonly parameters: readonly Parameter[],
  ) {}

  write(running: readonly RunningStatistics[], initial: ReadonlyMap<string, Tensor>): TrainingStep {
    const { builder, network, parameters } = this;
    const labels = builder.input(names.labels, "i32", [this.options.batch]);
    const rate = builder.input(names.rate, "f32", []);
    const context: StepContext = {
      builder,
      rate,
      parameter: (name) => builder.value(name),
      input: (name, shape) => this.#input(name, shape),
    };
    const logits = builder.value(network.outputs[0]!);
    const data = builder.within("loss", () => crossEntropy(logits, labels));
    const metrics = [
      builder.named(data, names.loss).name,
      builder.named(
        builder.within("loss", () => correctPredictions(logits, labels)),
        names.correct,
      ).name,
    ];
    let loss = data;
    const penalties: Record<string, string> = {};
    for (const [name, penalty] of Object.entries(this.options.penalties ?? {})) {
      const value = builder.within(`penalty/${name}`, () => penalty(context));
      penalties[name] = builder.named(value, `step/penalty/${name}`).name;
      loss = add(loss, value);
    }
    const gradients = differentiate(
      loss,
      parameters.map(({ name }) => builder.value(name)),
    );
    this.#updateParameters(gradients, context);
    this.#followStatistics(running, initial);
    const outputs = [...metrics, ...Object.values(penalties), ...this.#state.map(({ output }) => output)];
    return {
      graph: removeDeadCode(builder.build(outputs)),
      inputs: { images: network.inputs[0]!.name, labels: names.labels, rate: names.rate },
      outputs: { loss: names.loss, correct: names.correct, penalties },
      state: this.#state,
      parameters,
    };
  }

  #input(name: string, shape: readonly number[]): Value {
    const made = this.#extra.get(name) ?? this.builder.input(name, "f32", shape);
    this.#extra.set(name, made);
    return made;
  }

  #keep(input: string, value: Value, initial: Tensor): void {
    const output = this.builder.named(value, `${input}/next`).name;
    this.#state.push({ input, output, initial });
  }

  #updateParameters(gradients: readonly Value[], context: StepContext): void {
    const { builder, options } = this;
    const optimizer = createOptimizer(options.optimizer);
    const before = builder.input(names.count, "f64", []);
    const count = add(before, 1);
    for (const [i, parameter] of this.parameters.entries()) {
      const { name, value } = parameter;
      const memory = new Map(
        optimizer.slots.map((slot) => [slot, builder.input(`${name}/${slot}`, "f32", value.shape)] as const),
      );
      const decay = weightDecay(parameter, options);
      builder.within(`update/${name}`, () => {
        const slot = (which: (typeof optimizer.slots)[number]) => memory.get(which)!;
        const update = optimizer.update(builder.value(name), gradients[i]!, decay, slot, context.rate, count);
        const final = options.afterUpdate?.(parameter, update.parameter, context) ?? update.parameter;
        this.#keep(name, final, value);
        for (const [which, next] of update.slots)
          this.#keep(`${name}/${which}`, next, tensor("f32", value.shape));
      });
    }
    this.#keep(names.count, count, tensor("f64", []));
  }

  /**
   * running ← (1 − momentum) · running + momentum · the batch's, the variance as an estimate of the population's,
   * n / (n − 1) times the batch's own, both as PyTorch does it.
   */
  #followStatistics(running: readonly RunningStatistics[], initial: ReadonlyMap<string, Tensor>): void {
    const { builder, options } = this;
    const momentum = (options.batchNorm?.mode === "batch" ? options.batchNorm.momentum : undefined) ?? 0.1;
    if (!(momentum >= 0 && momentum <= 1))
      throw new InputError(`the momentum of batch normalisation is ${momentum}`, { hint: "give 0 to 1" });
    for (const { node, mean, variance, batchMean, batchVariance } of running) {
      const output = this.network.nodes.find(({ name }) => name === node)!.outputs[0]!;
      const { shape } = builder.value(output);
      const count = elementCount(shape) / shape[1]!;
      const follow = (name: string, batch: string, factor: number) =>
        this.#keep(
          name,
          add(mul(builder.value(name), 1 - momentum), mul(builder.value(batch), momentum * factor)),
          initial.get(name)!,
        );
      builder.within(`statistics/${node}`, () => {
        follow(mean, batchMean, 1);
        follow(variance, batchVariance, count > 1 ? count / (count - 1) : 1);
      });
    }
  }
}

function weightDecay(parameter: Parameter, { weightDecay: decay }: StepOptions): number {
  if (!decay) return 0;
  if (!(decay.rate >= 0))
    throw new InputError(`the weight decay is ${decay.rate}`, { hint: "give 0 or more" });
  const excluded = decay.excludes?.(parameter) ?? parameter.value.shape.length <= 1;
  return excluded ? 0 : decay.rate;
}
