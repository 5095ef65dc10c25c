import { KernelModule, supportedVariants, type Variant } from "../../array/simd/module.js";
import { planProgram } from "../../array/simd/plan.js";
import type { ArrayProgram, SumHistogram } from "../../array/types.js";
import { evaluateNode } from "../../graph/evaluate.js";
import { inferTypes } from "../../graph/infer.js";
import type { CompressedModel, Node } from "../../graph/types.js";
import type { LayerMatrix } from "../../lower/matrices.js";
import { elementCount, type Tensor } from "../../tensor.js";
import { inputCodes } from "../codes.js";
import { type LayerRun, type MatrixPlan, planMatrix, runLayer } from "./layer.js";
import { type Move, moved, moveOf, pooled } from "./moves.js";
import { type LayerStep, type NodeStep, type Step, stepsOf } from "./steps.js";
import type { SharedTables } from "./tables.js";
import { asTensor, type Codes, quantized, sameQuantizer, slack, type Value } from "./values.js";

/** One matrix of a layer, as the simulator knows it. */
export interface LayerProgram {
  readonly matrix: LayerMatrix;
  /** Made anew at each call: its cells are as large as the weights. */
  readonly program: () => ArrayProgram;
  readonly columnSums: Float64Array;
}

export interface FastOptions {
  /** Default: the fastest that the engine runs. */
  readonly variant?: Variant;
  /** Leaves out look-ups of four lines that are not driven at any of 32 positions. Default: true. */
  readonly skipSilent?: boolean;
  /** Rounds cells at uneven conductances to so many bits (array/rounding.ts), for speed. Default: not at all. */
  readonly conductanceBits?: number;
  /** Made on another thread (sharedTables) for the same placement and ranges. Default: tables of its own. */
  readonly tables?: SharedTables | null;
  /** Milliseconds, for the share of time inside the array kernels. */
  readonly clock?: () => number;
}

/**
 * The placed network in the kernels' memory. Between the layers values stay there as the codes of their quantisers;
 * a layer's batch norm, residual, ReLU and quantiser are computed in one pass behind it. What this does not know goes
 * through the plain evaluation. Its logits are those of the simulator with any kernel, bit for bit.
 */
export class FastNetwork {
  /** Time spent so far, where there is a clock. */
  readonly time_ms = { total: 0, arrays: 0 };
  private readonly steps: readonly Step[];
  private readonly lastUse = new Map<string, number>();
  private readonly moves = new Map<Node, Move | null>();

  private constructor(
    private readonly module: KernelModule,
    private readonly model: CompressedModel,
    private readonly matrices: ReadonlyMap<Step, readonly MatrixPlan[]>,
    steps: readonly Step[],
    private readonly poolShapes: ReadonlyMap<string, readonly number[]>,
    private readonly options: FastOptions,
  ) {
    this.steps = steps;
    for (const [at, step] of steps.entries()) for (const name of inputsOf(step)) this.lastUse.set(name, at);
  }

  /** null where the engine has no SIMD, or the kernels do not hold a layer's numbers (simd/plan.ts). */
  static of(
    model: CompressedModel,
    layers: ReadonlyMap<string, readonly LayerProgram[]>,
    options: FastOptions = {},
  ): FastNetwork | null {
    const { tables } = options;
    const variant = tables?.variant ?? options.variant ?? supportedVariants()[0];
    if (!variant) return null;
    const module = new KernelModule(variant, tables?.memory);
    const { graph } = model;
    const steps = stepsOf(graph, (node) => layers.has(node.name));
    const matrices = new Map<Step, MatrixPlan[]>();
    for (const step of steps) {
      if (step.kind === "node") continue;
      const plans: MatrixPlan[] = [];
      for (const { matrix, program, columnSums } of layers.get(step.node.name)!) {
        const plan = tables ? tables.plans.get(matrix.name) : planProgram(module, program());
        if (!plan || !constantTail(graph.initializers, step)) return null;
        plans.push(planMatrix(module, graph, step, matrix, plan, columnSums));
      }
      matrices.set(step, plans);
    }
    const types = inferTypes(graph);
    const pools = new Map<string, readonly number[]>();
    for (const node of graph.nodes) {
      const shape = types.get(node.outputs[0]!)?.shape;
      if (node.op === "MaxPool" && shape?.slice(1).every((dim) => typeof dim === "number"))
        pools.set(node.name, shape.slice(1) as number[]);
    }
    return new FastNetwork(module, model, matrices, steps, pools, options);
  }

  /** Bytes of the kernels' memory in use between runs: tables for the most part, unless they are shared. */
  get tableBytes(): number {
    return this.module.usedBytes;
  }

  /**
   * @param images [images × channels × height × width]
   * @param histograms by matrix, in which every column sum is counted
   * @returns the network's first output, and each matrix's counts of driven rows by name
   */
  run(
    images: Tensor,
    histograms: ReadonlyMap<string, SumHistogram> | null = null,
  ): { logits: Tensor; ones: Map<string, Float64Array> } {
    const { clock } = this.options;
    const start = clock?.() ?? 0;
    const { graph } = this.model;
    // Maps of moved elements are kept from the first run on, below what a run gives back.
    const mark = this.module.used;
    const values = new Map<string, Value>([[graph.inputs[0]!.name, { kind: "tensor", tensor: images }]]);
    for (const [name, value] of graph.initializers) values.set(name, { kind: "tensor", tensor: value });
    const ones = new Map<string, Float64Array>();
    const known = this.moves.size;
    for (const [at, step] of this.steps.entries()) {
      if (step.kind === "layer") values.set(step.output, this.layer(step, values, ones, histograms));
      else this.node(step, values);
      for (const name of inputsOf(step))
        if (this.lastUse.get(name) === at && !graph.outputs.includes(name)) values.delete(name);
    }
    const logits = asTensor(this.module, values.get(graph.outputs[0]!)!);
    if (this.moves.size === known) this.module.release(mark);
    if (clock) this.time_ms.total += clock() - start;
    return { logits, ones };
  }

  private layer(
    step: LayerStep,
    values: Map<string, Value>,
    ones: Map<string, Float64Array>,
    histograms: ReadonlyMap<string, SumHistogram> | null,
  ): Value {
    const matrices = this.matrices.get(step)!;
    const input = this.codesFor(values.get(step.node.inputs[0]!)!, matrices[0]!.matrix);
    const residual = step.residual === null ? null : values.get(step.residual)!;
    const run: LayerRun = {
      module: this.module,
      skipSilent: this.options.skipSilent ?? true,
      timed: (work) => this.timed(work),
      histograms,
    };
    const out = runLayer(run, step, matrices, input, residual, ones);
    return step.pool && out.kind === "codes"
      ? pooled(this.module, step.pool, out, this.poolShapes.get(step.pool.name)!)
      : out;
  }

  private timed(work: () => void): void {
    const { clock } = this.options;
    if (!clock) {
      work();
      return;
    }
    const start = clock();
    work();
    this.time_ms.arrays += clock() - start;
  }

  private node({ node }: NodeStep, values: Map<string, Value>): void {
    const [name] = node.outputs as [string];
    const first = values.get(node.inputs[0]!);
    const others = node.inputs.slice(1).map((input) => values.get(input));
    if (node.op === "FakeQuantize" && first?.kind === "tensor" && first.tensor.dtype === "f32") {
      values.set(name, quantized(this.module, first.tensor, node.attributes));
      return;
    }
    if (first?.kind === "codes") {
      const shape = this.poolShapes.get(node.name);
      if (node.op === "MaxPool" && shape) {
        values.set(name, pooled(this.module, node, first, shape));
        return;
      }
      const move = this.moveOf(node, first, others);
      if (move) {
        values.set(name, moved(this.module, move, first));
        return;
      }
    }
    const inputs = [first, ...others].map((value) => (value ? asTensor(this.module, value) : undefined));
    const outputs = evaluateNode(node, inputs);
    for (const [i, output] of node.outputs.entries())
      values.set(output, { kind: "tensor", tensor: outputs[i]! });
  }

  private moveOf(node: Node, first: Codes, others: readonly (Value | undefined)[]): Move | null {
    let move = this.moves.get(node);
    if (move === undefined) {
      const tensors = others.map((value) => (value?.kind === "tensor" ? value.tensor : undefined));
      move = moveOf(this.module, node, first.shape, tensors);
      this.moves.set(node, move);
    }
    return move;
  }

  /** The value as codes of the quantiser that the matrix was built for. */
  private codesFor(value: Value, matrix: LayerMatrix): Codes {
    if (value.kind === "codes" && sameQuantizer(value.quantizer, matrix.layer.input)) return value;
    const x = asTensor(this.module, value);
    const codes = inputCodes(x, matrix);
    const at = this.module.allocate(elementCount(x.shape) + slack);
    this.module.u8(at, codes.length).set(codes);
    return { kind: "codes", at, shape: x.shape, quantizer: matrix.layer.input };
  }
}

const inputsOf = (step: Step): readonly string[] =>
  step.kind === "node"
    ? step.node.inputs
    : step.residual === null
      ? [step.node.inputs[0]!]
      : [step.node.inputs[0]!, step.residual];

/** Whether bias and batch norm are stored numbers, which is what the tail is computed from. */
function constantTail(initializers: ReadonlyMap<string, Tensor>, step: LayerStep): boolean {
  const names = [step.node.inputs[2] ?? "", ...(step.batchNorm?.inputs.slice(1) ?? [])];
  return names.every((name) => name === "" || initializers.has(name));
}
