/** Transistors of one node as published for 300 K, per metre of gate width; fins below 22 nm. */
export interface TransistorData {
  readonly node_m: number;
  /** ITRS roadmaps: low standby power, high performance. */
  readonly roadmap: "LSTP" | "HP";
  readonly supply_V: number;
  readonly gateLength_m: number;
  readonly gate_F_per_m: { readonly ideal: number; readonly overlap: number; readonly fringe: number };
  readonly drain: {
    readonly bottom_F_per_m2: number;
    readonly sidewall_F_per_m: number;
    readonly channel_F_per_m: number;
  };
  /** Mean resistance during a switching event over supply / on-current. */
  readonly effectiveResistance: number;
  /** Width of the p-channel device over that of the n-channel device for equal drive. */
  readonly pToN: number;
  readonly on_A_per_m: { readonly n: number; readonly p: number };
  /** At 300 K, and that of the n-channel device at 350 K. */
  readonly off_A_per_m: { readonly n: number; readonly p: number; readonly nAt350K: number };
  /** One fin; its gate capacitance holds fringe and overlap. `perCell` fins of a device stand in the height of a cell. */
  readonly fin: {
    readonly perCell: number;
    readonly width_m: number;
    readonly effectiveWidth_m: number;
    readonly gateCapacitance_F: number;
  } | null;
}

/**
 * 130 to 22 nm: predictive technology model with the ITRS targets of supply and off-current; junctions at reverse
 * bias of the supply. 14 to 7 nm: roadmap and foundry figures of FinFETs, the least certain of the table.
 * Source: docs/sources.md#ptm, docs/sources.md#itrs, docs/sources.md#irds; as collected in docs/sources.md#neurosim14.
 */
export const transistors: readonly TransistorData[] = [
  {
    node_m: 1.3e-7,
    roadmap: "LSTP",
    supply_V: 1.3,
    gateLength_m: 7.5e-8,
    gate_F_per_m: { ideal: 1.8574e-9, overlap: 3.7148e-10, fringe: 9.53064e-10 },
    drain: { bottom_F_per_m2: 0.000639602, sidewall_F_per_m: 1.8614e-10, channel_F_per_m: 3.72281e-11 },
    effectiveResistance: 1.54,
    pToN: 1.99536,
    on_A_per_m: { n: 300.7, p: 150.7 },
    off_A_per_m: { n: 0.0001002, p: 0.0001002, nAt350K: 0.0003919 },
    fin: null,
  },
  {
    node_m: 9e-8,
    roadmap: "LSTP",
    supply_V: 1.2,
    gateLength_m: 5.5e-8,
    gate_F_per_m: { ideal: 1.5413e-9, overlap: 3.0826e-10, fringe: 9.60133e-10 },
    drain: { bottom_F_per_m2: 0.000654654, sidewall_F_per_m: 1.8902e-10, channel_F_per_m: 3.7804e-11 },
    effectiveResistance: 1.77,
    pToN: 1.72891,
    on_A_per_m: { n: 346.3, p: 200.3 },
    off_A_per_m: { n: 0.0001, p: 0.0001003, nAt350K: 0.0003946 },
    fin: null,
  },
  {
    node_m: 6.5e-8,
    roadmap: "LSTP",
    supply_V: 1.1,
    gateLength_m: 3.5e-8,
    gate_F_per_m: { ideal: 1.1926e-9, overlap: 2.3852e-10, fringe: 9.62148e-10 },
    drain: { bottom_F_per_m2: 0.00067082, sidewall_F_per_m: 1.92088e-10, channel_F_per_m: 3.84176e-11 },
    effectiveResistance: 1.77,
    pToN: 1.67574,
    on_A_per_m: { n: 400, p: 238.7 },
    off_A_per_m: { n: 0.0001002, p: 0.0001002, nAt350K: 0.0004193 },
    fin: null,
  },
  {
    node_m: 4.5e-8,
    roadmap: "LSTP",
    supply_V: 1,
    gateLength_m: 3e-8,
    gate_F_per_m: { ideal: 8.93071e-10, overlap: 1.78614e-10, fringe: 8.8499e-10 },
    drain: { bottom_F_per_m2: 0.000688247, sidewall_F_per_m: 1.95367e-10, channel_F_per_m: 3.90734e-11 },
    effectiveResistance: 1.77,
    pToN: 1.66733,
    on_A_per_m: { n: 500.2, p: 300 },
    off_A_per_m: { n: 0.0001, p: 0.0001002, nAt350K: 0.0004625 },
    fin: null,
  },
  {
    node_m: 3.2e-8,
    roadmap: "LSTP",
    supply_V: 0.9,
    gateLength_m: 2.8e-8,
    gate_F_per_m: { ideal: 8.37528e-10, overlap: 1.67506e-10, fringe: 6.85668e-10 },
    drain: { bottom_F_per_m2: 0.000707107, sidewall_F_per_m: 1.98884e-10, channel_F_per_m: 3.97768e-11 },
    effectiveResistance: 1.77,
    pToN: 1.5005,
    on_A_per_m: { n: 600.2, p: 400 },
    off_A_per_m: { n: 0.0001001, p: 0.0001001, nAt350K: 0.0005075 },
    fin: null,
  },
  {
    node_m: 2.2e-8,
    roadmap: "LSTP",
    supply_V: 0.85,
    gateLength_m: 2.6e-8,
    gate_F_per_m: { ideal: 5.245e-10, overlap: 1.049e-10, fringe: 8.004e-10 },
    drain: { bottom_F_per_m2: 0.000717137, sidewall_F_per_m: 2.00742e-10, channel_F_per_m: 4.01483e-11 },
    effectiveResistance: 1.77,
    pToN: 1.31939,
    on_A_per_m: { n: 791.9, p: 600.2 },
    off_A_per_m: { n: 0.0001, p: 0.0001, nAt350K: 0.0005658 },
    fin: null,
  },
  {
    node_m: 1.4e-8,
    roadmap: "LSTP",
    supply_V: 0.8,
    gateLength_m: 2.6e-8,
    gate_F_per_m: { ideal: 1.12843e-9, overlap: 0, fringe: 0 },
    drain: { bottom_F_per_m2: 0.012, sidewall_F_per_m: 2.02671e-10, channel_F_per_m: 4.05342e-11 },
    effectiveResistance: 2.09,
    pToN: 1,
    on_A_per_m: { n: 595.045, p: 595.045 },
    off_A_per_m: { n: 0.0001, p: 0.000102333, nAt350K: 0.0015425 },
    fin: { perCell: 4, width_m: 8e-9, effectiveWidth_m: 9.2e-8, gateCapacitance_F: 103.8e-18 },
  },
  {
    node_m: 1e-8,
    roadmap: "LSTP",
    supply_V: 0.75,
    gateLength_m: 2.2e-8,
    gate_F_per_m: { ideal: 9.95398e-10, overlap: 0, fringe: 0 },
    drain: { bottom_F_per_m2: 0.0134, sidewall_F_per_m: 2.04678e-10, channel_F_per_m: 4.09355e-11 },
    effectiveResistance: 2.09,
    pToN: 1,
    on_A_per_m: { n: 599.237, p: 599.237 },
    off_A_per_m: { n: 0.000127, p: 0.000100584, nAt350K: 0.0015484 },
    fin: { perCell: 3, width_m: 8e-9, effectiveWidth_m: 9.8e-8, gateCapacitance_F: 97.5e-18 },
  },
  {
    node_m: 7e-9,
    roadmap: "LSTP",
    supply_V: 0.7,
    gateLength_m: 2.2e-8,
    gate_F_per_m: { ideal: 9.39224e-10, overlap: 0, fringe: 0 },
    drain: { bottom_F_per_m2: 0.0137, sidewall_F_per_m: 2.06767e-10, channel_F_per_m: 4.13533e-11 },
    effectiveResistance: 2.05,
    pToN: 1,
    on_A_per_m: { n: 562.048, p: 562.048 },
    off_A_per_m: { n: 0.000147, p: 0.000100954, nAt350K: 0.0015695 },
    fin: { perCell: 2, width_m: 7e-9, effectiveWidth_m: 1.07e-7, gateCapacitance_F: 100.5e-18 },
  },
  {
    node_m: 1.3e-7,
    roadmap: "HP",
    supply_V: 1.3,
    gateLength_m: 7.5e-8,
    gate_F_per_m: { ideal: 6.0584e-10, overlap: 1.21168e-10, fringe: 6.11981e-10 },
    drain: { bottom_F_per_m2: 0.000639602, sidewall_F_per_m: 1.8614e-10, channel_F_per_m: 3.72281e-11 },
    effectiveResistance: 1.54,
    pToN: 2.16279,
    on_A_per_m: { n: 930, p: 430 },
    off_A_per_m: { n: 0.1, p: 0.1002, nAt350K: 0.2243 },
    fin: null,
  },
  {
    node_m: 9e-8,
    roadmap: "HP",
    supply_V: 1.2,
    gateLength_m: 5.5e-8,
    gate_F_per_m: { ideal: 5.69442e-10, overlap: 1.13888e-10, fringe: 5.6523e-10 },
    drain: { bottom_F_per_m2: 0.000654654, sidewall_F_per_m: 1.8902e-10, channel_F_per_m: 3.7804e-11 },
    effectiveResistance: 1.54,
    pToN: 1.98148,
    on_A_per_m: { n: 1070, p: 540 },
    off_A_per_m: { n: 0.1008, p: 0.1, nAt350K: 0.2274 },
    fin: null,
  },
  {
    node_m: 6.5e-8,
    roadmap: "HP",
    supply_V: 1.1,
    gateLength_m: 3.5e-8,
    gate_F_per_m: { ideal: 4.8683e-10, overlap: 9.73659e-11, fringe: 5.27036e-10 },
    drain: { bottom_F_per_m2: 0.00067082, sidewall_F_per_m: 1.92088e-10, channel_F_per_m: 3.84176e-11 },
    effectiveResistance: 1.54,
    pToN: 1.6,
    on_A_per_m: { n: 1120, p: 700 },
    off_A_per_m: { n: 0.1, p: 0.1001, nAt350K: 0.2248 },
    fin: null,
  },
  {
    node_m: 4.5e-8,
    roadmap: "HP",
    supply_V: 1,
    gateLength_m: 3e-8,
    gate_F_per_m: { ideal: 4.09131e-10, overlap: 8.18261e-11, fringe: 4.95793e-10 },
    drain: { bottom_F_per_m2: 0.000688247, sidewall_F_per_m: 1.95367e-10, channel_F_per_m: 3.90734e-11 },
    effectiveResistance: 1.54,
    pToN: 1.17593,
    on_A_per_m: { n: 1270, p: 1080 },
    off_A_per_m: { n: 0.1, p: 0.1002, nAt350K: 0.2323 },
    fin: null,
  },
  {
    node_m: 3.2e-8,
    roadmap: "HP",
    supply_V: 0.9,
    gateLength_m: 2.8e-8,
    gate_F_per_m: { ideal: 3.76772e-10, overlap: 7.53544e-11, fringe: 4.71376e-10 },
    drain: { bottom_F_per_m2: 0.000707107, sidewall_F_per_m: 1.98884e-10, channel_F_per_m: 3.97768e-11 },
    effectiveResistance: 1.54,
    pToN: 1.15574,
    on_A_per_m: { n: 1410, p: 1220 },
    off_A_per_m: { n: 0.1003, p: 0.1001, nAt350K: 0.2284 },
    fin: null,
  },
  {
    node_m: 2.2e-8,
    roadmap: "HP",
    supply_V: 0.85,
    gateLength_m: 2.6e-8,
    gate_F_per_m: { ideal: 3.287e-10, overlap: 6.574e-11, fringe: 4.532e-10 },
    drain: { bottom_F_per_m2: 0.000717137, sidewall_F_per_m: 2.00742e-10, channel_F_per_m: 4.01483e-11 },
    effectiveResistance: 1.54,
    pToN: 1.13636,
    on_A_per_m: { n: 1500, p: 1320 },
    off_A_per_m: { n: 0.1002, p: 0.1002, nAt350K: 0.2312 },
    fin: null,
  },
];
