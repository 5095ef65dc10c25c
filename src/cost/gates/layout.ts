import type { Technology } from "../../hardware/technology/index.js";
import { fins, type Widths } from "./transistor.js";

/** Fingers into which the devices of a gate are folded to fit the height of a cell, and the height of one finger. */
export interface Folding {
  readonly n: number;
  readonly p: number;
}

/** Height of the standard cell. */
export const cellHeight = (t: Technology): number => t.cell.height * t.node_m;

/** Height that is left for the diffusions of both kinds. */
export const diffusionHeight = (t: Technology, height_m: number): number =>
  height_m - (t.cell.diffusionGap + 2 * t.cell.endGap) * t.node_m;

/**
 * Each kind gets the share of the height that its width has; a device wider than its share is folded. A FinFET is
 * folded where it has more fins than the height holds.
 */
export function foldInto(t: Technology, widths: Widths, height_m: number): Folding {
  if (t.fin) return foldFins(t, t.fin.perCell, widths, height_m);
  const usable_m = diffusionHeight(t, height_m);
  const pShare_m = (widths.p_m / (widths.p_m + widths.n_m)) * usable_m;
  const fingers = (width_m: number, share_m: number): number =>
    width_m <= share_m * (1 + 1e-9) ? 1 : Math.ceil(width_m / share_m);
  return { n: fingers(widths.n_m, usable_m - pShare_m), p: fingers(widths.p_m, pShare_m) };
}

function foldFins(t: Technology, perCell: number, widths: Widths, height_m: number): Folding {
  const most = Math.max(1, Math.floor((perCell * height_m) / cellHeight(t) + 1e-9));
  const round = t.finFoldsRoundDown ? Math.floor : Math.ceil;
  const fingers = (width_m: number): number => Math.max(1, round(fins(t, width_m) / most));
  return { n: fingers(widths.n_m), p: fingers(widths.p_m) };
}

/** (fingers + 1) gate pitches: a finger has a contact on either side. */
export const fingersWidth = (t: Technology, fingers: number): number =>
  (fingers + 1) * t.cell.polyPitch * t.node_m;

/** Width of a gate of k inputs. Unfolded devices share the diffusion between two gates. */
export function gateWidth(t: Technology, inputs: number, folding: Folding): number {
  const most = Math.max(folding.n, folding.p);
  const unit_m = fingersWidth(t, most);
  const shared = most === 1 ? (inputs - 1) * t.cell.polyPitch * t.node_m : 0;
  return inputs * unit_m - shared;
}

/** Both devices as wide as the height of the cell lets them be, at their ratio; costs no area. */
export function enlarged(t: Technology, widths: Widths): Widths {
  if (t.fin) return widths;
  const factor = diffusionHeight(t, cellHeight(t)) / (widths.n_m + widths.p_m);
  return { n_m: widths.n_m * factor, p_m: widths.p_m * factor };
}

/** Layout of `count` cells of one size in rows as wide as the space given: at least one per row. */
export function packInRows(
  count: number,
  cell: { readonly width_m: number; readonly height_m: number },
  width_m: number,
): { readonly rows: number; readonly height_m: number; readonly width_m: number } {
  const perRow = Math.max(1, Math.floor(width_m / cell.width_m + 1e-9));
  const rows = Math.ceil(count / perRow);
  return { rows, height_m: rows * cell.height_m, width_m: Math.max(width_m, cell.width_m) };
}

/** Layout of `count` cells of one size in columns as high as the space given: at least one per column. */
export function packInColumns(
  count: number,
  cell: { readonly width_m: number; readonly height_m: number },
  height_m: number,
): { readonly columns: number; readonly height_m: number; readonly width_m: number } {
  const perColumn = Math.max(1, Math.floor(height_m / cell.height_m + 1e-9));
  const columns = Math.ceil(count / perColumn);
  return { columns, height_m: Math.max(height_m, cell.height_m), width_m: columns * cell.width_m };
}
