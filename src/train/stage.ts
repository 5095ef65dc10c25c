import type { Graph } from "../graph/types.js";
import type { Tensor } from "../tensor.js";
import type { Parameter } from "./parameters.js";
import { type StepOptions, withInitializers } from "./step.js";

/** Plain data that goes through checkpoints and logs unchanged. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** Where a training stands when it is looked at: at the end of every interval, and once before the first step. */
export interface TrainingView {
  /** Steps that are done, and all steps of the stage. */
  readonly step: number;
  readonly steps: number;
  /** The network with its parameters as they are now. */
  readonly graph: Graph;
}

/**
 * A state beside the tensors that steers the steps: the lambdas of a penalty. It changes only when training is looked
 * at, is a pure function of what it was and of the network, and goes through checkpoints as JSON.
 */
export interface Controller {
  readonly initial: Json;
  /** Inputs of the step that penalties asked for, fed until the state changes. */
  readonly feeds: (state: Json) => Readonly<Record<string, Tensor>>;
  /** The next state, and what is written to the training curves of this moment, by name. */
  readonly look: (state: Json, view: TrainingView) => { readonly state: Json; readonly record: JsonRecord };
}

/** Steps that are done, of how many, and how many are a pass through the images. */
export interface StepCount {
  readonly step: number;
  readonly steps: number;
  readonly stepsPerPass: number;
}

/**
 * A change of the parameters between two steps, beside what the steps make of them: pruning by a schedule. It is a pure
 * function of the moment and of the network, and its result is the state from there on. It happens together with the
 * step before it (or before the first), ahead of a look, so that checkpoints hold nothing of it.
 */
export interface ParameterEdit {
  /** What decides it: the checkpoint of a training with another is refused. */
  readonly identity: Json;
  /** Looks at the length of the stage (its step is 0) before training starts. @throws InputError */
  readonly check?: (when: StepCount) => void;
  readonly due: (when: StepCount) => boolean;
  /** New values of some parameters, by name. */
  readonly apply: (graph: Graph, when: StepCount) => ReadonlyMap<string, Tensor>;
  /** Whether the network of this moment may be selected as the best. */
  readonly settled: (when: StepCount) => boolean;
}

export type JsonRecord = Readonly<Record<string, Json>>;

/** What a method adds to the plain loop: penalties, masks, a controller, changes between steps. */
export interface LoopAddition {
  readonly penalties?: NonNullable<StepOptions["penalties"]>;
  readonly afterUpdate?: NonNullable<StepOptions["afterUpdate"]>;
  /** Parameters for which one addition says no are not trained. */
  readonly trains?: (parameter: Parameter) => boolean;
  readonly controller?: Controller;
  readonly edit?: ParameterEdit;
}

/** One moment of a training, as the curves of `result.json` hold it: no time in it. */
export interface CurvePoint {
  /** Steps done. */
  readonly step: number;
  /** Passes through the training images done. */
  readonly epoch: number;
  readonly rate: number;
  /** Means over the steps since the point before; null at step 0. */
  readonly loss: number | null;
  readonly accuracy: number | null;
  readonly penalties: Readonly<Record<string, number>>;
  readonly validation: { readonly loss: number; readonly accuracy: number } | null;
  readonly record: JsonRecord;
}

/** What a finished stage of training leaves beside its network. */
export interface TrainingCurve {
  /** The stage's name in the recipe. */
  readonly stage: string;
  readonly points: readonly CurvePoint[];
}

/** Several additions as one; of penalties of one name the last counts, changes follow one another in order. */
export function combine(additions: readonly LoopAddition[]): LoopAddition {
  const controllers = additions.flatMap(({ controller }) => (controller ? [controller] : []));
  const edits = additions.flatMap(({ edit }) => (edit ? [edit] : []));
  return {
    penalties: Object.assign({}, ...additions.map(({ penalties }) => penalties ?? {})),
    afterUpdate: (parameter, updated, step) =>
      additions.reduce((value, { afterUpdate }) => afterUpdate?.(parameter, value, step) ?? value, updated),
    trains: (parameter) => additions.every(({ trains }) => trains?.(parameter) ?? true),
    ...(controllers.length > 0 ? { controller: combineControllers(controllers) } : {}),
    ...(edits.length > 0 ? { edit: combineEdits(edits) } : {}),
  };
}

const combineEdits = (edits: readonly ParameterEdit[]): ParameterEdit => ({
  identity: edits.map(({ identity }) => identity),
  check: (when) => {
    for (const { check } of edits) check?.(when);
  },
  due: (when) => edits.some(({ due }) => due(when)),
  apply: (graph, when) => {
    const changed = new Map<string, Tensor>();
    for (const { due, apply } of edits)
      if (due(when))
        for (const [name, value] of apply(withInitializers(graph, changed), when)) changed.set(name, value);
    return changed;
  },
  settled: (when) => edits.every(({ settled }) => settled(when)),
});

function combineControllers(controllers: readonly Controller[]): Controller {
  const states = (state: Json) => state as readonly Json[];
  return {
    initial: controllers.map(({ initial }) => initial),
    feeds: (state) => Object.assign({}, ...controllers.map(({ feeds }, i) => feeds(states(state)[i]!))),
    look: (state, view) => {
      const looks = controllers.map(({ look }, i) => look(states(state)[i]!, view));
      return {
        state: looks.map((found) => found.state),
        record: Object.assign({}, ...looks.map(({ record }) => record)),
      };
    },
  };
}
