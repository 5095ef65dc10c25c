import { adcTransfer } from "../../src/array/adc.js";
import { referenceKernel } from "../../src/array/reference/multiply.js";
import type { ArrayKernel, ArrayProgram } from "../../src/array/types.js";
import { topInputLevel } from "../../src/hardware/input-slices.js";
import { type EncodingSpec, widestConverter } from "../../src/hardware/types.js";
import { encodingOf } from "../../src/mapping/encoding.js";
import { placeMatrix } from "../../src/mapping/place.js";
import { createRandom, type Random } from "../../src/random.js";
import { arrayProgram, fullScale } from "../../src/simulate/program.js";
import { tallestGroup } from "../../src/simulate/ranges.js";
import { testHardware } from "../support/hardware.js";
import { randomInputs, sparseCodes } from "../support/problems.js";

/*
 * Random array programs on which a fast kernel is compared with the reference. The module runs in Node and, compiled,
 * in a browser.
 */

const encodings = ["offset", "offset + dummy column", "splitArrays", "pairedColumns"] as const;
const composes = ["digital", "analog"] as const;
const placements = ["dense", "packed"] as const;
const adcModes = ["ideal", "percentile", "minmax", "fullscale"] as const;

export interface Case {
  readonly encoding: (typeof encodings)[number];
  readonly compose: (typeof composes)[number];
  readonly placement: (typeof placements)[number];
  readonly adc: (typeof adcModes)[number];
}

export const cases: readonly Case[] = encodings.flatMap((encoding) =>
  composes.flatMap((compose) =>
    placements.flatMap((placement) => adcModes.map((adc) => ({ encoding, compose, placement, adc }))),
  ),
);

export interface Problem {
  readonly program: ArrayProgram;
  readonly inputs: Uint8Array;
  readonly positions: number;
}

function encodingSpec({ encoding, compose }: Case): Omit<EncodingSpec, "cellBits"> {
  const offset = encoding === "offset" || encoding === "offset + dummy column";
  return {
    sign: offset ? "offset" : encoding,
    compose,
    offsetBy: encoding === "offset + dummy column" ? "dummyColumn" : "digital",
  };
}

/** Small mostly, and now and then at the far end of what a chip may be. */
function shapeOf(random: Random) {
  const kind = random.integer(0, 19);
  if (kind === 0) return { rows: random.integer(500, 1024), columns: 2, positions: 3, activeRows: 1024 };
  if (kind === 1) return { rows: 1, columns: random.integer(1, 9), positions: 7, activeRows: 16 };
  if (kind === 2) return { rows: random.integer(1, 12), columns: 3, positions: 150, activeRows: 8 };
  const activeRows = random.integer(1, 40);
  return {
    rows: random.integer(1, 90),
    columns: random.integer(1, 11),
    positions: random.integer(1, 40),
    activeRows,
  };
}

export function randomProblem(random: Random, which: Case): Problem {
  const bits = random.integer(2, 9);
  const cellBits = random.integer(1, 4);
  const shape = shapeOf(random);
  const { rows, columns } = shape;
  const { activeRows } = shape;
  // Half of the chips apply inputs bit by bit, the others in slices of any width.
  const inputSliceBits = random.integer(0, 1) ? 1 : random.integer(1, 8);
  const array = { rows: activeRows * random.integer(1, 2), columns: 48, activeRows, inputSliceBits };
  const uneven = random.integer(0, 9) === 0;
  const errs = which.compose === "analog" && random.integer(0, 2) === 0;
  const branches = errs
    ? { branchGainSigma: random.uniform() * 0.1, branchGainSeed: random.integer(0, 99) }
    : {};
  const levels_ohm = Array.from({ length: 2 ** cellBits }, (_, i) => 1e6 / (i + 1 + random.uniform() / 3));
  const hardware = testHardware(
    array,
    { cellBits, ...encodingSpec(which), ...branches },
    { bits: which.adc === "ideal" ? null : random.integer(1, widestConverter(which.compose)) },
    { levels_ohm, cellModel: uneven ? "conductance" : "ideal" },
  );
  const limit = 2 ** (bits - 1) - 1;
  const groupRows = which.placement === "packed" ? random.integer(1, array.rows) : null;
  const worst = random.integer(0, 9) === 0;
  const codes = worst
    ? new Int16Array(rows * columns).fill(random.integer(0, 1) ? limit : -limit)
    : sparseCodes(random, rows, columns, limit, groupRows ?? 7, random.uniform());
  const encoding = encodingOf(bits, hardware.encoding);
  const placed = placeMatrix("m", codes, { rows, columns }, encoding, hardware, groupRows);
  const inputBits = random.integer(1, 8);
  const topLevel = topInputLevel(inputBits, inputSliceBits);
  const full = fullScale(encoding, Math.max(1, tallestGroup(placed)), topLevel);
  // A share of the full scale stands for what calibration would find; its ends lie at whole sums there.
  const range = {
    low: Math.round(full.low * random.uniform()),
    high: Math.round(full.high * random.uniform()),
  };
  const program = arrayProgram(placed, hardware, inputBits, which.adc === "fullscale" ? full : range);
  const { adc } = program;
  const cut = adc && which.adc === "percentile";
  return {
    // Percentiles of uneven sums fall between whole numbers.
    program: cut ? { ...program, adc: adcTransfer(adc.bits, range.low + 0.125, range.high + 0.5) } : program,
    inputs: worst
      ? new Uint8Array(rows * shape.positions).fill(2 ** inputBits - 1)
      : silenced(random, randomInputs(random, rows, shape.positions, inputBits)),
    positions: shape.positions,
  };
}

/** Now and then only low bits, or few lines, are driven. */
function silenced(random: Random, inputs: Uint8Array): Uint8Array {
  const kind = random.integer(0, 3);
  if (kind === 0) return inputs.map((code) => code & 1);
  if (kind === 1) return inputs.map((code) => (random.uniform() < 0.9 ? 0 : code));
  return inputs;
}

export interface Agreement {
  /** Problems by case, as `encoding, composition, placement, converter`. */
  readonly counts: ReadonlyMap<string, number>;
  readonly values: number;
  /** The first problem on which a value differs, or null. */
  readonly difference: string | null;
}

const nameOf = ({ encoding, compose, placement, adc }: Case): string =>
  `${encoding}, ${compose}, ${placement}, ${adc}`;

/** Compares kernels with the reference, value for value, on `count` problems that take the cases in turn. */
export function compareKernels(kernels: readonly ArrayKernel[], count: number, seed: number): Agreement {
  const random = createRandom(seed);
  const counts = new Map<string, number>();
  let values = 0;
  for (let i = 0; i < count; i++) {
    const which = cases[i % cases.length]!;
    const { program, inputs, positions } = randomProblem(random, which);
    const expected = referenceKernel.multiply(program, inputs, positions);
    for (const kernel of kernels) {
      const actual = kernel.multiply(program, inputs, positions);
      const at = expected.findIndex((value, k) => !Object.is(value, actual[k]));
      if (at >= 0) {
        const difference = `problem ${i} (${nameOf(which)}), value ${at}: ${kernel.name} gives ${actual[at]}, the reference ${expected[at]}`;
        return { counts, values, difference };
      }
    }
    values += expected.length;
    counts.set(nameOf(which), (counts.get(nameOf(which)) ?? 0) + 1);
  }
  return { counts, values, difference: null };
}
