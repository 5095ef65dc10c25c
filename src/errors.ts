/** Where in a text file something stands; lines and columns count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface InputErrorOptions {
  /** The way out: what the user can do about it. */
  readonly hint?: string;
  readonly place?: SourcePlace;
  readonly cause?: unknown;
}

/**
 * The user's input (file, flag, recipe, model, data) is wrong. The message names the thing and its value, the
 * hint the way out. The command line turns it into exit code 2 and one message; any other error is a defect or
 * the machine's, and exits with 1.
 */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly hint: string | undefined;
  readonly place: SourcePlace | undefined;

  constructor(message: string, options: InputErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
    this.place = options.place;
  }

  /** The one message a person reads: `file:line:column: thing, value; way out`. */
  override toString(): string {
    const where = this.place ? `${this.place.file}:${this.place.line}:${this.place.column}: ` : "";
    return `${where}${this.message}${this.hint ? `\n  ${this.hint}` : ""}`;
  }
}

/** A run was stopped by the user or a signal; what is on disk can be resumed. Exit code 130. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/** A fact that the code itself guarantees does not hold: a defect of this program, never of its input. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`internal: ${message}`);
}

/** The candidate nearest to a mistyped word by edit distance, or undefined when none is near. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(previous[j]! + 1, current[j - 1]! + 1, substitution));
    }
    previous = current;
  }
  return previous[b.length]!;
}
