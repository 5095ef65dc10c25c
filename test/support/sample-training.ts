import type { CurvePoint, JsonRecord, TrainingCurve } from "../../src/train/stage.js";

/** One stage of made-up training: smooth curves that end where a real one would. */
export interface SampleStage {
  readonly name: string;
  readonly points: number;
  readonly steps: number;
  readonly loss: readonly [first: number, last: number];
  readonly accuracy: readonly [first: number, last: number];
  /** Pruned by a penalty with one lambda per position. */
  readonly positions?: number;
}

export const sampleStages: readonly SampleStage[] = [
  { name: "quantise", points: 8, steps: 2000, loss: [0.9, 0.22], accuracy: [0.7, 0.92] },
  { name: "prune", points: 24, steps: 6000, loss: [0.24, 0.3], accuracy: [0.92, 0.895], positions: 2 },
  { name: "fine-tune", points: 4, steps: 800, loss: [0.31, 0.26], accuracy: [0.89, 0.91] },
];

/** The same curves each time: nothing in them is drawn by chance. */
export const sampleTraining = (stages: readonly SampleStage[] = sampleStages): TrainingCurve[] =>
  stages.map(({ name, points, ...rest }) => ({
    stage: name,
    points: Array.from({ length: points + 1 }, (_, i) => pointOf(rest, i / points, i)),
  }));

function pointOf(
  { steps, loss, accuracy, positions = 0 }: Omit<SampleStage, "name" | "points">,
  part: number,
  i: number,
): CurvePoint {
  const between = ([first, last]: readonly [number, number]) => last + (first - last) * Math.exp(-4 * part);
  const wiggle = 0.01 * Math.sin(5 * i);
  return {
    step: Math.round(part * steps),
    epoch: (part * steps) / 352,
    rate: 0.01,
    loss: i === 0 ? null : between(loss) + wiggle,
    accuracy: i === 0 ? null : Math.min(1, between(accuracy) - wiggle / 2),
    penalties: positions > 0 && i > 0 ? { multiGroup: 1.4 * (1 - 0.6 * part) } : {},
    validation: { loss: 1.1 * between(loss) - wiggle, accuracy: 0.98 * between(accuracy) + wiggle / 2 },
    record: positions === 0 ? {} : { pruning: pruningAt(part, positions) },
  };
}

/** What the controller of the group Lasso writes down, its layers aside. */
function pruningAt(part: number, positions: number): JsonRecord {
  const groupSparsity = 0.3 * part ** 0.7;
  const spread = (position: number) => 0.08 * (position - (positions - 1) / 2) * Math.exp(-3 * part) * part;
  const places = Array.from({ length: positions }, (_, position) => position);
  return {
    lambda0: 0.002,
    lambda: places.map((position) => 0.002 * Math.exp(-8 * spread(position))),
    groups: 3712,
    zeroGroups: Math.round(3712 * groupSparsity),
    groupSparsity,
    sparsityAt: places.map((position) => Math.max(0, groupSparsity + spread(position))),
    mismatch: {
      groups: Math.round(90 * Math.exp(-3 * part) + 6),
      layerBitLines: 2 * Math.round(90 * Math.exp(-3 * part) + 6),
      chunkBitLines: 2 * Math.round(150 * Math.exp(-2 * part) + 20),
    },
    layers: {},
  };
}
