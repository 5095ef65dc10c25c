import { decoder } from "./decoder.js";
import { type SubArrayDesign, wordLine_F, wordLine_ohm } from "./design.js";
import type { Block } from "./types.js";

/**
 * Decoder of the word lines, in the place of the switch matrix: rows are chosen one after another. Each driven row takes
 * a decode and its line; time is that of one decode and the line's RC, once per row that can be driven.
 */
export function wordLineDecoder(design: SubArrayDesign, read: { drivenRows: number; phases: number }): Block {
  const { technology, rows, sizing, activeRows } = design;
  const line_F = wordLine_F(design);
  const block = decoder(technology, {
    lines: rows,
    path_F: line_F,
    line_F,
    driver: sizing.wordLineSwitch,
    fixedDriver: design.has("fixedDrivers"),
  });
  const line_s = 0.38 * line_F * wordLine_ohm(design);
  return {
    ...block,
    latency_s: activeRows * (block.latency_s + line_s),
    energy_J: read.drivenRows * block.energy_J,
  };
}
