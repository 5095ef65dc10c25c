import { activationUnit, poolingUnit } from "../circuits/digital-units.js";
import type { CircuitCost } from "../circuits/types.js";
import { sumCosts } from "../sum.js";
import type { AnyComponent, Cost } from "../types.js";
import type { Fabric } from "./fabric.js";
import { printedShared, tableFor } from "./from-table.js";
import { resultBits, treeBank } from "./layer.js";
import type { ReadModel } from "./read-model.js";

/** What a network does beside its products, per image. */
export interface NetworkUse {
  readonly poolingOperations: number;
  readonly residualAdditions: number;
}

/**
 * What serves all layers: banks of `fabric.units` adder trees, activation, pooling and residual adders, the buffers and
 * the wires. A residual addition is one of the width of the deepest sums; its other operand is read from the buffer
 * again and comes over the wires. What is read from a table leaks nothing.
 * @param use.stages of the deepest adder trees
 * @param use.depths stages of all of them
 */
export function sharedCircuits(
  model: ReadModel,
  fabric: Fabric,
  use: NetworkUse & {
    readonly stages: number;
    readonly depths: Iterable<number>;
    readonly outputBits: number;
  },
): { readonly costs: Partial<Record<AnyComponent, Cost>>; readonly leakage_W: number } {
  const { technology: t, spec, has } = model.design;
  const { adderActivity, registerActivity } = spec.calibration;
  const additions = has("freeResiduals") ? 0 : use.residualAdditions;
  const { outputBits } = use;
  const bank = (circuit: CircuitCost, uses: number): Bank => ({
    energy_J: uses * circuit.energy_J,
    latency_s: Math.ceil(uses / fabric.units) * circuit.latency_s,
    area_m2: fabric.units * circuit.area_m2,
    leakage_W: fabric.units * circuit.leakage_W,
  });
  const parts: Partial<Record<AnyComponent, Bank>> = {
    adderTree: bank(treeBank(model, use.stages), 0),
    relu: bank(activationUnit(t, outputBits, registerActivity), 0),
    buffer: silicon(fabric.silicon.buffer),
    tileBuffer: silicon(fabric.silicon.tileBuffer),
    interconnect: silicon(fabric.silicon.interconnect),
  };
  if (use.poolingOperations > 0) {
    parts.pooling = bank(poolingUnit(t, outputBits, adderActivity), use.poolingOperations);
  }
  if (additions > 0) {
    const sum = poolingUnit(t, resultBits(model) + use.stages, adderActivity);
    const operands = { products: 1, inputs: additions, inputBits: outputBits, outputs: 0, outputBits: 0 };
    parts.residualAdder = bank(sum, additions);
    parts.buffer = addUse(parts.buffer!, fabric.buffer(operands, 1));
    parts.interconnect = addUse(parts.interconnect!, fabric.wires(operands, 1));
  }
  if (fabric.index) parts.indexMemory = silicon(fabric.index);
  let leakage_W = 0;
  const costs: Partial<Record<AnyComponent, Cost>> = {};
  for (const [name, { leakage_W: leaks_W, ...cost }] of Object.entries(parts) as [AnyComponent, Bank][]) {
    costs[name] = cost;
    if (!tableFor(spec, name)) leakage_W += leaks_W;
  }
  return { costs: { ...costs, ...printedShared(spec, use) }, leakage_W };
}

/** What uses of a bank of circuits take, and what all of it leaks. */
type Bank = Cost & { readonly leakage_W: number };

const silicon = ({ area_m2, leakage_W }: CircuitCost): Bank => ({
  energy_J: 0,
  latency_s: 0,
  area_m2,
  leakage_W,
});

const addUse = (bank: Bank, use: Cost): Bank => ({ ...sumCosts([bank, use]), leakage_W: bank.leakage_W });
