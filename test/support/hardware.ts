import type { HardwareSpec } from "../../src/hardware/types.js";

/** The parts of a chip that placement and simulation read; cost tables are tested with the presets. */
export function testHardware(
  array: { rows: number; columns: number; activeRows: number; inputSliceBits?: number },
  encoding: Partial<HardwareSpec["encoding"]> = {},
  adc: Partial<HardwareSpec["adc"]> = {},
  device: Partial<HardwareSpec["device"]> = {},
): HardwareSpec {
  return {
    name: "test",
    source: "meng2021",
    differs: [],
    device: { levels_ohm: [1e6, 7e5, 4e5, 1e5], readVoltage_V: 0.5, cellModel: "ideal", ...device },
    array: { inputSliceBits: 1, ...array },
    adc: { bits: null, range: "fullscale", percentiles: [0.001, 0.001], ...adc },
    encoding: { cellBits: 2, sign: "offset", compose: "digital", offsetBy: "digital", ...encoding },
    cost: undefined as unknown as HardwareSpec["cost"],
  };
}
