import {
  elementCount,
  formatSi,
  hardwarePresets,
  InputError,
  importers,
  models,
  nearest,
} from "../../index.js";
import { listRecipes } from "../../node/index.js";
import type { CommonFlags } from "../command.js";
import { type Common, columns, print, readCommon } from "../output.js";

const kinds: Readonly<Record<string, (common: Common) => Promise<void>>> = {
  recipes: async (common) => {
    const found = await listRecipes();
    print(common, found, () =>
      columns(
        ["recipe", "what it is"],
        found.map(({ file, about }) => [file, about]),
      ),
    );
  },
  models: async (common) => {
    const found = Object.entries(models).map(([name, { build: _, ...about }]) => ({ name, ...about }));
    print(common, found, () =>
      columns(
        ["name", "input", "classes", "parameters", "network"],
        found.map(({ name, input, classes, parameters, title, dataset }) => [
          name,
          input.join(" × "),
          String(classes),
          parameters.toLocaleString("en"),
          `${title} (${dataset})`,
        ]),
      ),
    );
  },
  hardware: async (common) => {
    const found = Object.values(hardwarePresets);
    print(common, found, () =>
      columns(
        ["name", "array", "driven rows", "cell", "converter", "cells of an array", "source"],
        found.map(({ name, array, device, encoding, adc, source }) => [
          name,
          `${array.rows} × ${array.columns}`,
          String(array.activeRows),
          `${encoding.cellBits} bits, ${formatSi(1 / device.levels_ohm[0]!, "S")} to ${formatSi(1 / device.levels_ohm.at(-1)!, "S")}`,
          `${adc.bits === null ? "ideal" : `${adc.bits} bits`}, ${adc.range}`,
          elementCount([array.rows, array.columns]).toLocaleString("en"),
          source,
        ]),
      ),
    );
  },
  operators: async (common) => {
    const found = [...importers]
      .map(([name, { becomes, notes }]) => ({ name, becomes, notes }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    print(common, found, () =>
      columns(
        ["ONNX operator", "becomes", "restrictions"],
        found.map((row) => [row.name, row.becomes, row.notes.join("; ")]),
      ),
    );
  },
};

export async function list(what: string, flags: CommonFlags): Promise<void> {
  const common = readCommon(flags);
  const show = Object.hasOwn(kinds, what) ? kinds[what] : undefined;
  if (!show) {
    const names = Object.keys(kinds);
    const near = nearest(what, names);
    throw new InputError(`WHAT is ${what}`, {
      hint: `${near ? `did you mean ${near}? ` : ""}choose ${names.join(", ")}`,
    });
  }
  await show(common);
}
