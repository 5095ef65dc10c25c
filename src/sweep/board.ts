import { type Clock, clearLine, cutTo, durationText, type ProgressTarget } from "../node/index.js";

/** Says how a sweep goes. */
export interface Board {
  started(point: string, title: string): void;
  /** What a running point has last said of itself. */
  said(point: string, text: string): void;
  ended(point: string, outcome: string): void;
  /** Nothing more will be written. */
  close(): void;
}

export interface BoardOptions {
  readonly name: string;
  /** Points of the sweep, and those that an earlier call has finished. */
  readonly points: number;
  readonly finished: number;
  readonly jobs: number;
  readonly quiet?: boolean;
}

const silent: Board = { started: () => {}, said: () => {}, ended: () => {}, close: () => {} };

/** One line per running point on a terminal; plain lines where there is none; nothing where quiet is asked for. */
export function boardFor(target: ProgressTarget, clock: Clock, options: BoardOptions): Board {
  if (options.quiet) return silent;
  return target.isTTY ? terminalBoard(target, clock, options) : plainBoard(target, clock, options);
}

interface Running {
  readonly title: string;
  readonly started_s: number;
  text: string;
}

/** What both boards know: who runs, how many are done, and how long the rest may take. */
class Tally {
  readonly running = new Map<string, Running>();
  private ended = 0;
  private spent_s = 0;

  constructor(
    private readonly clock: Clock,
    private readonly options: BoardOptions,
  ) {}

  start(point: string, title: string): void {
    this.running.set(point, { title, started_s: this.clock(), text: "" });
  }

  say(point: string, text: string): void {
    const found = this.running.get(point);
    if (found) found.text = text;
  }

  end(point: string): { title: string; seconds: number } {
    const found = this.running.get(point);
    const seconds = found ? this.clock() - found.started_s : 0;
    this.running.delete(point);
    this.ended++;
    this.spent_s += seconds;
    return { title: found?.title ?? point, seconds };
  }

  get done(): number {
    return this.options.finished + this.ended;
  }

  get counted(): string {
    return `${this.done} of ${this.options.points}${this.left}`;
  }

  /** As if every point took as long as those that have ended, and the running ones what that leaves of them. */
  private get left(): string {
    const open = this.options.points - this.done;
    if (open === 0 || this.ended === 0) return "";
    const mean_s = this.spent_s / this.ended;
    const now_s = this.clock();
    const begun = [...this.running.values()];
    const rest_s =
      mean_s * (open - begun.length) +
      begun.reduce((sum, { started_s }) => sum + Math.max(0, mean_s - (now_s - started_s)), 0);
    // Points that take longer than the mean say nothing of how much longer.
    return rest_s > 0 ? `, about ${durationText(rest_s / Math.min(this.options.jobs, open))} left` : "";
  }
}

/** Seconds between two plain lines about what is running. */
const lineInterval_s = 60;

function plainBoard(target: ProgressTarget, clock: Clock, options: BoardOptions): Board {
  const tally = new Tally(clock, options);
  let lastLine_s = clock();
  const line = (text: string) => {
    lastLine_s = clock();
    target.write(`${text}\n`);
  };
  return {
    started: (point, title) => {
      tally.start(point, title);
      line(`${point} (${title}) ...`);
    },
    said: (point, text) => {
      tally.say(point, text);
      if (clock() - lastLine_s >= lineInterval_s)
        line(`${options.name}: ${tally.counted}; ${point}: ${text}`);
    },
    ended: (point, outcome) => {
      const { seconds } = tally.end(point);
      line(`${point}: ${outcome}, after ${durationText(seconds)}; ${options.name}: ${tally.counted}`);
    },
    close: () => {},
  };
}

/** Seconds between two drawings. */
const frameInterval_s = 0.1;
const lineUp = "\u001b[1A";
const barWidth = 20;

/** Ended points stay as lines; below them the sweep and every running point have a line that is drawn again. */
function terminalBoard(target: ProgressTarget, clock: Clock, options: BoardOptions): Board {
  const tally = new Tally(clock, options);
  const columns = () => target.columns ?? 80;
  let drawn = 0;
  let drawn_s = Number.NEGATIVE_INFINITY;
  const erase = () => {
    target.write((clearLine + lineUp).repeat(drawn) + clearLine);
    drawn = 0;
  };
  const draw = () => {
    erase();
    const filled = Math.round((barWidth * tally.done) / Math.max(1, options.points));
    const bar = `[${"#".repeat(filled)}${".".repeat(barWidth - filled)}]`;
    const running = [...tally.running].map(
      ([point, { title, text }]) => `  ${point} ${title}${text === "" ? "" : `: ${text}`}`,
    );
    const lines = [`${options.name} ${bar} ${tally.counted}`, ...running];
    target.write(lines.map((text) => `${cutTo(text, columns())}\n`).join(""));
    drawn = lines.length;
    drawn_s = clock();
  };
  return {
    started: (point, title) => {
      tally.start(point, title);
      draw();
    },
    said: (point, text) => {
      tally.say(point, text);
      if (clock() - drawn_s >= frameInterval_s) draw();
    },
    ended: (point, outcome) => {
      const { title, seconds } = tally.end(point);
      erase();
      target.write(`${cutTo(`${point} ${title}: ${outcome}, after ${durationText(seconds)}`, columns())}\n`);
      draw();
    },
    close: erase,
  };
}
