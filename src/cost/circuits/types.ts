/** A circuit's silicon, and what one use of it takes. */
export interface CircuitCost {
  readonly area_m2: number;
  readonly latency_s: number;
  readonly energy_J: number;
  readonly leakage_W: number;
}

/** A circuit as a rectangle of a layout. */
export interface Block extends CircuitCost {
  readonly width_m: number;
  readonly height_m: number;
}

/** Where a circuit is not there. */
export const nothing: CircuitCost = { area_m2: 0, latency_s: 0, energy_J: 0, leakage_W: 0 };

export const addCircuits = (costs: Iterable<CircuitCost>): CircuitCost => {
  const sum = { area_m2: 0, latency_s: 0, energy_J: 0, leakage_W: 0 };
  for (const cost of costs) {
    sum.area_m2 += cost.area_m2;
    sum.latency_s += cost.latency_s;
    sum.energy_J += cost.energy_J;
    sum.leakage_W += cost.leakage_W;
  }
  return sum;
};
