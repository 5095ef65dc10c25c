import * as z from "zod";
import { InputError, nearest } from "../errors.js";
import { schemaFor } from "./schema.js";
import {
  type AnalyticCost,
  type HardwareSpec,
  type TableComponent,
  type TableCost,
  widestConverter,
} from "./types.js";

/**
 * A hardware description from outside (a file, a recipe, flags) as a `HardwareSpec`.
 * @throws InputError for the first thing that is wrong: an unknown or missing key, a value out of its range, or
 * values that do not fit together
 */
export function parseHardware(value: unknown): HardwareSpec {
  const schema = schemaFor(value);
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw explain(parsed.error.issues, value, schema);
  // The schemas of converters are chosen by the value, which their types cannot say.
  return checkTogether(parsed.data as HardwareSpec);
}

/** A mistyped key is also a missing one; the typing error is the one to speak of. */
function explain(issues: readonly z.core.$ZodIssue[], value: unknown, schema: z.ZodType): InputError {
  const issue = issues.find((i) => i.code === "unrecognized_keys") ?? issues[0]!;
  const path = pathText(issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path);
    const key = issue.keys[0]!;
    const near = nearest(key, known);
    return new InputError(`${path} has the key "${key}", which is not known`, {
      hint: near ? `did you mean "${near}"?` : `known keys: ${known.join(", ")}`,
    });
  }
  const found = valueAt(value, issue.path);
  return new InputError(found === undefined ? `${path} is missing` : `${path} is ${short(found)}`, {
    hint: `it has to be ${issue.message}`,
  });
}

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}.${String(key)}`),
    "hardware",
  );

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) at = (at as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return at;
}

function short(value: unknown): string {
  // JSON has no word for these; it would call them null.
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The keys that the schema knows at a path. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const key of path) {
    if (at instanceof z.ZodObject) at = (at.shape as Record<PropertyKey, unknown>)[key];
    else if (at instanceof z.ZodArray) at = at.element;
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape as object) : [];
}

function checkTogether(spec: HardwareSpec): HardwareSpec {
  const { array, device, encoding, cost } = spec;
  const refuse = (message: string, hint: string): never => {
    throw new InputError(`hardware.${message}`, { hint });
  };
  if (array.activeRows > array.rows) {
    refuse(
      `array.activeRows is ${array.activeRows}, but the array has ${array.rows} rows`,
      `lower array.activeRows to ${array.rows} or less, or raise array.rows`,
    );
  }
  const levels = 2 ** encoding.cellBits;
  if (device.levels_ohm.length !== levels) {
    refuse(
      `device.levels_ohm has ${device.levels_ohm.length} levels, but a cell of ${encoding.cellBits} bits has ${levels}`,
      "give one resistance per code, or change encoding.cellBits",
    );
  }
  for (let code = 1; code < levels; code++) {
    if (device.levels_ohm[code]! < device.levels_ohm[code - 1]!) continue;
    refuse(
      `device.levels_ohm[${code}] is ${device.levels_ohm[code]}, not below level ${code - 1}`,
      "list the resistances from code 0, the highest, downwards",
    );
  }
  if (encoding.offsetBy === "dummyColumn" && encoding.sign !== "offset") {
    refuse(
      `encoding.offsetBy is "dummyColumn", but sign "${encoding.sign}" adds no offset`,
      'set encoding.offsetBy to "digital", or encoding.sign to "offset"',
    );
  }
  checkComposition(spec, refuse);
  if (encoding.sign === "pairedColumns" && array.columns % 2 !== 0) {
    refuse(
      `array.columns is ${array.columns}, but paired columns need an even number`,
      `choose ${array.columns + 1}, or another encoding.sign`,
    );
  }
  if (cost.style === "table") checkTable(cost, "cost", refuse);
  else if (cost.style === "analytic") checkAnalytic(cost, array.columns, refuse);
  return spec;
}

function checkComposition({ adc, encoding }: HardwareSpec, refuse: Refuse): void {
  const { compose, branchGainSigma } = encoding;
  const widest = widestConverter(compose);
  if (adc.bits !== null && adc.bits > widest) {
    refuse(
      `adc.bits is ${adc.bits}, but under ${compose} composition a converter has at most ${widest} bits`,
      `choose 1 to ${widest}, or an ideal converter`,
    );
  }
  if (compose === "digital" && branchGainSigma !== undefined && branchGainSigma > 0) {
    refuse(
      `encoding.branchGainSigma is ${branchGainSigma}, but digital composition has no branches to err`,
      'set encoding.compose to "analog", or leave encoding.branchGainSigma out',
    );
  }
}

/** Whether a table has a line for the component. */
function prints(table: TableCost, name: TableComponent): boolean {
  if (name === "sampleHold") return table.subArray.sampleHold !== null;
  if (name === "demux") return table.demux.length > 0;
  return name === "pooling" || name === "interconnect" ? table[name] !== null : true;
}

type Refuse = (message: string, hint: string) => never;

function checkTable({ demux }: TableCost, path: string, refuse: Refuse): void {
  demux.forEach(({ fanout }, i) => {
    if (i > 0 && fanout <= demux[i - 1]!.fanout) {
      refuse(
        `${path}.demux[${i}].fanout is ${fanout}`,
        "list the de-multiplexers by fan-out, smallest first",
      );
    }
  });
}

function checkAnalytic(cost: AnalyticCost, columns: number, refuse: Refuse): void {
  if (cost.columnsPerConverter > columns) {
    refuse(
      `cost.columnsPerConverter is ${cost.columnsPerConverter}, but the array has ${columns} columns`,
      `choose ${columns} or fewer`,
    );
  }
  if (cost.fromTable.length > 0 && !cost.table) {
    refuse(
      `cost.fromTable names ${cost.fromTable[0]}, but cost.table is null`,
      "give the table, or leave the list empty",
    );
  }
  if (!cost.table) return;
  const lacking = cost.fromTable.find((name) => !prints(cost.table!, name));
  if (lacking !== undefined) {
    refuse(
      `cost.fromTable names ${lacking}, which the table does not print`,
      `leave ${lacking} out of cost.fromTable, so that it is computed`,
    );
  }
  const shared = cost.table.columnsPerConverter;
  if (cost.fromTable.includes("adc") && shared !== cost.columnsPerConverter) {
    refuse(
      `cost.columnsPerConverter is ${cost.columnsPerConverter}, but the table's converters serve ${shared} columns each`,
      `choose ${shared}, or leave adc out of cost.fromTable`,
    );
  }
  checkTable(cost.table, "cost.table", refuse);
}
