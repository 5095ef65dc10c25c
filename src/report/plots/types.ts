import type { Markup } from "../svg.js";

/** The numbers of a plot as a person reads them. The first column names the row. */
export interface DataTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A drawing with everything that goes with it; {@link figureHtml} and {@link standaloneSvg} write it out. */
export interface Plot {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;
  /** The content of the SVG element, without title and description. */
  readonly body: readonly Markup[];
  readonly table: DataTable;
}

/** What every plot is given. */
export interface PlotText {
  /** Unique in its document: a letter, then letters, digits and hyphens. */
  readonly id: string;
  /** What one sees. */
  readonly title: string;
  /** How to read it, for those who cannot see it and for all others. */
  readonly description: string;
}

export interface Axis {
  /** With the unit in parentheses. */
  readonly title: string;
  /** Upper end at least; the axis goes on to the next round number unless `exact`. */
  readonly max: number;
  /** Lower end; 0 if not given, which bars should keep. */
  readonly min?: number;
  readonly exact?: boolean;
  /** The text at a tick, without unit. */
  readonly tick: (value: number) => string;
  /** The text of a value, with its unit. */
  readonly value: (value: number) => string;
}

/** A line across the plot that the data are held against. */
export interface Reference {
  readonly label: string;
  readonly value: number;
}
