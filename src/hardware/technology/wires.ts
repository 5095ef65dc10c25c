/** Copper wires by width, widest first: aspect ratio and resistivity at 300 K, which grows as wires get narrower. */
export interface WireData {
  readonly width_m: number;
  readonly aspectRatio: number;
  readonly resistivity_ohm_m: number;
}

/** Source: docs/sources.md#itrs, interconnect chapters 2001 to 2013 (effective resistivity with size effects). */
export const wires: readonly WireData[] = [
  { width_m: 175e-9, aspectRatio: 1.6, resistivity_ohm_m: 2.01e-8 },
  { width_m: 110e-9, aspectRatio: 1.6, resistivity_ohm_m: 2.2e-8 },
  { width_m: 105e-9, aspectRatio: 1.7, resistivity_ohm_m: 2.21e-8 },
  { width_m: 80e-9, aspectRatio: 1.7, resistivity_ohm_m: 2.37e-8 },
  { width_m: 56e-9, aspectRatio: 1.8, resistivity_ohm_m: 2.63e-8 },
  { width_m: 40e-9, aspectRatio: 1.9, resistivity_ohm_m: 2.97e-8 },
  { width_m: 32e-9, aspectRatio: 2, resistivity_ohm_m: 3.25e-8 },
  { width_m: 22e-9, aspectRatio: 2, resistivity_ohm_m: 3.95e-8 },
  { width_m: 20e-9, aspectRatio: 2, resistivity_ohm_m: 4.17e-8 },
  { width_m: 15e-9, aspectRatio: 2, resistivity_ohm_m: 4.98e-8 },
];

/** Width of the lower metal layers of each node, and of metal 1 where it is wider. Source: as above. */
export const wireWidths: readonly {
  readonly node_m: number;
  readonly width_m: number;
  readonly metal1_m: number;
}[] = [
  { node_m: 130e-9, width_m: 175e-9, metal1_m: 175e-9 },
  { node_m: 90e-9, width_m: 110e-9, metal1_m: 110e-9 },
  { node_m: 65e-9, width_m: 105e-9, metal1_m: 105e-9 },
  { node_m: 45e-9, width_m: 80e-9, metal1_m: 80e-9 },
  { node_m: 32e-9, width_m: 56e-9, metal1_m: 56e-9 },
  { node_m: 22e-9, width_m: 40e-9, metal1_m: 40e-9 },
  { node_m: 14e-9, width_m: 32e-9, metal1_m: 39e-9 },
  { node_m: 10e-9, width_m: 22e-9, metal1_m: 32e-9 },
  { node_m: 7e-9, width_m: 20e-9, metal1_m: 28.5e-9 },
];

/** Capacitance of a minimum-pitch wire with its neighbours. Source: docs/sources.md#ho2001 (about 0.2 fF/µm). */
export const wire_F_per_m = 0.2e-9;

/**
 * Relative rise of copper's resistivity per kelvin; bulk copper has 0.0039.
 * Source: as collected in docs/sources.md#neurosim14.
 */
export const wirePerKelvin = 0.00451;
