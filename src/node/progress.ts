/** What a stage tells while it runs. */
export interface StageProgress {
  /** So much of the stage's total is done. */
  update(done: number, note?: string): void;
  /** The stage has ended. */
  done(note?: string): void;
}

export interface Progress {
  /** Opens a stage; `total` is what `update` counts up to, where that is known. */
  stage(name: string, total?: number): StageProgress;
}

/** What progress is written to: standard error, or a test's list of lines. */
export interface ProgressTarget {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Seconds on a clock that never goes back. */
export type Clock = () => number;

const nothing: StageProgress = { update: () => {}, done: () => {} };

export const quietProgress: Progress = { stage: () => nothing };

/** A bar on a terminal, plain lines where there is none, nothing where quiet is asked for. */
export function progressFor(
  target: ProgressTarget,
  clock: Clock,
  options: { quiet?: boolean } = {},
): Progress {
  if (options.quiet) return quietProgress;
  return target.isTTY ? terminalProgress(target, clock) : plainProgress(target, clock);
}

/** Seconds between two lines about the same stage. */
const lineInterval_s = 10;

/** One line at a stage's start and end, and one now and then in between. */
export function plainProgress(target: ProgressTarget, clock: Clock): Progress {
  return {
    stage: (name, total) => {
      const started_s = clock();
      let lastLine_s = started_s;
      target.write(`${name} ...\n`);
      return {
        update: (done, note) => {
          const now_s = clock();
          if (now_s - lastLine_s < lineInterval_s) return;
          lastLine_s = now_s;
          target.write(
            `${name}: ${countText(done, total)}${timeLeft(done, total, now_s - started_s)}${noteText(note)}\n`,
          );
        },
        done: (note) => {
          target.write(`${name}: done in ${durationText(clock() - started_s)}${noteText(note)}\n`);
        },
      };
    },
  };
}

/** Seconds between two drawings of the bar. */
const frameInterval_s = 0.1;
/** Back to the start of the line, and nothing on it. */
export const clearLine = "\r\u001b[2K";

/** One line that is drawn again: name, bar, count, time left, note. */
export function terminalProgress(target: ProgressTarget, clock: Clock): Progress {
  return {
    stage: (name, total) => {
      const started_s = clock();
      let drawn_s = Number.NEGATIVE_INFINITY;
      const draw = (line: string) => target.write(clearLine + cutTo(line, target.columns ?? 80));
      draw(`${name} ...`);
      return {
        update: (done, note) => {
          const now_s = clock();
          if (now_s - drawn_s < frameInterval_s) return;
          drawn_s = now_s;
          const bar = total === undefined ? "" : `${barText(done / total)} `;
          draw(
            `${name} ${bar}${countText(done, total)}${timeLeft(done, total, now_s - started_s)}${noteText(note)}`,
          );
        },
        done: (note) => {
          draw(`${name}: done in ${durationText(clock() - started_s)}${noteText(note)}`);
          target.write("\n");
        },
      };
    },
  };
}

const barWidth = 20;

function barText(share: number): string {
  const filled = Math.round(barWidth * Math.min(1, Math.max(0, share)));
  return `[${"#".repeat(filled)}${".".repeat(barWidth - filled)}]`;
}

const countText = (done: number, total: number | undefined): string =>
  total === undefined ? `${done}` : `${done} of ${total}`;

const noteText = (note: string | undefined): string => (note ? ` (${note})` : "");

/** As if the rest went as fast as what is done; nothing is said of the first moments. */
function timeLeft(done: number, total: number | undefined, elapsed_s: number): string {
  if (total === undefined || done <= 0 || done >= total || elapsed_s < 1) return "";
  return `, about ${durationText((elapsed_s * (total - done)) / done)} left`;
}

/** 0.4 s, 12 s, 3 min 5 s, 2 h 4 min. */
export function durationText(seconds: number): string {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** A line that does not reach the last column of a terminal, where it might wrap. */
export const cutTo = (line: string, columns: number): string =>
  line.length < columns ? line : `${line.slice(0, Math.max(1, columns - 4))}...`;
