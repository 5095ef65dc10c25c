import type { columnMux } from "./column-mux.js";
import { decoder } from "./decoder.js";
import type { SubArrayDesign } from "./design.js";
import type { Block } from "./types.js";

/**
 * Decoder of the column multiplexer: each select line drives one pass gate per converter. Energy: a decode and a line
 * per phase; the rule "oneDecodePerRead" pays one decode for all phases, and no line.
 */
export function columnDecoder(design: SubArrayDesign, mux: ReturnType<typeof columnMux>): Block {
  const { technology, spec, sizing, converters } = design;
  const block = decoder(technology, {
    lines: spec.columnsPerConverter,
    path_F: converters * mux.pGate_F,
    line_F: converters * (mux.nGate_F + mux.pGate_F),
    driver: sizing.decoderDriver,
    fixedDriver: design.has("fixedDrivers"),
  });
  const once = design.has("oneDecodePerRead");
  return { ...block, energy_J: once ? block.path_J : block.energy_J * spec.columnsPerConverter };
}
