import type { ColumnExchange, ExchangeProblem } from "../../mapping/column-exchange/index.js";
import type { StagePart } from "../../recipe/compress.js";
import { solveOnThreads } from "../exchange.js";
import type { Progress, StageProgress } from "../progress.js";

interface Bar {
  readonly shown: StageProgress;
  /** Steps of a round. */
  readonly steps: number;
  readonly of: number;
}

/**
 * One bar for all rounds of a stage, whose time left is that of all of them; and mapping between them, which shows on it.
 */
export class RoundProgress {
  readonly #bars = new Map<string, Bar>();

  constructor(
    private readonly options: {
      readonly progress: Progress;
      readonly threads: number;
      readonly signal?: AbortSignal | undefined;
    },
  ) {}

  /** The part of the bar that a round's training fills. */
  training(stage: string, { number, of, note }: StagePart, steps: number): StageProgress {
    const { shown } = this.#bar(stage, of, steps);
    const text = (more?: string) => [roundText(number, of), more, note].filter(Boolean).join(", ");
    return {
      update: (step, more) => shown.update((number - 1) * steps + step, text(more)),
      done: (more) => shown.update(number * steps, text(more)),
    };
  }

  /** Exchanges the columns of all matrices on worker threads. @param round 0: before the first */
  async remap(
    problems: readonly ExchangeProblem[],
    stage: string,
    round: number,
  ): Promise<readonly ColumnExchange[]> {
    const { progress, threads, signal } = this.options;
    const weights = problems.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
    const bar = round === 0 ? undefined : this.#bars.get(stage);
    const own = bar ? undefined : progress.stage(`exchange columns, ${stage}`, weights);
    const found: ColumnExchange[] = [];
    await solveOnThreads(
      problems,
      { threads, ...(signal && { signal }) },
      {
        onProgress: (done, name) => {
          own?.update(done, name);
          const share = Math.round((100 * done) / Math.max(1, weights));
          bar?.shown.update(
            round * bar.steps,
            `${roundText(round, bar.of)}, columns exchanged to ${share} %`,
          );
        },
        solved: (_, exchange) => found.push(exchange),
      },
    );
    own?.done();
    return found;
  }

  /** The stage has ended. */
  done(stage: string, note?: string): void {
    this.#bars.get(stage)?.shown.done(note);
    this.#bars.delete(stage);
  }

  #bar(stage: string, of: number, steps: number): Bar {
    const known = this.#bars.get(stage);
    if (known) return known;
    const bar = { shown: this.options.progress.stage(`prune and train, ${stage}`, of * steps), steps, of };
    this.#bars.set(stage, bar);
    return bar;
  }
}

const roundText = (round: number, of: number): string => `round ${round} of ${of}`;
