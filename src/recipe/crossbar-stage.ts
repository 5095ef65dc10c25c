import {
  type CrossbarPruningReport,
  type Crossbars,
  pruneInRounds,
  type Round,
  type RoundTools,
} from "../compress/prune/crossbar/index.js";
import { type PlainExchange, plainExchange } from "../compress/prune/crossbar/orders.js";
import { InputError } from "../errors.js";
import type { Graph } from "../graph/types.js";
import {
  type ColumnExchange,
  type ExchangeProblem,
  type ExchangeSettings,
  exchangeColumns,
} from "../mapping/column-exchange/index.js";
import type { LoopAddition } from "../train/stage.js";
import type { StageOutcome, StagePart } from "./compress.js";
import type { CrossbarPruningStage } from "./stage-types.js";

/** What a stage of crossbar-grained pruning is given, beside the training loop. */
export interface CrossbarTools extends Omit<Crossbars, "weightBits">, Pick<RoundTools, "validate"> {
  /** How columns are exchanged, as where the network is placed. */
  readonly exchange?: Partial<ExchangeSettings>;
  readonly seed: number;
  /** Exchanges the columns of all matrices. Default: on this thread. */
  readonly remap?: (
    problems: readonly ExchangeProblem[],
    stage: CrossbarPruningStage,
    round: number,
  ) => Promise<readonly ColumnExchange[]>;
  /** Keeps what a round has made, and gives it back when the same pipeline is started again. */
  readonly keepRound?: (
    stage: CrossbarPruningStage,
    round: number,
    make: () => Promise<Round>,
  ) => Promise<Round>;
}

/** Plain data that goes beside the network of the stage. */
export interface CrossbarOutcome {
  readonly report: CrossbarPruningReport;
  /** By matrix, the order of columns that pruning ended with. */
  readonly orders: Readonly<Record<string, PlainExchange>>;
}

/** Runs the rounds of a stage. @param fineTune trains one of them */
export async function crossbarStage(
  graph: Graph,
  stage: CrossbarPruningStage,
  tools: CrossbarTools | undefined,
  fineTune: (graph: Graph, held: LoopAddition, part: StagePart) => Promise<StageOutcome>,
): Promise<StageOutcome> {
  if (!tools)
    throw new InputError(`the stage "${stage.name}" prunes rows of crossbars, and no crossbars are given`, {
      hint: "give `crossbars`: arrays, encoding, and what validates a network",
    });
  const { array, encoding, exchange = {}, seed, validate, keepRound } = tools;
  const remap = tools.remap ?? (async (problems) => problems.map((problem) => exchangeColumns(problem)));
  const { name, mode, share, rounds, budget_points, normalize, weightBits } = stage;
  const found = await pruneInRounds(
    graph,
    { array, encoding, weightBits },
    { stage: name, mode, share, rounds, budget_points, normalize },
    {
      validate,
      remap: (matrices, round) =>
        remap(
          matrices.map((matrix) => ({ ...matrix, settings: exchange, seed })),
          stage,
          round,
        ),
      fineTune: (pruned, held, { round, arrays, startArrays }) =>
        fineTune(pruned, held, {
          name: roundName(round),
          number: round,
          of: rounds,
          note: `${startArrays - arrays} of ${startArrays} arrays freed`,
        }),
      ...(keepRound && { keep: (round, make) => keepRound(stage, round, make) }),
    },
  );
  const orders = [...found.orders].map(([matrix, order]) => [matrix, plainExchange(order)] as const);
  return {
    graph: found.graph,
    curve: found.curve,
    crossbars: { report: found.report, orders: Object.fromEntries(orders) },
  };
}

/** What files and streams of chance of a round are called, behind the stage's name. */
export const roundName = (round: number): string => `round-${round}`;
