import { InputError } from "../errors.js";
import { levelsFor } from "./overrides.js";
import { findHardware } from "./presets.js";
import type { HardwareSpec } from "./types.js";
import { parseHardware } from "./validate.js";

type Plain = Readonly<Record<string, unknown>>;

const isPlain = (value: unknown): value is Plain =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * A hardware description that may name a preset as its `base`: its values hold where the description gives none;
 * objects are merged key by key, lists replaced. Where only `encoding.cellBits` changes, the outer levels stay and the
 * others stand at equal conductance steps; fewer rows lower `array.activeRows` with them. A `cost.table` may be the name
 * of a preset whose table it takes.
 * @throws InputError as `parseHardware`, and for a base that is no preset
 */
export function resolveHardware(given: unknown): HardwareSpec {
  const value = withNamedTable(given);
  if (!isPlain(value) || value["base"] === undefined) return parseHardware(value);
  const { base: name, ...changes } = value;
  if (typeof name !== "string") {
    throw new InputError(`hardware.base is ${JSON.stringify(name)}`, {
      hint: "it has to be the name of a preset",
    });
  }
  const base = findHardware(name);
  const merged = merge(base as unknown as Plain, changes) as Plain;
  return parseHardware({
    ...merged,
    name: changes["name"] ?? `${name}-variant`,
    differs: changes["differs"] ?? [...base.differs, ...sentences(base as unknown as Plain, changes)],
    ...follow(base, changes, merged),
  });
}

function withNamedTable(value: unknown): unknown {
  if (!isPlain(value) || !isPlain(value["cost"]) || typeof value["cost"]["table"] !== "string") return value;
  const { cost, name } = findHardware(value["cost"]["table"]);
  if (cost.style === "table") return { ...value, cost: { ...value["cost"], table: cost } };
  throw new InputError(`hardware.cost.table is "${name}", whose circuits are computed`, {
    hint: "name a preset with a table, such as meng2021 or isaac",
  });
}

function merge(base: unknown, changes: unknown): unknown {
  if (!isPlain(base) || !isPlain(changes)) return changes;
  // A converter of another kind keeps nothing of the base's.
  const other = ["kind", "model", "style"].some(
    (key) => changes[key] !== undefined && base[key] !== changes[key],
  );
  if (other) return changes;
  const keys = new Set([...Object.keys(base), ...Object.keys(changes)]);
  return Object.fromEntries(
    [...keys].map((key) => [key, key in changes ? merge(base[key], changes[key]) : base[key]]),
  );
}

function follow(base: HardwareSpec, changes: Plain, merged: Plain): Plain {
  const inside = (part: string, key: string, of: Plain = changes): unknown =>
    isPlain(of[part]) ? of[part][key] : undefined;
  const out: Record<string, unknown> = {};
  const rows = inside("array", "rows");
  if (typeof rows === "number" && inside("array", "activeRows") === undefined) {
    const whole = base.array.activeRows === base.array.rows;
    const activeRows = whole ? rows : Math.min(rows, base.array.activeRows);
    out["array"] = { ...(merged["array"] as Plain), activeRows };
  }
  const cellBits = inside("encoding", "cellBits");
  if (typeof cellBits === "number" && inside("device", "levels_ohm") === undefined) {
    out["device"] = { ...(merged["device"] as Plain), levels_ohm: levelsFor(base, cellBits, "ideal") };
  }
  return out;
}

/** One sentence per value that a description changes on its base. */
function sentences(base: Plain, changes: Plain, path = ""): string[] {
  return Object.entries(changes).flatMap(([key, value]) => {
    if (["name", "source", "differs"].includes(key)) return [];
    const at = path === "" ? key : `${path}.${key}`;
    const before = base[key];
    if (isPlain(value) && isPlain(before)) return sentences(before, value, at);
    if (before === undefined) return [`${at} is ${JSON.stringify(value)}.`];
    return JSON.stringify(value) === JSON.stringify(before)
      ? []
      : [`${at} is ${JSON.stringify(value)} instead of ${JSON.stringify(before)}.`];
  });
}
