import { InputError } from "../../errors.js";
import { isaacComponents } from "../../hardware/presets/component-constants.js";
import { prime } from "../../hardware/presets/prime.js";
import type { HardwareSpec, ParametricCost } from "../../hardware/types.js";
import type { Placement } from "../../mapping/types.js";
import { networkShape } from "../network/shapes.js";
import { type ParametricHardware, parametricLayer } from "../parametric/layer.js";
import { bareFormula, converterWidths, parametricReport } from "../parametric/report.js";
import { denseWork, type MatrixWork, workOf } from "../parametric/work.js";
import { sumBreakdowns, total } from "../sum.js";
import type { LayerCost } from "../types.js";
import { type LayerSchedule, type Replicable, replicate, scheduleTime } from "./replicate.js";
import type {
  DesignName,
  EqualArea,
  EqualAreaDesign,
  EqualAreaGain,
  EqualAreaPlan,
  EqualAreaVariant,
  OtherDesign,
  VariantName,
} from "./types.js";

export interface EqualAreaOptions {
  /** Whose arrays, cells, composition and converters the dense baseline has. Default: the preset `prime`. */
  readonly baseline?: HardwareSpec;
  /** Area that every chip may take. Default: that of the baseline, one copy of every layer. */
  readonly budget_m2?: number;
  /** Components of all chips. Default: the placement's own where its cost is parametric, else ISAAC's at 32 nm. */
  readonly components?: ParametricCost;
}

/** A chip as it is compared: what it is built of, and what it does. */
interface Candidate {
  readonly name: DesignName;
  readonly hardware: ParametricHardware;
  readonly work: readonly MatrixWork[];
}

/**
 * Energy of a placement with exchanged columns over that of the same weights placed dense as PRIME does, and its speed on
 * the same area, with copies of layers by the same rule. Cells, drivers, converters, additions and index memory of all
 * chips are those of one table at one node; arrays, bits per cell, composition and width of converters are each chip's own.
 * Products come from the network's shapes.
 * Source: spec of Lin et al., section 5.
 * @throws InputError where no columns were exchanged, or the area is none
 */
export function compareEqualArea(placed: Placement, options: EqualAreaOptions = {}): EqualArea {
  const { baseline = prime, budget_m2 } = options;
  checkBudget(budget_m2);
  if (!placed.matrices.some(({ exchange }) => exchange)) {
    throw new InputError("the placement has no exchanged columns", {
      hint: "place with scheme column-exchange (place: { scheme: column-exchange } in a recipe)",
    });
  }
  const own = placed.hardware.cost;
  const components = options.components ?? (own.style === "parametric" ? own : isaacComponents);
  const all = candidates(placed, baseline, components);
  const chosen = budgetFor(all, budget_m2);
  return {
    node_m: components.node_m,
    baseline: baseline.name,
    budget_m2: chosen,
    budgetFrom: budget_m2 === undefined ? "baseline" : "given",
    designs: all.map((candidate) => designOf(candidate, chosen)),
    variants: variants(all, budget_m2),
    notes: notesFor(all, components, chosen),
  };
}

function checkBudget(budget_m2: number | undefined): void {
  if (budget_m2 === undefined || (Number.isFinite(budget_m2) && budget_m2 > 0)) return;
  throw new InputError(`the area budget is ${budget_m2} m²`, {
    hint: "give an area above 0, or none for that of the baseline",
  });
}

function candidates(placed: Placement, baseline: HardwareSpec, cost: ParametricCost): readonly Candidate[] {
  const { layers } = networkShape(placed.model);
  const stored = new Set(placed.matrices.map(({ matrix }) => matrix));
  const shapes = layers.filter(({ matrix }) => stored.has(matrix));
  const own = { ...placed.hardware, cost };
  const digital = { ...own, encoding: { ...own.encoding, compose: "digital" } } as const;
  const dense = (name: DesignName, hardware: ParametricHardware): Candidate => ({
    name,
    hardware,
    work: denseWork(shapes, hardware),
  });
  return [
    { name: "exchanged", hardware: own, work: workOf(placed) },
    dense("baseline", { ...baseline, cost }),
    dense("dense", own),
    dense("denseDigital", digital),
  ];
}

const layersOf = ({ hardware, work }: Candidate): LayerCost[] =>
  work.map((matrix) => parametricLayer(hardware, matrix, 1));

const replicable = ({ counts, latency_s, area_m2 }: LayerCost): Replicable => ({
  positions: counts.positions,
  product_s: counts.positions === 0 ? 0 : latency_s / counts.positions,
  area_m2,
});

/** The budget as given, or the area of the baseline. */
const budgetFor = (all: readonly Candidate[], given: number | undefined): number =>
  given ?? parametricReport(all[1]!.hardware, all[1]!.work).area_m2;

function designOf({ name, hardware, work }: Candidate, budget_m2: number): EqualAreaDesign {
  const cost = parametricReport(hardware, work);
  const plan = (schedule: LayerSchedule): EqualAreaPlan | null => {
    const copies = replicate(cost.layers.map(replicable), budget_m2, schedule);
    return copies && { copies, cost: parametricReport(hardware, work, copies) };
  };
  return {
    name,
    hardware: hardware.name,
    array: hardware.array,
    encoding: hardware.encoding,
    converters: converterWidths(hardware, work),
    cost,
    pipelined: plan("pipelined"),
    serial: plan("serial"),
  };
}

/** What a chip comes to: energy of an image, and the times that its copies on the area allow. */
interface Outcome {
  readonly energy_J: number;
  readonly pipelined_s: number | null;
  readonly serial_s: number | null;
}

function outcome(candidate: Candidate, budget_m2: number): Outcome {
  const layers = layersOf(candidate);
  const plain = layers.map(replicable);
  const time = (schedule: LayerSchedule): number | null => {
    const copies = replicate(plain, budget_m2, schedule);
    return copies && scheduleTime(plain, copies, schedule);
  };
  return {
    energy_J: total(sumBreakdowns(layers.map(({ breakdown }) => breakdown))).energy_J,
    pipelined_s: time("pipelined"),
    serial_s: time("serial"),
  };
}

const over = (other: number | null, own: number | null): number | null =>
  other === null || own === null || own === 0 ? null : other / own;

const gain = (own: Outcome, other: Outcome): EqualAreaGain => ({
  energy: over(other.energy_J, own.energy_J),
  pipelined: over(other.pipelined_s, own.pipelined_s),
  serial: over(other.serial_s, own.serial_s),
});

type Change = (candidate: Candidate) => ParametricHardware;

function variants(all: readonly Candidate[], given: number | undefined): EqualAreaVariant[] {
  const withCost =
    (change: (cost: ParametricCost) => ParametricCost): Change =>
    ({ hardware }) => ({ ...hardware, cost: change(hardware.cost) });
  const withBits =
    (bits: number | null): Change =>
    ({ hardware }) => ({ ...hardware, adc: { ...hardware.adc, bits } });
  const exchanged = all[0]!.hardware;
  const ownBits = converterWidths(exchanged, all[0]!.work).charged_bits;
  const list: readonly (readonly [VariantName, string, Change])[] = [
    ["asConfigured", "as configured", ({ hardware }) => hardware],
    [
      "noInputSchedule",
      "which input each word line takes is not stored",
      withCost((cost) => ({ ...cost, indexMemory: cost.indexMemory === "none" ? "none" : "outputs" })),
    ],
    ["noIndex", "no index is stored", withCost((cost) => ({ ...cost, indexMemory: "none" }))],
    ["sameConverters", `converters of ${ownBits} bits on every chip`, withBits(ownBits)],
    ["losslessConverters", "converters that lose nothing, of each chip's own width", withBits(null)],
    [
      "convertersPerArray",
      "every array has converters of its own",
      withCost((cost) => ({ ...cost, sharedConverters: false })),
    ],
    [
      "bareFormula",
      "rows, cells, conversions, partial sums and index alone, without what the formula leaves out",
      withCost(bareFormula),
    ],
  ];
  return list.map(([name, assumption, change], i): EqualAreaVariant => {
    const changed = all.map((candidate) => ({ ...candidate, hardware: change(candidate) }));
    const budget_m2 = budgetFor(changed, given);
    const [own, ...others] = changed.map((candidate) => outcome(candidate, budget_m2));
    const gains = Object.fromEntries(
      others.map((other, k) => [all[k + 1]!.name as OtherDesign, gain(own!, other)]),
    );
    return {
      name,
      assumption,
      chosen: i === 0,
      budget_m2,
      gains: gains as Record<OtherDesign, EqualAreaGain>,
    };
  });
}

/** How a report names the chips. */
export const designWords: Readonly<Record<DesignName, string>> = {
  exchanged: "exchanged columns",
  baseline: "dense on the baseline's arrays",
  dense: "dense on the same arrays",
  denseDigital: "dense on the same arrays, digital composition",
};

function notesFor(
  all: readonly Candidate[],
  { node_m, conversionsPerConverter }: ParametricCost,
  budget_m2: number,
): string[] {
  const homeless = all.filter(
    (candidate) => replicate(layersOf(candidate).map(replicable), budget_m2, "serial") === null,
  );
  return [
    `Every chip is built of the same components at ${Math.round(node_m * 1e9)} nm, with up to ${conversionsPerConverter} conversions in turn at a converter, and copies its layers by the same rule; a copy has index memory of its own.`,
    "Layers with one product per image gain nothing from copies.",
    "Not priced on any chip: buffers between layers, wires, activation, pooling, control, leakage, programming.",
    ...homeless.map(
      ({ name }) =>
        `The area does not hold one copy of every layer of the chip "${designWords[name]}", so there is no speed to compare.`,
    ),
  ];
}
