import { area, count, energy, latency, percent, points, times } from "../format.js";
import type { ComparedRun, RunComparison } from "./runs.js";

/** One figure of all runs: as text for each, and for all but the first what it is to the first. */
export interface ComparisonRow {
  readonly label: string;
  readonly values: readonly string[];
  /** One less than `values`. */
  readonly toFirst: readonly string[];
}

export interface ComparisonRows {
  readonly heading: string;
  readonly rows: readonly ComparisonRow[];
}

type Reading = (run: ComparedRun) => number | null;

/** How a figure is written, and how its difference to the first run's. */
interface Kind {
  readonly text: (value: number) => string;
  readonly against: (value: number, first: number) => string;
}

const share: Kind = { text: percent, against: (value, first) => points(value - first) };
const ratioOf = (text: (value: number) => string): Kind => ({
  text,
  against: (value, first) => (first === 0 ? "–" : `${(value / first).toPrecision(3)} ×`),
});
const plain = (text: (value: number) => string): Kind => ({ text, against: () => "" });
const whole: Kind = {
  text: count,
  against: (value, first) =>
    value === first ? "0" : `${value < first ? "−" : "+"}${count(Math.abs(value - first))}`,
};

/** The figures of a comparison by subject; a row that no run has a value for is left out. */
export function comparisonRows({ runs }: RunComparison): ComparisonRows[] {
  const row = (label: string, kind: Kind, reading: Reading): ComparisonRow[] => {
    const values = runs.map(reading);
    const [first] = values;
    if (values.every((value) => value === null)) return [];
    return [
      {
        label,
        values: values.map((value) => (value === null ? "–" : kind.text(value))),
        toFirst: values
          .slice(1)
          .map((value) =>
            value === null || first === null || first === undefined ? "–" : kind.against(value, first),
          ),
      },
    ];
  };
  return [
    { heading: "Accuracy", rows: accuracyRows(runs, row) },
    {
      heading: "Pruning",
      rows: [
        ...row("zero groups", share, (run) => run.groupSparsity),
        ...row("zero groups by reads", share, (run) => run.readWeightedSparsity),
        ...row("mismatch columns, by layer", whole, (run) => run.mismatchColumns?.layer ?? null),
        ...row("mismatch columns, by chunk", whole, (run) => run.mismatchColumns?.chunks ?? null),
        ...row("wasted by mismatch", share, (run) => run.wastedFraction),
      ],
    },
    {
      heading: "Compression",
      rows: [
        ...row("as the paper counts", ratioOf(times), (run) => run.compression.paper),
        ...row("all parameters", ratioOf(times), (run) => run.compression.parameters),
        ...row("all counted", ratioOf(times), (run) => run.compression.honest),
      ],
    },
    {
      heading: "Chip",
      rows: [
        ...row("arrays", ratioOf(count), (run) => run.arrays),
        ...row("energy per image", ratioOf(energy), (run) => run.energy_J),
        ...row("latency per image", ratioOf(latency), (run) => run.latency_s),
        ...row("area", ratioOf(area), (run) => run.area_m2),
        ...row("energy over full columns", plain(fraction), (run) => run.energyToBaseline.fullColumns),
        ...row("energy over same row groups", plain(fraction), (run) => run.energyToBaseline.sameRowGroups),
      ],
    },
  ].filter(({ rows }) => rows.length > 0);
}

const fraction = (value: number): string => `${value.toPrecision(3)} ×`;

function accuracyRows(
  runs: readonly ComparedRun[],
  row: (label: string, kind: Kind, reading: Reading) => ComparisonRow[],
): ComparisonRow[] {
  const widths = [...new Set(runs.flatMap(({ adcSweep }) => adcSweep.map(({ bits }) => bits)))].sort(
    (a, b) => (a ?? 99) - (b ?? 99),
  );
  return [
    ...row("FP32", share, ({ accuracy }) => accuracy.fp32),
    ...row("quantised", share, ({ accuracy }) => accuracy.quantized),
    ...row("pruned", share, ({ accuracy }) => accuracy.pruned),
    ...row("hardware, its own ADC", share, ({ accuracy }) => accuracy.hardware),
    ...widths.flatMap((bits) =>
      row(
        bits === null ? "ideal ADC" : `${bits}-bit ADC`,
        share,
        ({ adcSweep }) => adcSweep.find((entry) => entry.bits === bits)?.accuracy ?? null,
      ),
    ),
    ...row("images on hardware", plain(count), ({ hardwareImages }) => hardwareImages),
  ];
}
