import {
  asAnalytic,
  type CircuitCost,
  type Cost,
  type CostReport,
  compareEqualArea,
  equalAreaData,
  equalAreaLead,
  equalAreaTables,
  formatArea,
  formatSi,
  type HardwareSpec,
  InputError,
  type SensitivityEntry,
  subArrayParts,
  subArrayReport,
} from "../../index.js";
import {
  estimateRun,
  estimateRunOn,
  hardwareNamed,
  type LoadedRun,
  loadRun,
  sensitivityOfRun,
} from "../../node/index.js";
import type { CommonFlags } from "../command.js";
import { type Common, columns, print, readCommon, wholeNumber } from "../output.js";

export interface EstimateFlags {
  readonly hardware?: string;
  readonly compare?: readonly string[];
  readonly sensitivity?: true;
  readonly subarray?: string;
  readonly activity?: string;
  readonly weightBits?: string;
  readonly inputBits?: string;
  readonly baseline?: string;
  readonly areaBudget?: string;
}

export async function estimateCommand(
  directory: string | undefined,
  flags: EstimateFlags & CommonFlags,
): Promise<void> {
  const common = readCommon(flags);
  if (flags.subarray !== undefined) {
    if (directory !== undefined) {
      throw new InputError(`--subarray is ${flags.subarray}, and the run is ${directory}`, {
        hint: "a sub-array needs no run: give one of them",
      });
    }
    refuseWithSubarray(flags);
    return printSubArray(common, flags.subarray, flags);
  }
  refuseWithoutSubarray(flags);
  if (directory === undefined) {
    throw new InputError("there is no run", { hint: "give a run directory, or --subarray with a hardware" });
  }
  const equalArea = readEqualArea(flags);
  const run = await loadRun(directory);
  if (equalArea) return printEqualArea(common, run, equalArea);
  if (flags.compare) return printCompared(common, run, flags.compare);
  if (flags.sensitivity) return printSensitivity(common, run, flags.hardware);
  if (flags.hardware !== undefined) {
    const cost = await estimateRunOn(run, hardwareNamed(flags.hardware));
    return print(common, { directory, cost }, () => costText(cost));
  }
  await printRun(common, directory, run);
}

function refuseWithSubarray({ baseline, areaBudget }: EstimateFlags): void {
  const given = baseline === undefined ? areaBudget : baseline;
  if (given === undefined) return;
  const flag = baseline === undefined ? "--area-budget" : "--baseline";
  throw new InputError(`${flag} is ${given}, and there is a --subarray`, {
    hint: "a sub-array has no placement to compare: give a run instead",
  });
}

function refuseWithoutSubarray(flags: EstimateFlags): void {
  const only = [
    ["--activity", flags.activity],
    ["--weight-bits", flags.weightBits],
    ["--input-bits", flags.inputBits],
  ] as const;
  const given = only.find(([, value]) => value !== undefined);
  if (!given) return;
  throw new InputError(`${given[0]} is ${given[1]}, but there is no --subarray`, {
    hint: "a run has its own activity and precision; leave the option out, or give --subarray",
  });
}

interface EqualAreaRequest {
  readonly baseline: HardwareSpec;
  /** null: that of the baseline. */
  readonly budget_m2: number | null;
}

/** @throws InputError for an area that is none, and where another question is asked as well */
function readEqualArea(flags: EstimateFlags): EqualAreaRequest | null {
  const { baseline, areaBudget } = flags;
  if (baseline === undefined && areaBudget === undefined) return null;
  const [flag, value] =
    baseline === undefined ? ["--area-budget", areaBudget] : (["--baseline", baseline] as const);
  for (const [other, given] of [
    ["--hardware", flags.hardware],
    ["--compare", flags.compare],
    ["--sensitivity", flags.sensitivity],
  ] as const) {
    if (given === undefined) continue;
    throw new InputError(`${flag} is ${value}, and ${other} is given as well`, {
      hint: "the comparison has components of its own: leave one of them out",
    });
  }
  return { baseline: hardwareNamed(baseline ?? "prime"), budget_m2: areaOf(areaBudget) };
}

function areaOf(text = "dense"): number | null {
  if (text === "dense") return null;
  const area_mm2 = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(area_mm2) && area_mm2 > 0) return area_mm2 * 1e-6;
  throw new InputError(`--area-budget is ${text}`, {
    hint: "give dense, or an area above 0 in mm², such as 12.5",
  });
}

function printEqualArea(common: Common, run: LoadedRun, { baseline, budget_m2 }: EqualAreaRequest): void {
  const found = compareEqualArea(run.placed, { baseline, ...(budget_m2 !== null && { budget_m2 }) });
  print(common, { directory: run.directory, ...found }, () => {
    const data = equalAreaData(found);
    const tables = equalAreaTables(data).map((table) => columns(table.columns, table.rows));
    return [...tables.flatMap((table) => [table, ""]), equalAreaLead(data), ...data.notes].join("\n");
  });
}

function printSubArray(common: Common, name: string, flags: EstimateFlags): void {
  const hardware = hardwareNamed(name);
  const weightBits = wholeNumber("--weight-bits", flags.weightBits, 1, 16);
  const inputBits = wholeNumber("--input-bits", flags.inputBits, 1, 16);
  const activity = flags.activity === undefined ? undefined : shareOf("--activity", flags.activity);
  const report = subArrayReport(hardware, {
    ...(activity === undefined ? {} : { activity }),
    ...(weightBits === undefined ? {} : { weightBits }),
    ...(inputBits === undefined ? {} : { inputBits }),
  });
  const row = (part: string, cost: CircuitCost): string[] => [
    part,
    formatArea(cost.area_m2),
    formatSi(cost.latency_s, "s"),
    formatSi(cost.energy_J, "J"),
    formatSi(cost.leakage_W, "W"),
  ];
  print(common, report, () => {
    const place = ([part]: [string, CircuitCost]): number =>
      subArrayParts.indexOf(part as (typeof subArrayParts)[number]);
    const parts = Object.entries(report.components)
      .sort((a, b) => place(a) - place(b))
      .map(([part, cost]) => row(part, cost));
    const { rows, columns: width } = hardware.array;
    const title = `One read of a sub-array of ${rows} × ${width} of ${hardware.name}`;
    const head = ["component", "area", "latency", "energy", "leakage"];
    return `${title}\n\n${columns(head, [...parts, row("total", report.total)])}`;
  });
}

/** @throws InputError naming the option */
function shareOf(flag: string, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= 0 && value <= 1) return value;
  throw new InputError(`${flag} is ${text}`, { hint: "give a share from 0 to 1, such as 0.5" });
}

async function printCompared(common: Common, run: LoadedRun, names: readonly string[]): Promise<void> {
  const [first, second] = names;
  if (names.length !== 2 || first === undefined || second === undefined) {
    throw new InputError(`--compare has ${names.length} hardware names`, {
      hint: "give two, after the run: xbarkit estimate RUN --compare A B",
    });
  }
  const a = await estimateRunOn(run, hardwareNamed(first));
  const b = await estimateRunOn(run, hardwareNamed(second));
  const ratio = {
    energy: b.energy_J / a.energy_J,
    latency: b.latency_s / a.latency_s,
    area: b.area_m2 / a.area_m2,
  };
  print(common, { directory: run.directory, first: a, second: b, ratio }, () => {
    const names = [...new Set([...Object.keys(a.breakdown), ...Object.keys(b.breakdown)])];
    const partOf = (report: CostReport, name: string): Cost =>
      (report.breakdown as Readonly<Record<string, Cost>>)[name] ?? { energy_J: 0, latency_s: 0, area_m2: 0 };
    const row = (name: string, x: Cost, y: Cost): string[] => [
      name,
      ...[x, y].map((cost) => formatSi(cost.energy_J, "J")),
      ...[x, y].map((cost) => formatSi(cost.latency_s, "s")),
      ...[x, y].map((cost) => formatArea(cost.area_m2)),
    ];
    const head = ["component", "energy A", "B", "latency A", "B", "area A", "B"];
    const rows = names.map((name) => row(name, partOf(a, name), partOf(b, name)));
    const times = (value: number): string => `${Number(value.toPrecision(3))} ×`;
    return [
      `A: ${a.hardware}   B: ${b.hardware}`,
      "",
      columns(head, [row("all", a, b), ...rows]),
      "",
      `B over A: energy ${times(ratio.energy)}, latency ${times(ratio.latency)}, area ${times(ratio.area)}`,
    ].join("\n");
  });
}

function printSensitivity(common: Common, run: LoadedRun, name: string | undefined): void {
  const hardware: HardwareSpec = name === undefined ? run.placed.hardware : hardwareNamed(name);
  const computed = asAnalytic(hardware);
  if (!computed) {
    throw new InputError(`the hardware is ${hardware.name}, whose cost comes from a table`, {
      hint: "knobs move computed circuits only: give --hardware analytic-32nm, or a file with cost.style analytic",
    });
  }
  const entries = sensitivityOfRun(run, computed);
  const percent = (ratio: number): string => {
    const change = Math.round(1000 * (ratio - 1)) / 10;
    return `${change < 0 ? "−" : "+"}${Math.abs(change).toFixed(1)} %`;
  };
  const row = ({ knob, from, to, ratio }: SensitivityEntry): string[] => [
    knob,
    `${from} → ${to}`,
    percent(ratio.energy),
    percent(ratio.latency),
    percent(ratio.area),
  ];
  print(common, { directory: run.directory, hardware: hardware.name, sensitivity: entries }, () =>
    columns(["knob", "change", "energy", "latency", "area"], entries.map(row)),
  );
}

async function printRun(common: Common, directory: string, run: LoadedRun): Promise<void> {
  const comparison = await estimateRun(run);
  print(common, { directory, ...comparison }, () => {
    const { cost, fullColumn, sameBands } = comparison;
    const totals = [
      row("this network", cost),
      row("unpruned, full columns", fullColumn),
      row("unpruned, same row groups", sameBands),
    ];
    return `${columns(["", ...quantities], totals)}\n\n${componentText(cost)}`;
  });
}

const quantities = ["energy of an image", "latency", "area"] as const;

const row = (name: string, { energy_J, latency_s, area_m2 }: Cost): string[] => [
  name,
  formatSi(energy_J, "J"),
  formatSi(latency_s, "s"),
  formatArea(area_m2),
];

const componentText = ({ breakdown }: CostReport): string =>
  columns(
    ["component", ...quantities],
    Object.entries(breakdown).map(([name, part]) => row(name, part)),
  );

function costText(cost: CostReport): string {
  return [
    columns(["", ...quantities], [row(cost.hardware, cost)]),
    "",
    componentText(cost),
    "",
    ...overTime(cost),
    ...referenceText(cost),
    ...cost.notes,
  ].join("\n");
}

/** Of computed circuits: what the chip leaks, how often it finishes an image, and what storing the weights takes. */
function overTime({ leakage_W, interval_s, programming }: CostReport): string[] {
  if (leakage_W === undefined || interval_s === undefined || !programming) return [];
  const { counts, energy_J, latency_s } = programming;
  const cells = counts.cells.toLocaleString("en");
  return [
    `An image every ${formatSi(interval_s, "s")}; all circuits leak ${formatSi(leakage_W, "W")} meanwhile.`,
    `Storing the weights once, ${cells} cells: ${formatSi(energy_J, "J")} in ${formatSi(latency_s, "s")}.`,
    "",
  ];
}

const referenceNames = {
  array_m2: "arrays",
  adc_m2: "converters",
  accumulation_m2: "shift-adds and adder trees",
  interconnect_m2: "interconnect",
  globalBuffer_m2: "global buffer",
  kernelTile_m2: "a tile by kernel positions",
  squareTile_m2: "a square tile",
  chip_m2: "chip",
} as const;

/** The chip as the reference estimator lays it out, where the hardware asks for its floor plan. */
function referenceText({ referenceChip }: CostReport): string[] {
  if (!referenceChip) return [];
  const rows = Object.entries(referenceNames).map(([key, name]) => [
    name,
    formatArea(referenceChip[key as keyof typeof referenceNames]),
  ]);
  return [columns(["laid out as the reference estimator does", "area"], rows), ""];
}
