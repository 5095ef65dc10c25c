import { InputError } from "../errors.js";
import type { Activity, Placement } from "../mapping/types.js";
import { type EstimateOptions, estimate } from "./chip.js";
import type { Cost, CostReport } from "./types.js";

export interface PlacementsToCompare {
  readonly placed: Placement;
  /** The unpruned network, dense, all rows of an array driven together: what spec 6.3 (a) compares with. */
  readonly fullColumn: Placement;
  /** The unpruned network, dense, as many rows driven together as in `placed`: spec 6.3 (b). */
  readonly sameBands: Placement;
}

/** What `placed` saves, as shares of the baseline; negative where it takes more. */
export interface Saving {
  readonly energy: number;
  readonly latency: number;
  readonly area: number;
}

export interface Comparison {
  readonly cost: CostReport;
  readonly fullColumn: CostReport;
  readonly sameBands: CostReport;
  readonly savings: { readonly fullColumn: Saving; readonly sameBands: Saving };
}

/**
 * Costs of a placed network beside those of the unpruned network on the same arrays, read both ways; the paper does
 * not say which of the two its savings refer to (spec 6.3).
 * @param activity of the placed network
 * @param baselineActivity of the unpruned one, whose feature maps differ; default: the same
 * @throws InputError where a baseline is not what its name says
 */
export function compareWithBaselines(
  placements: PlacementsToCompare,
  activity?: Activity,
  baselineActivity: Activity | undefined = activity,
  options: EstimateOptions = {},
): Comparison {
  const { placed } = placements;
  checkBaseline(placements.fullColumn, "fullColumn", placed.hardware.array.rows);
  checkBaseline(placements.sameBands, "sameBands", placed.hardware.array.activeRows);
  const cost = estimate(placed, activity, options);
  const fullColumn = estimate(placements.fullColumn, baselineActivity, options);
  const sameBands = estimate(placements.sameBands, baselineActivity, options);
  return {
    cost,
    fullColumn,
    sameBands,
    savings: { fullColumn: saving(cost, fullColumn), sameBands: saving(cost, sameBands) },
  };
}

function checkBaseline(placement: Placement, name: string, activeRows: number): void {
  const found = placement.hardware.array.activeRows;
  if (found !== activeRows) {
    throw new InputError(`baseline ${name} drives ${found} rows together, not ${activeRows}`, {
      hint: `place it with array.activeRows ${activeRows}`,
    });
  }
  const packed = placement.matrices.find((matrix) => matrix.routing !== "fixed");
  if (packed) {
    throw new InputError(`baseline ${name} holds "${packed.matrix}" packed`, {
      hint: "a baseline is placed dense, every weight stored",
    });
  }
}

const saving = (cost: Cost, baseline: Cost): Saving => ({
  energy: 1 - cost.energy_J / baseline.energy_J,
  latency: 1 - cost.latency_s / baseline.latency_s,
  area: 1 - cost.area_m2 / baseline.area_m2,
});
