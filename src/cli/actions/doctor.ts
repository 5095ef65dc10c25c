import {
  type DatasetName,
  type DatasetPart,
  datasetNames,
  datasets,
  type RuntimeProbe,
} from "../../index.js";
import {
  dataSearchPath,
  locateDataset,
  machineFacts,
  packageVersion,
  probeMachine,
} from "../../node/index.js";
import type { CommonFlags } from "../command.js";
import { type Common, columns, print, readCommon } from "../output.js";

/** Says what the machine offers. Exit code 1 where no build of ONNX Runtime computes: nothing could run. */
export async function doctor(flags: { readonly dataDir?: string } & CommonFlags): Promise<void> {
  const common = readCommon(flags);
  const stage = common.progress.stage("trying ONNX Runtime");
  const { runtimes, problem } = await probeMachine();
  stage.done();
  const found = {
    xbarkit: packageVersion(),
    ...machineFacts(),
    runtimes,
    problem: problem ?? null,
    dataFolders: dataSearchPath(placeOf(flags)),
    dataSets: datasetNames.map((name) => ({
      name,
      test: whereIs(name, "test", flags),
      train: whereIs(name, "train", flags),
    })),
  };
  print(common, found, () => doctorText(found, common));
  if (!runtimes.some(({ works }) => works)) process.exitCode = 1;
}

const placeOf = ({ dataDir }: { readonly dataDir?: string }) =>
  dataDir === undefined ? {} : { dir: dataDir };

function whereIs(name: string, part: DatasetPart, flags: { readonly dataDir?: string }): string | null {
  try {
    return locateDataset(name, part, placeOf(flags)).folder ?? "drawn by the program";
  } catch {
    return null;
  }
}

interface Findings extends ReturnType<typeof machineFacts> {
  readonly xbarkit: string;
  readonly runtimes: readonly RuntimeProbe[];
  readonly problem: string | null;
  readonly dataFolders: readonly string[];
  readonly dataSets: readonly {
    readonly name: DatasetName;
    readonly test: string | null;
    readonly train: string | null;
  }[];
}

function doctorText(found: Findings, common: Common): string {
  const rows = [
    ["xbarkit", found.xbarkit],
    ["Node", `${found.node} on ${found.platform}`],
    [
      "processor",
      `${found.processor}, ${found.cores} cores for this process, ${found.memory_GiB} GiB memory`,
    ],
    ["threads", `${common.threads ?? common.defaultThreads} unless --threads says otherwise`],
    ...found.runtimes.map((runtime) => [`ONNX Runtime, ${runtime.kind}`, runtimeText(runtime)]),
    ...(found.problem ? [["", found.problem]] : []),
    ...found.dataSets.map(({ name, test, train }) => [`data set ${name}`, dataText(name, test, train)]),
    ["data folders", found.dataFolders.join(", ")],
  ];
  return [columns(["", ""], rows).trimStart(), "", ...advice(found.runtimes)].join("\n").trimEnd();
}

function runtimeText({ package: name, works, version, providers, error }: RuntimeProbe): string {
  if (!works && providers.length === 0) return `${name} does not load: ${reasonOf(error)}`;
  const all = providers.map((p) => (p.works ? p.name : `${p.name} not (${reasonOf(p.error)})`));
  return `${name} ${version ?? ""}: ${all.join(", ")}`;
}

/** The end of a native error says what happened; before it stand source files and function names. */
function reasonOf(error = "no reason given"): string {
  const said = error.trim().replace(/^.*(?:was false\.|: )\s*(?=[A-Z])/, "");
  return said.length > 100 ? `${said.slice(0, 97)}...` : said;
}

const dataText = (name: DatasetName, test: string | null, train: string | null): string => {
  if (test && train) return test;
  if (test ?? train) return `${test ?? train}, but without its ${test ? "training" : "test"} images`;
  if ("stems" in datasets[name]) return "not found; docs/data.md says how to make it";
  return `not found; \`xbarkit data get ${name}\` fetches it`;
};

function advice(runtimes: readonly RuntimeProbe[]): string[] {
  const native = runtimes.find(({ kind }) => kind === "native");
  if (!runtimes.some(({ works }) => works))
    return ["Nothing can compute here: install the dependencies again with `npm ci`."];
  if (!native?.works)
    return [
      "The WebAssembly build computes instead of the native one, several times slower.",
      "To get the native one: `npm install onnxruntime-node`.",
    ];
  if (native.providers.some(({ name, works }) => name === "cuda" && works)) return [];
  return [
    "For an NVIDIA GPU, ONNX Runtime needs CUDA 12, cuDNN 9 and its CUDA library, which npm leaves out:",
    "  node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12",
  ];
}
