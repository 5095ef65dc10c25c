import { simdKernel } from "../array/simd/kernel.js";
import { supportedVariants } from "../array/simd/module.js";
import { tableKernel } from "../array/tables.js";
import type { ArrayKernel, ArrayProgram, Saturation, SumHistogram } from "../array/types.js";
import { invariant } from "../errors.js";
import { evaluateGraph } from "../graph/evaluate.js";
import type { Node } from "../graph/types.js";
import { gatherRows, positionsOf } from "../lower/gather.js";
import type { LayerMatrix } from "../lower/matrices.js";
import type { Placement } from "../mapping/types.js";
import { type Tensor, tensor } from "../tensor.js";
import { inputCodes } from "./codes.js";
import { FastNetwork, type FastOptions, type LayerProgram } from "./fast/network.js";
import { layerPrograms } from "./layers.js";
import { type AdcRanges, emptyHistograms } from "./ranges.js";

/** What one matrix saw and gave for a chunk of images; positions of all images stand side by side. */
export interface MatrixTrace {
  readonly matrix: LayerMatrix;
  readonly images: number;
  /** The layer's input codes in the activation's own layout: [images × channels × height × width], or [images × rows]. */
  readonly codes: Uint8Array;
  /** [rows × (images · positions)] Input codes, zero point included. */
  readonly inputs: Uint8Array;
  /** [columns × (images · positions)] Shift-added array outputs, in units of input code × weight code. */
  readonly accumulators: Float64Array;
}

export interface ChunkOptions {
  readonly onMatrix?: (trace: MatrixTrace) => void;
  /** Counts the column sums of every matrix, for calibration. */
  readonly histograms?: boolean;
  /** Counts conversions and those that saturate, by matrix; takes about as long as counting sums. */
  readonly saturation?: boolean;
}

export interface ChunkResult {
  /** [images × classes] */
  readonly logits: Float32Array;
  readonly images: number;
  /** Per matrix, in the placement's order: [inputBits × rows] how often row r was driven with bit z set. */
  readonly ones: readonly Float64Array[];
  /** Per matrix, where asked for: the counts of a {@link SumHistogram}. */
  readonly histograms: readonly Float64Array[] | null;
  /** Per matrix, where asked for. */
  readonly saturation: readonly Saturation[] | null;
}

/** What is counted by matrix, where it is. */
interface Counts {
  readonly histograms: readonly SumHistogram[] | null;
  readonly saturation: readonly Saturation[] | null;
}

/**
 * The chip as a function of images. Between the arrays the network's own digital operations run (folded or kept
 * batch norm, additions, pooling, requantisation), in single precision as the exported model does.
 */
export class Simulator {
  private readonly layers = new Map<string, LayerProgram[]>();
  private readonly programs: readonly LayerProgram[];
  /** Those that the plain paths have needed so far. */
  private readonly made = new Map<LayerProgram, ArrayProgram>();
  private readonly input: string;
  private kernel: ArrayKernel | undefined;
  /** undefined: not yet built; null: this network or engine does not allow it. */
  private fast: FastNetwork | null | undefined;

  /**
   * @param ranges null only for calibration itself: every converter is then ideal
   * @param kernel multiplies all matrices; by default the fastest there is, together with fast digital arithmetic
   */
  constructor(
    private readonly placed: Placement,
    private readonly ranges: AdcRanges | null,
    kernel?: ArrayKernel,
    private readonly options: FastOptions = {},
  ) {
    this.kernel = kernel;
    if (kernel) this.fast = null;
    this.programs = layerPrograms(placed, ranges, options);
    for (const entry of this.programs) {
      const { node } = entry.matrix.layer;
      this.layers.set(node, [...(this.layers.get(node) ?? []), entry]);
    }
    this.input = placed.model.graph.inputs[0]!.name;
  }

  /** @param images [images × channels × height × width], normalised as the network expects */
  run(images: Tensor, options: ChunkOptions = {}): ChunkResult {
    const histograms = options.histograms ? emptyHistograms(this.placed) : null;
    const counts = histograms?.map((histogram) => histogram.counts) ?? null;
    // The tables of converted sums may not be for counting (array/simd/plan.ts).
    const saturation = options.saturation
      ? this.programs.map(() => ({ below: 0, above: 0, conversions: 0 }))
      : null;
    const slow =
      options.onMatrix !== undefined || saturation !== null || (histograms !== null && this.ranges !== null);
    const fast = slow ? null : this.fastNetwork();
    if (fast) {
      const byName = histograms && new Map(this.programs.map((p, i) => [p.matrix.name, histograms[i]!]));
      const { logits, ones } = fast.run(images, byName);
      return {
        logits: logits.data as Float32Array,
        images: images.shape[0]!,
        ones: this.programs.map(({ matrix }) => ones.get(matrix.name)!),
        histograms: counts,
        saturation: null,
      };
    }
    const ones = new Map<string, Float64Array>();
    const outputs = this.evaluate(images, [], ones, options, { histograms, saturation });
    return {
      logits: outputs.get(this.placed.model.graph.outputs[0]!)!.data as Float32Array,
      images: images.shape[0]!,
      ones: this.programs.map(({ matrix }) => ones.get(matrix.name)!),
      histograms: counts,
      saturation,
    };
  }

  /** The network in the kernels' memory, or null where there are only plain paths. */
  fastNetwork(): FastNetwork | null {
    if (this.fast === undefined) this.fast = FastNetwork.of(this.placed.model, this.layers, this.options);
    return this.fast;
  }

  private programOf(entry: LayerProgram): ArrayProgram {
    const program = this.made.get(entry) ?? entry.program();
    this.made.set(entry, program);
    return program;
  }

  private arrayKernel(): ArrayKernel {
    this.kernel ??= supportedVariants().length > 0 ? simdKernel(this.options) : tableKernel;
    return this.kernel;
  }

  /** The network's outputs and any values between its layers, by name. */
  values(images: Tensor, names: readonly string[]): ReadonlyMap<string, Tensor> {
    return this.evaluate(images, names, new Map(), {}, { histograms: null, saturation: null });
  }

  private evaluate(
    images: Tensor,
    extra: readonly string[],
    ones: Map<string, Float64Array>,
    options: ChunkOptions,
    counts: Counts,
  ): ReadonlyMap<string, Tensor> {
    const { graph } = this.placed.model;
    const wanted = { ...graph, outputs: [...new Set([...graph.outputs, ...extra])] };
    return evaluateGraph(wanted, new Map([[this.input, images]]), {
      override: (node, inputs) => {
        const entries = this.layers.get(node.name);
        return entries ? [this.runLayer(node, entries, inputs, ones, options, counts)] : undefined;
      },
    });
  }

  private runLayer(
    node: Node,
    entries: readonly LayerProgram[],
    inputs: readonly (Tensor | undefined)[],
    ones: Map<string, Float64Array>,
    options: ChunkOptions,
    { histograms, saturation }: Counts,
  ): Tensor {
    const [x, , bias] = inputs;
    const images = x!.shape[0]!;
    const codes = inputCodes(x!, entries[0]!.matrix);
    const shape = outputShape(node, entries, images);
    const y = tensor("f32", shape);
    for (const entry of entries) {
      const { matrix } = entry;
      const program = this.programOf(entry);
      const { zeroPoint } = matrix.layer.input;
      const rows = gatherRows(matrix.geometry, codes, images, matrix.rows, zeroPoint);
      const positions = images * positionsOf(matrix.geometry);
      const at = this.programs.indexOf(entry);
      const values = this.arrayKernel().multiply(program, rows, positions, {
        ...(histograms ? { histogram: histograms[at]! } : {}),
        ...(saturation ? { saturation: saturation[at]! } : {}),
      });
      ones.set(matrix.name, countOnes(rows, program.rows, positions, program.inputBits));
      options.onMatrix?.({ matrix, images, codes, inputs: rows, accumulators: values });
      requantize(entry, values, images, bias, y);
    }
    return y;
  }
}

function outputShape(node: Node, entries: readonly LayerProgram[], images: number): number[] {
  const { geometry } = entries[0]!.matrix;
  const columns = entries.reduce((sum, entry) => sum + entry.matrix.columns, 0);
  if (geometry.kind === "dense") return [images, columns];
  invariant(node.op === "Conv", `${node.name} is a ${node.op}`);
  return [images, columns, geometry.outHeight, geometry.outWidth];
}

/** Back to the network's numbers: y = (accumulator − zeroPoint · Σ codes) · inputScale · weightScale + bias. */
function requantize(
  { matrix, columnSums }: LayerProgram,
  values: Float64Array,
  images: number,
  bias: Tensor | undefined,
  y: Tensor,
): void {
  const positions = positionsOf(matrix.geometry);
  const { input, weightScale } = matrix.layer;
  const scale = input.scale * weightScale;
  const channels = y.shape[1]!;
  for (let c = 0; c < matrix.columns; c++) {
    const channel = matrix.firstOutput + c;
    const shift = input.zeroPoint * columnSums[c]!;
    const b = bias ? bias.data[channel]! : 0;
    for (let n = 0; n < images; n++) {
      const from = c * images * positions + n * positions;
      const to = (n * channels + channel) * positions;
      for (let p = 0; p < positions; p++) y.data[to + p] = (values[from + p]! - shift) * scale + b;
    }
  }
}

/** [inputBits × rows] how many products drive row r with bit z set. */
function countOnes(inputs: Uint8Array, rows: number, positions: number, bits: number): Float64Array {
  const ones = new Float64Array(bits * rows);
  const seen = new Float64Array(256);
  for (let r = 0; r < rows; r++) {
    seen.fill(0);
    for (let p = r * positions; p < (r + 1) * positions; p++) seen[inputs[p]!]!++;
    for (let code = 1; code < 256; code++) {
      if (seen[code] === 0) continue;
      for (let z = 0; z < bits; z++) if ((code >> z) & 1) ones[z * rows + r]! += seen[code]!;
    }
  }
  return ones;
}
