import { InputError } from "../../../errors.js";
import type { Graph } from "../../../graph/types.js";
import type { ColumnExchange } from "../../../mapping/column-exchange/index.js";
import { combine, type LoopAddition, type TrainingCurve } from "../../../train/stage.js";
import { maskedWeights } from "../weight-masks.js";
import { heldSegments } from "./held-segments.js";
import { type Crossbars, crossbarMatrices, type LayerPart, layerParts, withKept } from "./network.js";
import { betterOrder, exchangeOf, type PlainExchange, plainExchange } from "./orders.js";
import { type PrunedMatrices, pruneSegments } from "./prune.js";
import {
  type CrossbarPruningReport,
  networkReport,
  type OrderedNetwork,
  type RoundReport,
  weightsAndArrays,
} from "./report.js";
import type { CrossbarMatrix, SegmentPruning } from "./types.js";

export interface RoundsOptions extends SegmentPruning {
  /** Names the stage in its report. */
  readonly stage: string;
  /** Rounds of pruning and fine-tuning at most. */
  readonly rounds: number;
  /** Percentage points by which the validation accuracy may fall below that at the start. */
  readonly budget_points: number;
}

/** How far pruning has come when a round is fine-tuned. */
export interface RoundMoment {
  readonly round: number;
  readonly rounds: number;
  /** Arrays at the start of the stage, and in this round before training. */
  readonly startArrays: number;
  readonly arrays: number;
}

/** What a round leaves. Round 0 is the network that pruning starts from. */
export interface Round {
  readonly graph: Graph;
  readonly curve: TrainingCurve | null;
  readonly state: RoundState;
}

/** Plain data, so that a round can be kept on disk. */
export interface RoundState extends Omit<RoundReport, "round"> {
  /** Validation images. */
  readonly images: number;
  /** The order of each matrix's columns, with which the next round begins. */
  readonly orders: readonly PlainExchange[];
}

export interface RoundTools {
  /** Exchanges the columns of every matrix. */
  readonly remap: (
    matrices: readonly CrossbarMatrix[],
    round: number,
  ) => Promise<readonly ColumnExchange[]> | readonly ColumnExchange[];
  readonly fineTune: (
    graph: Graph,
    addition: LoopAddition,
    moment: RoundMoment,
  ) => Promise<{ readonly graph: Graph; readonly curve: TrainingCurve | null }>;
  /** Accuracy on images that no training has seen. */
  readonly validate: (graph: Graph) => Promise<{ readonly accuracy: number; readonly images: number }>;
  /** Keeps what a round has made, and gives it back when the same pruning is started again. */
  readonly keep?: (round: number, make: () => Promise<Round>) => Promise<Round>;
}

export interface PrunedInRounds {
  readonly graph: Graph;
  /** Of the rounds that were kept, one behind the other; null where none was. */
  readonly curve: TrainingCurve | null;
  readonly report: CrossbarPruningReport;
  /** By matrix, the order of columns that the last kept round ended with. */
  readonly orders: ReadonlyMap<string, ColumnExchange>;
}

/**
 * Crossbar-grained pruning (Lin et al. 2019, section IV; spec, section 3): map, prune row segments, fine-tune with what
 * is pruned held at zero, validate, map again and keep the better order; round after round, until the accuracy falls by
 * more than the budget. Then the last good round is what is left. The weight ranges of a quantised network have to be
 * stored.
 * @throws InputError for a network without layers for crossbars, weights that are not finite, and options out of range
 */
export async function pruneInRounds(
  graph: Graph,
  crossbars: Crossbars,
  options: RoundsOptions,
  tools: RoundTools,
): Promise<PrunedInRounds> {
  check(options);
  const parts = layerParts(graph);
  if (parts.length === 0)
    throw new InputError(`"${graph.name}" has no layer that could stand on a crossbar`, {
      hint: "the model needs at least one Conv or Gemm with constant weights",
    });
  return new Rounds(parts, crossbars, options, tools).run(graph);
}

class Rounds {
  constructor(
    private readonly parts: readonly LayerPart[],
    private readonly crossbars: Crossbars,
    private readonly options: RoundsOptions,
    private readonly tools: RoundTools,
  ) {}

  async run(graph: Graph): Promise<PrunedInRounds> {
    const start = await this.keep(0, () => this.first(graph));
    const reports: RoundReport[] = [];
    const curves: TrainingCurve[] = [];
    let last = start;
    let ended: CrossbarPruningReport["ended"] = "rounds";
    for (let round = 1; round <= this.options.rounds; round++) {
      const before = last;
      const pruned = pruneSegments(this.ordered(before), this.options);
      if (pruned.after.segments === pruned.before.segments) {
        ended = "nothing left";
        break;
      }
      const made = await this.keep(round, () => this.next(round, before, pruned, start));
      const { images: _, orders: __, ...state } = made.state;
      reports.push({ round, ...state });
      if (!made.state.kept) {
        ended = "budget";
        break;
      }
      if (made.curve) curves.push(made.curve);
      last = made;
    }
    return this.result(start, last, reports, curves, ended);
  }

  private keep(round: number, make: () => Promise<Round>): Promise<Round> {
    return this.tools.keep ? this.tools.keep(round, make) : make();
  }

  private matrices(graph: Graph) {
    return crossbarMatrices(graph, this.parts, this.crossbars);
  }

  private ordered({ graph, state }: Round): OrderedNetwork {
    return this.matrices(graph).map((matrix, i) => ({ ...matrix, exchange: exchangeOf(state.orders[i]!) }));
  }

  private async first(graph: Graph): Promise<Round> {
    const { accuracy, images } = await this.tools.validate(graph);
    const matrices = this.matrices(graph);
    const exchanges = await this.tools.remap(matrices, 0);
    const use = weightsAndArrays(matrices.map((matrix, i) => ({ ...matrix, exchange: exchanges[i]! })));
    const state = { ...use, accuracy, images, kept: true, newOrders: matrices.length };
    return { graph, curve: null, state: { ...state, orders: exchanges.map(plainExchange) } };
  }

  private async next(round: number, before: Round, pruned: PrunedMatrices, start: Round): Promise<Round> {
    const less = withKept(before.graph, this.parts, pruned.kept);
    const addition = combine([maskedWeights(less), heldSegments(this.parts, pruned.kept)]);
    const { graph, curve } = await this.tools.fineTune(less, addition, {
      round,
      rounds: this.options.rounds,
      startArrays: start.state.arrays,
      arrays: pruned.after.arrays,
    });
    const { accuracy, images } = await this.tools.validate(graph);
    const kept = withinBudget(start.state, { accuracy, images }, this.options.budget_points);
    const matrices = this.matrices(graph);
    const old = before.state.orders.map(exchangeOf);
    const found = kept ? await this.tools.remap(matrices, round) : old;
    const exchanges = matrices.map((matrix, i) => betterOrder(matrix, old[i]!, found[i]!));
    const newOrders = exchanges.filter((exchange, i) => exchange !== old[i]).length;
    const use = weightsAndArrays(matrices.map((matrix, i) => ({ ...matrix, exchange: exchanges[i]! })));
    const state = { ...use, accuracy, images, kept, newOrders, orders: exchanges.map(plainExchange) };
    return { graph, curve, state };
  }

  private result(
    start: Round,
    last: Round,
    rounds: readonly RoundReport[],
    curves: readonly TrainingCurve[],
    ended: CrossbarPruningReport["ended"],
  ): PrunedInRounds {
    const { stage, mode, share, budget_points } = this.options;
    const [before, after] = [this.ordered(start), this.ordered(last)];
    const standing = ({ weights, arrays, accuracy }: RoundState) => ({ weights, arrays, accuracy });
    const report: CrossbarPruningReport = {
      stage,
      mode,
      share,
      budget_points,
      images: start.state.images,
      start: standing(start.state),
      end: standing(last.state),
      ended,
      rounds,
      ...networkReport(before, after, this.crossbars.array),
    };
    const orders = new Map(after.map(({ name, exchange }) => [name, exchange]));
    return { graph: last.graph, curve: oneCurve(stage, curves), report, orders };
  }
}

/** Counted in images, so that no rounding decides. */
function withinBudget(
  start: { readonly accuracy: number; readonly images: number },
  now: { readonly accuracy: number; readonly images: number },
  budget_points: number,
): boolean {
  const lost = Math.round(start.accuracy * start.images) - Math.round(now.accuracy * now.images);
  return 100 * lost <= budget_points * now.images * (1 + 1e-9);
}

/** Rounds one behind the other: steps and epochs count on. */
function oneCurve(stage: string, curves: readonly TrainingCurve[]): TrainingCurve | null {
  if (curves.length === 0) return null;
  let [step, epoch] = [0, 0];
  const points = curves.flatMap((curve) => {
    const moved = curve.points.map((point) => ({
      ...point,
      step: step + point.step,
      epoch: epoch + point.epoch,
    }));
    const end = moved.at(-1);
    if (end) [step, epoch] = [end.step, end.epoch];
    return moved;
  });
  return { stage, points };
}

function check({ rounds, budget_points }: RoundsOptions): void {
  if (!(Number.isInteger(rounds) && rounds >= 1))
    throw new InputError(`the rounds of crossbar-grained pruning are ${rounds}`, {
      hint: "give a whole number from 1",
    });
  if (!(budget_points >= 0 && budget_points <= 100))
    throw new InputError(`the accuracy budget is ${budget_points} percentage points`, {
      hint: "give a number from 0 to 100",
    });
}
