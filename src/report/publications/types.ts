import type { CsvCell } from "../csv.js";
import type { Plot } from "../plots/types.js";
import type { Result } from "../types.js";

/** A finished run, and where it is. */
export interface FigureRun {
  readonly directory: string;
  readonly result: Result;
}

export interface FigureOptions {
  /** A network other than the publication's; there are no published points for it. */
  readonly network?: string;
}

/** A publication's figure, made of one's own runs. */
export interface PublishedFigure {
  /** One plot, or one per panel. */
  readonly plots: readonly Plot[];
  readonly title: string;
  /** How to read it. */
  readonly description: string;
  /** What is drawn, published points among it, as one table. Fractions, SI. */
  readonly rows: readonly Readonly<Record<string, CsvCell>>[];
  /** Directories of the runs that are in it. */
  readonly used: readonly string[];
  /** What the full figure would have beyond these runs. */
  readonly missing: readonly string[];
  /** Runs that do not belong into it, by reason. */
  readonly passedOver: readonly { readonly reason: string; readonly runs: readonly string[] }[];
}
