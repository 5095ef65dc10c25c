import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  countPlacement,
  denseUtilization,
  encodePlacement,
  exchangeMemory,
  type HardwareSpec,
  InputError,
  type MatrixPlacement,
  type Placement,
  utilization,
} from "../../index.js";
import { loadRun, mapModel, recipeFromDraft, writeAtomic } from "../../node/index.js";
import type { CommonFlags } from "../command.js";
import { interruptible } from "../interrupt.js";
import { columns, print, readCommon, say } from "../output.js";
import { draftOf, optionKey, recipeFlags } from "../recipe-flags.js";
import { namesFor } from "./run.js";

export interface MapFlags {
  readonly out?: string;
}

export async function mapModelOrRun(model: string, flags: MapFlags & CommonFlags): Promise<void> {
  const common = readCommon(flags);
  const placed = isRun(model) ? await placementOfRun(model, flags) : await placementOfModel(model, flags);
  if (flags.out !== undefined) {
    if (existsSync(flags.out))
      throw new InputError(`--out is ${flags.out}, which exists`, { hint: "name another file" });
    await writeAtomic(flags.out, encodePlacement(placed));
    say(common, `wrote ${flags.out}`);
  }
  const layers = placed.matrices.map((matrix) => {
    const { arrays, rowGroups, cells, groups, survivingGroups, index_bit } = countPlacement(
      matrix,
      placed.hardware.array,
    );
    const { rows, columns: width, routing } = matrix;
    return {
      layer: matrix.matrix,
      rows,
      columns: width,
      routing,
      arrays,
      rowGroups,
      cells,
      groups,
      survivingGroups,
      index_bit,
      ...(matrix.exchange ? { exchange: exchangeOf(matrix, placed.hardware) } : {}),
    };
  });
  const total = (of: (layer: (typeof layers)[number]) => number) =>
    layers.reduce((sum, layer) => sum + of(layer), 0);
  const totals = {
    arrays: total((l) => l.arrays),
    rowGroups: total((l) => l.rowGroups),
    cells: {
      used: total((l) => l.cells.used),
      reference: total((l) => l.cells.reference),
      wasted: total((l) => l.cells.wasted),
      empty: total((l) => l.cells.empty),
    },
  };
  const { name, array } = placed.hardware;
  print(common, { hardware: name, array, totals, layers }, () => mapText(placed, layers, totals));
}

/** What `--json` says of a layer whose columns were exchanged. */
const exchangeOf = (matrix: MatrixPlacement, { array }: HardwareSpec) => ({
  inputSchedule_bit: exchangeMemory(matrix).inputSchedule_bit,
  utilization: {
    dense: [...denseUtilization(matrix, array)],
    exchanged: [...utilization(matrix, array)],
  },
});

type LayerRow = {
  readonly layer: string;
  readonly rows: number;
  readonly columns: number;
  readonly arrays: number;
  readonly rowGroups: number;
  readonly cells: { readonly used: number; readonly wasted: number; readonly empty: number };
};

function mapText(
  placed: Placement,
  layers: readonly LayerRow[],
  totals: Omit<LayerRow, "layer" | "rows" | "columns">,
): string {
  const count = (value: number) => value.toLocaleString("en");
  const rowOf = (name: string, size: string, { arrays, rowGroups, cells }: typeof totals) => [
    name,
    size,
    ...[arrays, rowGroups, cells.used, cells.wasted, cells.empty].map(count),
  ];
  const rows = layers.map((layer) => rowOf(layer.layer, `${layer.rows} × ${layer.columns}`, layer));
  const head = ["layer", "weights", "arrays", "row groups", "cells used", "wasted", "empty"];
  const { name, array } = placed.hardware;
  return [
    `${name}: arrays of ${array.rows} × ${array.columns}, ${array.activeRows} rows driven together`,
    "",
    columns(head, [...rows, rowOf("all", "", totals)]),
  ].join("\n");
}

const isRun = (path: string): boolean =>
  existsSync(join(path, "recipe.json")) &&
  (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);

async function placementOfRun(directory: string, flags: MapFlags): Promise<Placement> {
  const options = flags as Readonly<Record<string, unknown>>;
  const given = recipeFlags.find(
    ({ flag }) => options[optionKey(flag)] !== undefined && options[optionKey(flag)] !== true,
  );
  if (given) {
    throw new InputError(
      `${given.flag} is ${String(options[optionKey(given.flag)])}, but ${directory} is a run`,
      {
        hint: "a run has its own settings: leave the option out, or give the model",
      },
    );
  }
  return (await loadRun(directory)).placed;
}

async function placementOfModel(model: string, flags: MapFlags & CommonFlags): Promise<Placement> {
  const common = readCommon(flags);
  const draft = draftOf({ ...flags });
  // The images decide nothing here; a recipe names some.
  const data = { name: "cifar10" };
  const seed = common.seed === undefined ? {} : { seed: common.seed };
  const recipe = recipeFromDraft({ ...draft.draft, ...seed, data, model }, namesFor(draft, model));
  const threads = common.threads ?? common.defaultThreads;
  return interruptible("nothing was written", (signal) =>
    mapModel(recipe, common.progress, { threads, signal }),
  );
}
