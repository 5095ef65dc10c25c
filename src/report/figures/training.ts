import { extent } from "d3-array";
import type { CurvePoint, Json, TrainingCurve } from "../../train/stage.js";
import { count, words } from "../format.js";
import {
  type Axis,
  type Band,
  type Curve,
  colourScale,
  colours,
  curveChart,
  numberAxis,
  type Plot,
  shareAxis,
} from "../plots/index.js";
import type { Result } from "../types.js";

/** More curves than these in one picture cannot be told apart. */
const mostCurves = 8;

/**
 * Loss and accuracy over all steps of all stages that trained; what their penalties cost; and what a controller wrote
 * down: numbers, and lists of numbers with one entry per position. Sparsities share a picture, and so do lambdas;
 * every other number has one of its own.
 */
export function trainingPlots({ data: { training } }: Result): Plot[] {
  const timeline = timelineOf(training);
  if (timeline.bands.length === 0) return [];
  return [
    ...lossPlot(timeline),
    ...accuracyPlot(timeline),
    ...penaltyPlot(timeline),
    ...recordPlots(timeline),
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

/** Names get colours; a single curve is in the main one. */
function named(readings: readonly (readonly [string, Reading])[]): (readonly [string, string, Reading])[] {
  const palette = colourScale(readings.map(([name]) => name));
  return readings.map(([name, reading]) => [
    name,
    readings.length === 1 ? colours.main : palette.get(name)!,
    reading,
  ]);
}

/** A number in a record, or one of a list: by its key, and by its place where it is in a list. */
interface Recorded {
  readonly key: string;
  readonly position: number | null;
}

function recorded(timeline: Timeline): Recorded[] {
  const found = new Map<string, Recorded>();
  for (const { record } of timeline.stages.flat())
    for (const [key, value] of Object.entries(record)) {
      const list = Array.isArray(value) ? value : null;
      const places = list ? list.map((_, i) => i) : [null];
      for (const position of places)
        if (typeof (position === null ? value : list![position]) === "number")
          found.set(`${key} ${position}`, { key, position });
    }
  return [...found.values()];
}

const readingOf =
  ({ key, position }: Recorded): Reading =>
  ({ record }) => {
    const value: Json | undefined = record[key];
    const entry = position === null ? value : Array.isArray(value) ? (value[position] as Json) : undefined;
    return typeof entry === "number" ? entry : null;
  };

function recordPlots(timeline: Timeline): Plot[] {
  const all = recorded(timeline);
  const lambdas = all.filter(({ key }) => /lambda/i.test(key));
  const shares = all.filter(
    ({ key, ...rest }) => /sparsity/i.test(key) && isShare(timeline, { key, ...rest }),
  );
  const others = all.filter((entry) => !lambdas.includes(entry) && !shares.includes(entry));
  const keys = [...new Set(others.map(({ key }) => key))];
  return [
    ...recordPlot(
      timeline,
      shares,
      {
        id: "training-sparsity",
        title: "Zero groups while training",
        description: "Share of the groups whose quantised weights are all zero, at the end of each interval.",
      },
      (values) => shareAxis("zero groups", { max: Math.min(1, Math.max(...values, 0.01)) }),
    ),
    ...recordPlot(
      timeline,
      lambdas,
      {
        id: "training-lambda",
        title: "Strength of the penalty while training",
        description:
          "Lambda, the factor of the penalty, by position in a column; a controller moves it so that all positions end with as many groups.",
      },
      (values) => numberAxis("lambda", values),
    ),
    ...keys.flatMap((key, i) =>
      recordPlot(
        timeline,
        others.filter((entry) => entry.key === key),
        {
          id: `training-record-${i}`,
          title: `${capital(words(key))} while training`,
          description: "As written down at the end of each interval.",
        },
        (values) => numberAxis(words(key), values),
      ),
    ),
  ];
}

function recordPlot(
  timeline: Timeline,
  entries: readonly Recorded[],
  text: { id: string; title: string; description: string },
  axis: (values: readonly number[]) => Axis,
): Plot[] {
  if (entries.length > mostCurves) return [];
  const several = new Set(entries.map(({ key }) => key)).size > 1;
  const name = ({ key, position }: Recorded) => {
    const place = position === null ? "" : `position ${position}`;
    return several && (position === null || !/^position/i.test(key))
      ? `${words(key)} ${place}`.trim()
      : place;
  };
  return picture(
    timeline,
    text,
    named(entries.map((entry) => [name(entry), readingOf(entry)])),
    (values) => ({
      ...axis(values),
      ...negative(values),
    }),
  );
}

const negative = (values: readonly number[]): { min?: number } => {
  const [low = 0] = extent(values);
  return low < 0 ? { min: low } : {};
};

function isShare(timeline: Timeline, entry: Recorded): boolean {
  const reading = readingOf(entry);
  return timeline.stages.flat().every((point) => {
    const value = reading(point);
    return typeof value !== "number" || (value >= 0 && value <= 1);
  });
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
