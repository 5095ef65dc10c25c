import { activationUnit, poolingUnit } from "../circuits/digital-units.js";
import { addCircuits, type CircuitCost } from "../circuits/types.js";
import { sumCosts } from "../sum.js";
import type { AnyComponent, Cost } from "../types.js";
import type { Fabric } from "./fabric.js";
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
 * again and comes over the wires.
 * @param use.stages of the deepest adder trees
 */
export function sharedCircuits(
  model: ReadModel,
  fabric: Fabric,
  use: NetworkUse & { readonly stages: number; readonly outputBits: number },
): { readonly costs: Partial<Record<AnyComponent, Cost>>; readonly leakage_W: number } {
  const { technology: t, spec, has } = model.design;
  const { adderActivity, registerActivity } = spec.calibration;
  const additions = has("freeResiduals") ? 0 : use.residualAdditions;
  const unit = {
    tree: treeBank(model, use.stages),
    relu: activationUnit(t, use.outputBits, registerActivity),
    pool: poolingUnit(t, use.outputBits, adderActivity),
    residual: poolingUnit(t, resultBits(model) + use.stages, adderActivity),
  };
  const silicon = ({ area_m2 }: CircuitCost, count: number): Cost => ({
    energy_J: 0,
    latency_s: 0,
    area_m2: count * area_m2,
  });
  const bank = (circuit: CircuitCost, uses: number): Cost => ({
    energy_J: uses * circuit.energy_J,
    latency_s: Math.ceil(uses / fabric.units) * circuit.latency_s,
    area_m2: fabric.units * circuit.area_m2,
  });
  const operands = { inputs_bit: additions * use.outputBits, outputs_bit: 0 };
  const costs: Partial<Record<AnyComponent, Cost>> = {
    adderTree: silicon(unit.tree, fabric.units),
    relu: silicon(unit.relu, fabric.units),
    buffer: silicon(fabric.memory, 1),
    interconnect: silicon(fabric.network, 1),
  };
  const banks = [unit.tree, unit.relu];
  if (use.poolingOperations > 0) {
    costs.pooling = bank(unit.pool, use.poolingOperations);
    banks.push(unit.pool);
  }
  if (additions > 0) {
    costs.residualAdder = bank(unit.residual, additions);
    banks.push(unit.residual);
    costs.buffer = sumCosts([costs.buffer!, fabric.buffer(operands, 1, 1)]);
    costs.interconnect = sumCosts([costs.interconnect!, fabric.wires(operands, 1, 1)]);
  }
  if (fabric.index) costs.indexMemory = silicon(fabric.index, 1);
  const alone = [fabric.memory, fabric.network, ...(fabric.index ? [fabric.index] : [])];
  const leakage_W = addCircuits(alone).leakage_W + fabric.units * addCircuits(banks).leakage_W;
  return { costs, leakage_W };
}
