import { InputError } from "../../errors.js";
import { freshName, producers } from "../../graph/edit.js";
import type { Graph, Node, NodeOf } from "../../graph/types.js";
import { f32, i64, roundHalfEven, type Tensor } from "../../tensor.js";
import { checkBits, largestCode, sawbCoefficients } from "./weights.js";

/** How weights are quantised while they are trained (spec 2.6). */
export interface WeightTrainingOptions {
  readonly bits: number;
  /** "mean": α = k · mean|W|. "sawb": α = c₁·√E[w²] + c₂·E|w|, for 2 and 4 bits. */
  readonly rule: "mean" | "sawb";
  /** k of the rule "mean". Default: 2. */
  readonly factor?: number;
  /** Gradients pass where |w| is below it; null: where |w| ≤ α. Default: 1. */
  readonly passBelow?: number | null;
  /**
   * "left out": the moments of the rules are those of the weights that are not 0 as the quantiser is made. Of a network
   * whose single weights are pruned and stay so, the others would be clipped as if they were small. Default: "counted".
   */
  readonly zeros?: "counted" | "left out";
}

/**
 * Writes the weight quantiser as operators, so that its range follows the weights at every step:
 * Abs → ReduceMean → Mul by k, or the two moments of SAWB, then QuantizeWeights. Means are taken of each row first: one
 * single-precision sum over a large layer would be off by hundreds of units in the last place. The guards are those of
 * `weightRange`: 2 · mean|W| where SAWB's fit is not above 0, and 1 for a layer that is all zeros, whose quotient would
 * be no number. The range gets no gradient (autodiff/rules/quantizers.ts).
 */
export class WeightChain {
  readonly #constants = new Map<string, string>();

  constructor(
    readonly taken: Set<string>,
    readonly initializers: Map<string, Tensor>,
  ) {}

  /** @returns the nodes, of which the last makes the quantised weights */
  nodesFor(
    weight: string,
    bits: number,
    options: WeightTrainingOptions,
  ): readonly [...Node[], NodeOf<"QuantizeWeights">] {
    const nodes: Node[] = [];
    const name = (what: string) => freshName(this.taken, `${weight}/${what}`);
    const add = (what: string, op: PlainOp, inputs: readonly string[]): string => {
      const made = name(what);
      const attributes = op === "ReduceMean" ? { keepdims: false } : {};
      nodes.push({ op, name: made, inputs, outputs: [made], attributes } as Node);
      return made;
    };
    const mean = (what: string, of: string): string => {
      const rank = this.initializers.get(weight)!.shape.length;
      return add(what, "ReduceMean", [add(`${what}_by_row`, "ReduceMean", [of, this.#inner(rank)])]);
    };
    const guarded = (what: string, value: string, otherwise: string): string =>
      add(what, "Where", [add(`${what}_is_positive`, "Greater", [value, this.#scalar(0)]), value, otherwise]);
    // Means over all weights, times this, are means over those that are not 0.
    const live = options.zeros === "left out" ? liveShare(this.initializers.get(weight)!) : 1;
    const magnitude = mean("mean_magnitude", add("magnitude", "Abs", [weight]));
    let fit: string;
    if (options.rule === "mean")
      fit = add("fit", "Mul", [magnitude, this.#scalar((options.factor ?? 2) / live)]);
    else {
      const [c1, c2] = sawbCoefficients(bits);
      const rms = add("rms", "Sqrt", [mean("mean_square", add("square", "Mul", [weight, weight]))]);
      const terms = [
        add("rms_term", "Mul", [rms, this.#scalar(c1 / Math.sqrt(live))]),
        add("magnitude_term", "Mul", [magnitude, this.#scalar(c2 / live)]),
      ];
      fit = guarded(
        "fit",
        add("sawb", "Add", terms),
        add("twice", "Mul", [magnitude, this.#scalar(2 / live)]),
      );
    }
    const range = guarded("range", fit, this.#scalar(1));
    const output = name("quantized");
    return [
      ...nodes,
      {
        op: "QuantizeWeights",
        name: output,
        inputs: [weight, range],
        outputs: [output],
        attributes: { bits, passBelow: options.passBelow === undefined ? 1 : options.passBelow },
      },
    ];
  }

  #scalar = (value: number): string => this.#constant(`${value}`, () => f32([], [value]));

  /** All axes but the first. */
  #inner = (rank: number): string =>
    this.#constant(`axes_below_${rank}`, () => i64(Array.from({ length: rank - 1 }, (_, i) => i + 1)));

  #constant(what: string, make: () => Tensor): string {
    let made = this.#constants.get(what);
    if (made === undefined) {
      made = freshName(this.taken, `quantizers/${what}`);
      this.initializers.set(made, make());
      this.#constants.set(what, made);
    }
    return made;
  }
}

/** Share of the weights that are not 0; 1 where there is none. */
function liveShare({ data }: Tensor): number {
  let live = 0;
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) live++;
  return live === 0 ? 1 : live / data.length;
}

type PlainOp = "Abs" | "ReduceMean" | "Mul" | "Add" | "Sqrt" | "Where" | "Greater";

/** @throws InputError where an option is outside its range */
export function checkWeightOptions({ bits, rule, factor, passBelow }: WeightTrainingOptions): void {
  checkBits("weight bits", bits);
  if (rule !== "mean" && rule !== "sawb")
    throw new InputError(`the weight range rule is "${rule}"`, {
      hint: "choose mean or sawb: ranges that follow the weights at every step",
    });
  if (rule === "sawb") sawbCoefficients(bits);
  if (factor !== undefined && !(factor > 0 && Number.isFinite(factor)))
    throw new InputError(`the factor of the weight range is ${factor}`, { hint: "give a number such as 2" });
  if (passBelow !== undefined && passBelow !== null && !(passBelow > 0))
    throw new InputError(`passBelow is ${passBelow}`, {
      hint: "give a number above 0, or null for |w| ≤ alpha",
    });
}

/** A layer with a weight quantiser in a network in training. */
export interface QuantizedLayer {
  /** The Conv or Gemm. */
  readonly node: Node;
  /** The initializer that holds its float weights. */
  readonly weight: string;
  readonly bits: number;
  /** The QuantizeWeights node. */
  readonly quantizer: NodeOf<"QuantizeWeights">;
  /** The clipping range, where it is stored; null where it follows the weights. */
  readonly alpha: number | null;
}

/** The crossbar layers of a network in training, in the graph's order. */
export function quantizedLayers(graph: Graph): QuantizedLayer[] {
  const madeBy = producers(graph);
  return graph.nodes.flatMap((node): QuantizedLayer[] => {
    if (node.op !== "Conv" && node.op !== "Gemm") return [];
    const quantizer = madeBy.get(node.inputs[1]!);
    if (quantizer?.op !== "QuantizeWeights") return [];
    const [weight, range] = quantizer.inputs as [string, string];
    if (!graph.initializers.has(weight)) return [];
    const alpha = graph.initializers.get(range)?.data[0] ?? null;
    return [{ node, weight, bits: quantizer.attributes.bits, quantizer, alpha }];
  });
}

/**
 * The codes of weights as ONNX Runtime computes them from this range: every step in single precision, ties to even
 * (onnx/exporters.ts). `weightCode` does the same in double precision; near the middle of two codes they may differ.
 */
export function trainedWeightCodes(weights: ArrayLike<number>, alpha: number, bits: number): Int8Array {
  const top = largestCode(bits);
  const step = weightStep(alpha, bits);
  const codes = new Int8Array(weights.length);
  for (let i = 0; i < codes.length; i++) {
    const code = roundHalfEven(Math.fround(weights[i]! / step));
    codes[i] = Math.min(Math.max(code, -top), top);
  }
  return codes;
}

/** α / (2^(bits−1) − 1), in single precision. */
export const weightStep = (alpha: number, bits: number): number =>
  Math.fround(Math.fround(alpha) / largestCode(bits));
