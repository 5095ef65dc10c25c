import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exportOnnx, exportQdq, InputError, nearest } from "../../index.js";
import {
  compareForms,
  conductanceCsv,
  conductanceJsonLines,
  type FormsCompared,
  type LoadedRun,
  loadRun,
  stableJson,
  writeAtomic,
  writeConductanceNpy,
  writeLines,
} from "../../node/index.js";
import type { CommonFlags } from "../command.js";
import { type Common, oneOf, print, readCommon, wholeNumber } from "../output.js";

export interface ExportFlags {
  readonly format?: string;
  readonly layer?: string;
  readonly images?: string;
  readonly out?: string;
  readonly dataDir?: string;
  readonly force?: true;
}

const formats = ["onnx", "qdq", "csv", "jsonl", "npy"] as const;
type Format = (typeof formats)[number];

/** What a format's file is called behind the run's name. */
const endings: Readonly<Record<Format, string>> = {
  onnx: ".onnx",
  qdq: "-qdq.onnx",
  csv: "-conductances.csv",
  jsonl: "-conductances.jsonl",
  npy: "-conductances",
};

export async function exportFromRun(directory: string, flags: ExportFlags & CommonFlags): Promise<void> {
  const common = readCommon(flags);
  const format = oneOf("--format", flags.format ?? "onnx", formats);
  const images = comparedImages(flags, format);
  const run = await loadRun(directory);
  checkLayer(run, flags, format);
  const out = flags.out ?? `${run.recipe.name}${endings[format]}`;
  if (existsSync(out) && !flags.force)
    throw new InputError(`--out is ${out}, which exists`, { hint: "name another, or add --force" });
  await mkdir(format === "npy" ? out : dirname(out), { recursive: true });
  const files = await writers[format](run, out, flags.layer);
  const compared = format === "qdq" && images !== 0 ? await compare(run, images, common, flags) : null;
  print(common, { directory, format, files, compared }, () =>
    [`wrote ${files.join(", ")}`, ...(compared ? [comparedText(compared)] : [])].join("\n"),
  );
}

const writers: Readonly<
  Record<Format, (run: LoadedRun, out: string, layer?: string) => Promise<readonly string[]>>
> = {
  onnx: async ({ placed }, out) => {
    await writeAtomic(out, exportOnnx(placed.model.graph));
    return [out];
  },
  qdq: async (run, out) => {
    await writeAtomic(out, qdqOf(run));
    return [out];
  },
  csv: async ({ placed }, out, layer) => {
    await writeLines(out, conductanceCsv(placed, layer));
    return [out];
  },
  jsonl: async ({ placed }, out, layer) => {
    await writeLines(out, conductanceJsonLines(placed, layer));
    return [out];
  },
  npy: async ({ placed }, out, layer) => {
    const conductance = join(out, "conductance_S.npy");
    const level = join(out, "level.npy");
    const arrays = join(out, "arrays.json");
    const index = await writeConductanceNpy(placed, { conductance, level }, layer);
    await writeAtomic(arrays, stableJson(index));
    return [conductance, level, arrays];
  },
};

const qdqOf = ({ placed: { model } }: LoadedRun): Uint8Array =>
  exportQdq(model.graph, { layers: model.layers });

/** Test images to compare on, null for all. @throws InputError where the option is wrong or of no use */
function comparedImages({ images }: ExportFlags, format: Format): number | null {
  if (images === undefined || images === "all") return null;
  if (format !== "qdq")
    throw new InputError(`--images is ${images}, but --format is ${format}`, {
      hint: "only qdq is compared",
    });
  if (images === "none") return 0;
  return wholeNumber("--images", images, 1, 10_000_000, ", all or none") ?? null;
}

function checkLayer({ placed }: LoadedRun, { layer }: ExportFlags, format: Format): void {
  if (layer === undefined) return;
  if (format === "onnx" || format === "qdq")
    throw new InputError(`--layer is ${layer}, but --format is ${format}`, {
      hint: "a network is written whole; choose csv, jsonl or npy",
    });
  const names = placed.matrices.map(({ matrix }) => matrix);
  if (names.includes(layer)) return;
  const near = nearest(layer, names);
  throw new InputError(`--layer is ${layer}`, {
    hint: near ? `did you mean ${near}?` : `choose ${names.join(", ")}`,
  });
}

const compare = (run: LoadedRun, images: number | null, common: Common, { dataDir }: ExportFlags) =>
  compareForms(run, [exportOnnx(run.placed.model.graph), qdqOf(run)], {
    images,
    threads: common.threads ?? run.recipe.threads,
    progress: common.progress,
    ...(dataDir === undefined ? {} : { dataDir }),
  });

const comparedText = ({ images, predictionsThatDiffer, accuracy: [plain, qdq] }: FormsCompared): string =>
  `${predictionsThatDiffer} of ${images} predictions differ from the evaluated network's ` +
  `(accuracy ${(100 * plain).toFixed(2)} % there, ${(100 * qdq).toFixed(2)} % here)`;
