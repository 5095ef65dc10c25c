import type { CurvePoint, Json, TrainingCurve } from "../../train/stage.js";
import { count, words } from "../format.js";
import {
  type Axis,
  type Band,
  type Curve,
  colours,
  countAxis,
  curveChart,
  numberAxis,
  type Plot,
  seriesColours,
  shareAxis,
} from "../plots/index.js";
import type { Result } from "../types.js";

/** More curves than these in one picture cannot be told apart. */
const mostPositions = 8;

/**
 * Loss and accuracy over all steps of all stages that trained, and what their penalties cost; of stages that prune the
 * sparsity, the lambdas and the mismatch.
 */
export function trainingPlots({ data: { training } }: Result): Plot[] {
  const timeline = timelineOf(training);
  if (timeline.bands.length === 0) return [];
  return [
    ...lossPlot(timeline),
    ...accuracyPlot(timeline),
    ...penaltyPlot(timeline),
    ...sparsityPlot(timeline),
    ...zeroWeightsPlot(timeline),
    ...lambdaPlot(timeline),
    ...mismatchPlot(timeline),
  ];
}

/** Stages one behind the other: steps count on from stage to stage. */
export interface Timeline {
  readonly bands: readonly Band[];
  readonly stages: readonly (readonly (CurvePoint & { readonly at: number })[])[];
}

/** A stage without a step has no room and is left out. */
export function timelineOf(training: readonly TrainingCurve[]): Timeline {
  let start = 0;
  const bands: Band[] = [];
  const stages: (CurvePoint & { at: number })[][] = [];
  for (const { stage, points } of training) {
    const steps = points.at(-1)?.step ?? 0;
    if (steps === 0) continue;
    const from = start;
    bands.push({ name: stage, from, to: from + steps });
    stages.push(points.map((point) => ({ ...point, at: from + point.step })));
    start += steps;
  }
  return { bands, stages };
}

export const stepAxis = (bands: readonly Band[]): Axis => ({
  title: "training step",
  max: bands.at(-1)?.to ?? 0,
  tick: (value) => (Number.isInteger(value) ? count(value) : ""),
  value: count,
});

type Reading = (point: CurvePoint) => number | null | undefined;

/** One piece per stage; moments without the number are left out. */
export const piecesOf = ({ stages }: Timeline, reading: Reading): Curve["pieces"] =>
  stages.map((points) =>
    points.flatMap((point) => {
      const value = reading(point);
      return typeof value === "number" ? [[point.at, value] as const] : [];
    }),
  );

const pair = { training: colours.main, validation: colours.wasted } as const;

function picture(
  timeline: Timeline,
  text: { id: string; title: string; description: string },
  readings: readonly (readonly [name: string, colour: string, reading: Reading])[],
  axis: (values: readonly number[]) => Axis,
): Plot[] {
  const curves = readings
    .map(([name, colour, reading]) => ({ name, colour, pieces: piecesOf(timeline, reading) }))
    .filter(({ pieces }) => pieces.some((piece) => piece.length > 0));
  if (curves.length === 0) return [];
  const values = curves.flatMap(({ pieces }) => pieces.flatMap((piece) => piece.map(([, value]) => value)));
  return [
    curveChart({ ...text, curves, bands: timeline.bands, x: stepAxis(timeline.bands), y: axis(values) }),
  ];
}

const meansBetween =
  "Training values are means over the steps since the point before; validation images are held out of the training set.";

function lossPlot(timeline: Timeline): Plot[] {
  return picture(
    timeline,
    {
      id: "training-loss",
      title: "Loss while training",
      description: `Cross-entropy without penalties, stage by stage. ${meansBetween}`,
    },
    [
      ["training", pair.training, ({ loss }) => loss],
      ["validation", pair.validation, ({ validation }) => validation?.loss],
    ],
    (values) => numberAxis("loss", values),
  );
}

function accuracyPlot(timeline: Timeline): Plot[] {
  const last = timeline.stages.flat().findLast(({ validation }) => validation !== null)?.validation;
  return picture(
    timeline,
    {
      id: "training-accuracy",
      title: `Accuracy while training${last ? `; ${(100 * last.accuracy).toFixed(2)} % of the validation images at the end` : ""}`,
      description: `Share of images classified correctly, stage by stage. ${meansBetween} The vertical axis does not start at zero.`,
    },
    [
      ["training", pair.training, ({ accuracy }) => accuracy],
      ["validation", pair.validation, ({ validation }) => validation?.accuracy],
    ],
    zoomedShare,
  );
}

/** From the tenth below the lowest value to 100 %. */
export const zoomedShare = (values: readonly number[]): Axis => ({
  ...shareAxis("accuracy", { digits: 2 }),
  min: Math.max(0, Math.floor(Math.min(...values) * 10 - 1e-9) / 10),
});

function penaltyPlot(timeline: Timeline): Plot[] {
  const names = [...new Set(timeline.stages.flat().flatMap(({ penalties }) => Object.keys(penalties)))];
  return picture(
    timeline,
    {
      id: "training-penalty",
      title: "Penalty while training",
      description:
        "What is added to the loss, by name: mean over the steps since the point before. Stages without a penalty have none.",
    },
    named(names.map((name) => [words(name), ({ penalties }) => penalties[name]])),
    (values) => numberAxis("penalty", values),
  );
}

const named = (readings: readonly (readonly [string, Reading])[]): [string, string, Reading][] =>
  readings.map(([name, reading], i) => [name, seriesColours(readings.length)[i]!, reading]);

/** What a controller of a penalty writes down at every look, under `pruning`. */
function recorded({ record }: CurvePoint, key: string, inner?: string | number): number | null {
  const { pruning } = record;
  let value: Json | undefined = isObject(pruning) ? pruning[key] : undefined;
  if (typeof inner === "number") value = Array.isArray(value) ? (value[inner] as Json) : undefined;
  if (typeof inner === "string") value = isObject(value) ? value[inner] : undefined;
  return typeof value === "number" ? value : null;
}

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json | undefined } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** As many as the longest list under a key has entries. */
function positionsOf({ stages }: Timeline, key: string): number[] {
  const lengths = stages.flat().map(({ record: { pruning } }) => {
    const value = isObject(pruning) ? pruning[key] : undefined;
    return Array.isArray(value) ? value.length : 0;
  });
  return Array.from({ length: Math.min(mostPositions, Math.max(0, ...lengths)) }, (_, i) => i);
}

/** Share of zero groups in the whole network at a moment, where something was pruned. */
export const sparsityOf: Reading = (point) => recorded(point, "groupSparsity");

function sparsityPlot(timeline: Timeline): Plot[] {
  const positions = positionsOf(timeline, "sparsityAt");
  return picture(
    timeline,
    {
      id: "training-sparsity",
      title: "Zero groups while training",
      description:
        "Share of the groups whose quantised weights are all zero when training is looked at: in the whole network, and at each position of a column.",
    },
    named([
      ["whole network", sparsityOf],
      ...(positions.length > 1
        ? positions.map((i): [string, Reading] => [
            `position ${i}`,
            (point) => recorded(point, "sparsityAt", i),
          ])
        : []),
    ]),
    (values) => shareAxis("zero groups", { max: Math.min(0.99, Math.max(...values, 0.01)) }),
  );
}

/** Share of weights that are zero at a moment of a stage that prunes single ones. */
export const zeroWeightsOf: Reading = ({ record: { weights } }) => {
  const found = isObject(weights) ? weights["sparsity"] : undefined;
  return typeof found === "number" ? found : null;
};

function zeroWeightsPlot(timeline: Timeline): Plot[] {
  return picture(
    timeline,
    {
      id: "training-zero-weights",
      title: "Zero weights while training",
      description:
        "Share of the weights on crossbars that are exactly zero when training is looked at, behind the pruning of that step.",
    },
    named([["zero weights", zeroWeightsOf]]),
    (values) => shareAxis("zero weights", { max: Math.max(...values, 0.01) }),
  );
}

function lambdaPlot(timeline: Timeline): Plot[] {
  const positions = positionsOf(timeline, "lambda");
  return picture(
    timeline,
    {
      id: "training-lambda",
      title: "Strength of the penalty while training",
      description:
        "Lambda, the factor of the penalty, at each position of a column: where fewer groups are zero than elsewhere it grows. Their mean is lambda 0, which may be steered to a sparsity.",
    },
    named(
      positions.map((i) => [
        positions.length === 1 ? "lambda" : `position ${i}`,
        (point) => recorded(point, "lambda", i),
      ]),
    ),
    (values) => numberAxis("lambda", values),
  );
}

function mismatchPlot(timeline: Timeline): Plot[] {
  return picture(
    timeline,
    {
      id: "training-mismatch",
      title: "Mismatch while training",
      description:
        "Physical columns by which the fullest position exceeds the emptiest, summed over all layers: counted over whole layers, and chunk by chunk as arrays are.",
    },
    named([
      ["over whole layers", (point) => recorded(point, "mismatch", "layerBitLines")],
      ["chunk by chunk", (point) => recorded(point, "mismatch", "chunkBitLines")],
    ]),
    (values) => countAxis("columns", values),
  );
}
