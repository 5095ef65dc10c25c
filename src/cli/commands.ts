import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { CompareFlags } from "./actions/compare.js";
import type { DataFlags } from "./actions/data.js";
import type { EstimateFlags } from "./actions/estimate.js";
import type { ExportFlags } from "./actions/export.js";
import type { FigureFlags } from "./actions/figure.js";
import type { ReportFlags } from "./actions/report.js";
import type { CompressFlags, RunFlags } from "./actions/run.js";
import type { SimulateFlags } from "./actions/simulate.js";
import type { MapFlags } from "./actions/stages.js";
import type { SweepFlags } from "./actions/sweep.js";
import { buildCommand, type Choices, type CommandSpec, type OptionSpec } from "./command.js";
import { printScript, shells } from "./completion.js";
import { recipeFlags } from "./recipe-flags.js";

// What a command does is imported when it runs: `--help` and completion must answer at once.

const outOption: OptionSpec = {
  flags: "--out <dir>",
  about: "run directory (default: runs/<name>-<hash of the recipe>)",
};
const dataDirOption: OptionSpec = {
  flags: "--data-dir <dir>",
  about: "folder that holds the data sets (default: XBARKIT_DATA, ./data, ~/.cache/xbarkit)",
};
const forceOption: OptionSpec = { flags: "--force", about: "replace what the run directory holds" };
const stagesFromOption: OptionSpec = {
  flags: "--stages-from <run>",
  about:
    "take over trained stages of this run, or of a run in this folder, as far as the recipes are the same",
};

const recipeOptions = (wanted: (flag: string) => boolean): readonly OptionSpec[] =>
  recipeFlags
    .filter(({ flag }) => wanted(flag))
    .map(({ flag, value, about, choices, heading }) => ({
      flags: value ? `${flag} ${value}` : flag,
      about,
      heading,
      // A value that is no file and no known word gets no suggestion.
      choices: choices ?? [],
    }));

const run: CommandSpec<RunFlags> = {
  name: "run",
  about: "Runs a recipe: compress, place, calibrate, simulate, estimate, report.",
  arguments: [{ name: "recipe", about: "a YAML file; recipes/ has examples" }],
  options: [outOption, dataDirOption, forceOption, stagesFromOption],
  examples: [
    { command: "xbarkit run recipes/resnet20-ptq.yaml", about: "into runs/resnet20-ptq-<hash>" },
    {
      command: "xbarkit run mine.yaml --out runs/mine --data-dir ~/data",
      about: "into a directory of your choice",
    },
    { command: "xbarkit run mine.yaml --out runs/mine", about: "goes on where an interrupted run stopped" },
    {
      command: "xbarkit run other.yaml --stages-from runs/mine",
      about: "trains only from where the recipes begin to differ",
    },
  ],
  run: async ([recipe], flags) => (await import("./actions/run.js")).runRecipe(recipe!, flags),
};

const compress: CommandSpec<CompressFlags> = {
  name: "compress",
  about: "Quantises a model, places it on arrays, simulates and costs it: a recipe given as options.",
  arguments: [{ name: "model", about: "an .onnx file, or a reference network's name" }],
  options: [...recipeOptions(() => true), outOption, dataDirOption, forceOption],
  examples: [
    {
      command: "xbarkit compress resnet20.onnx --data cifar10",
      about: "4-bit weights and activations on the default chip",
    },
    {
      command: "xbarkit compress net.onnx --data cifar10 --normalization imagenet --adc-sweep 4,5,6,ideal",
      about: "a model trained with ImageNet's statistics; several converter widths",
    },
    {
      command: "xbarkit compress net.onnx --data mnist --mean 0.5 --std 0.5 --weight-bits 8 --cell-bits 1",
      about: "its own normalisation, 8-bit weights in single-bit cells",
    },
    {
      command:
        "xbarkit compress net.onnx --data cifar10 --sign pairedColumns --adc-bits 6 --out runs/paired --json",
      about: "signed weights in pairs of columns; the result as JSON",
    },
  ],
  run: async ([model], flags) => (await import("./actions/run.js")).compressModel(model!, flags),
};

const mapOptions = new Set([
  "--weight-bits",
  "--weight-range",
  "--weight-range-factor",
  "--input-bits",
  "--activation-bits",
  "--group-rows",
  "--hardware",
  "--rows",
  "--columns",
  "--active-rows",
  "--cell-bits",
  "--sign",
  "--compose",
  "--offset-by",
  "--place",
  "--exchange-strategy",
  "--exchange-split",
  "--exchange-signs",
  "--exchange-restarts",
  "--exchange-runs",
  "--exchange-passes",
  "--layer-rows",
]);

const map: CommandSpec<MapFlags> = {
  name: "map",
  about: "Places a model's weights on arrays; needs no images.",
  arguments: [{ name: "model", about: "an .onnx file, a reference network's name, or a run directory" }],
  options: [
    ...recipeOptions((flag) => mapOptions.has(flag)),
    { flags: "--out <file>", about: "write the placement to this file" },
  ],
  examples: [
    { command: "xbarkit map resnet20.onnx", about: "arrays and cells of every layer" },
    {
      command: "xbarkit map vgg16-imagenet --rows 144 --columns 32 --place dense",
      about: "a reference network",
    },
    {
      command:
        "xbarkit map pruned.onnx --hardware prime --rows 32 --columns 64 --group-rows none --place column-exchange",
      about: "columns that need the same rows stand together",
    },
    { command: "xbarkit map runs/resnet20 --json", about: "the placement of a run" },
  ],
  run: async ([model], flags) => (await import("./actions/stages.js")).mapModelOrRun(model!, flags),
};

const simulateOptions = new Set(["--images", "--adc-bits", "--branch-gain-sigma", "--branch-gain-seed"]);

const simulate: CommandSpec<SimulateFlags> = {
  name: "simulate",
  about: "Simulates the placed network of a run again, on other images or converters.",
  arguments: [{ name: "run", about: "a run directory" }],
  options: [
    ...recipeOptions((flag) => simulateOptions.has(flag)),
    {
      flags: "--chips <n>",
      about: "chips that differ in their branches' gains: accuracy of each, mean and standard deviation",
      choices: [],
    },
    {
      flags: "--saturation",
      about: "count the sums that converters cut off, layer by layer; takes some times as long",
    },
    dataDirOption,
  ],
  examples: [
    { command: "xbarkit simulate runs/resnet20 --images 2000", about: "on more test images" },
    { command: "xbarkit simulate runs/resnet20 --adc-bits 7", about: "with converters of another width" },
    {
      command: "xbarkit simulate runs/composed --branch-gain-sigma 0.01 --chips 5",
      about: "five chips of analog composition whose branches err by 1 %",
    },
  ],
  run: async ([directory], flags) => (await import("./actions/simulate.js")).simulateRun(directory!, flags),
};

const estimate: CommandSpec<EstimateFlags> = {
  name: "estimate",
  about: "Computes energy, latency and area of a run's placement again, on this or other hardware.",
  arguments: [{ name: "run", about: "a run directory; none with --subarray", optional: true }],
  options: [
    { flags: "--hardware <name>", about: "cost the run on this preset or hardware file instead" },
    { flags: "--compare <hardware...>", about: "cost the run on two presets or files, side by side" },
    { flags: "--sensitivity", about: "which knob of the hardware moves energy, latency and area most" },
    { flags: "--subarray <hardware>", about: "one read of one sub-array of this preset or file" },
    {
      flags: "--activity <share>",
      about: "with --subarray: share of the rows that carry a 1 (default: the hardware's)",
      choices: [],
    },
    { flags: "--weight-bits <n>", about: "with --subarray: bits of a weight (default: 4)", choices: [] },
    { flags: "--input-bits <n>", about: "with --subarray: bits of an input (default: 4)", choices: [] },
    {
      flags: "--baseline <name>",
      about:
        "set exchanged columns beside the weights placed dense as this preset or file does, on the same area",
    },
    {
      flags: "--area-budget <mm2>",
      about: "area for every chip of --baseline: dense, that of the baseline, or mm² (default: dense)",
      choices: ["dense"],
    },
  ],
  examples: [
    { command: "xbarkit estimate runs/resnet20", about: "cost of one image, and of the chip" },
    { command: "xbarkit estimate runs/resnet20 --json", about: "with every component, as JSON" },
    {
      command: "xbarkit estimate runs/resnet20 --compare meng2021 analytic-32nm",
      about: "a paper's table beside circuits computed from the technology up",
    },
    {
      command: "xbarkit estimate runs/resnet20 --hardware analytic-32nm --sensitivity",
      about: "what to change first",
    },
    {
      command: "xbarkit estimate runs/exchanged --baseline prime --area-budget dense",
      about: "energy and speed of exchanged columns over PRIME's dense map, on its area",
    },
    {
      command: "xbarkit estimate --subarray analytic-32nm --activity 0.5 --json",
      about: "one read of one sub-array",
    },
  ],
  run: async ([directory], flags) =>
    (await import("./actions/estimate.js")).estimateCommand(directory, flags),
};

const report: CommandSpec<ReportFlags> = {
  name: "report",
  about: "Prints a finished run's tables, and writes its HTML report.",
  arguments: [{ name: "run", about: "a run directory" }],
  options: [
    { flags: "--html <file>", about: "write the report to this file (default: report.html in the run)" },
    {
      flags: "--reference <run>",
      about: "draw this run's mismatch beside it, such as the same recipe without the multi-group penalty",
    },
  ],
  examples: [
    { command: "xbarkit report runs/resnet20", about: "tables on the terminal" },
    {
      command: "xbarkit report runs/resnet20 --html resnet20.html",
      about: "one file that you can send to someone",
    },
    {
      command: "xbarkit report runs/multi-group --reference runs/plain-lasso",
      about: "mismatch with and without the multi-group penalty",
    },
  ],
  run: async ([directory], flags) => (await import("./actions/report.js")).reportRun(directory!, flags),
};

const compare: CommandSpec<CompareFlags> = {
  name: "compare",
  about: "Sets finished runs side by side: accuracy, sparsity, compression, mismatch, energy, latency, area.",
  arguments: [{ name: "run", about: "run directories, two or more; ratios are to the first", several: true }],
  options: [
    { flags: "--html <file>", about: "write tables and plots to this file" },
    { flags: "--csv", about: "print one line per run as CSV instead" },
  ],
  examples: [
    { command: "xbarkit compare runs/lambda0 runs/plain-lasso runs/multi-group", about: "a table" },
    { command: "xbarkit compare runs/a runs/b --html a-b.html", about: "and plots, in one file" },
    { command: "xbarkit compare runs/* --csv > runs.csv", about: "for a spreadsheet" },
  ],
  run: async (directories, flags) =>
    (await import("./actions/compare.js")).compareCommand(directories, flags),
};

const exportRun: CommandSpec<ExportFlags> = {
  name: "export",
  about: "Writes a run's network as ONNX, or the conductance of every cell.",
  arguments: [{ name: "run", about: "a run directory" }],
  options: [
    {
      flags: "--format <format>",
      about:
        "onnx: as evaluated; qdq: with QuantizeLinear and DequantizeLinear; csv, jsonl, npy: conductance targets (default: onnx)",
      choices: ["onnx", "qdq", "csv", "jsonl", "npy"],
    },
    { flags: "--layer <name>", about: "conductances of this layer only", choices: [] },
    {
      flags: "--images <n>",
      about:
        "test images on which qdq is compared with the evaluated network: a number, all, or none (default: all)",
      choices: ["all", "none"],
    },
    {
      flags: "--out <path>",
      about: "what to write: a file, for npy a folder (default: <run's name>-<format>)",
    },
    dataDirOption,
    { flags: "--force", about: "overwrite what is there" },
  ],
  examples: [
    {
      command: "xbarkit export runs/resnet20 --format qdq --out resnet20-qdq.onnx",
      about: "for other runtimes",
    },
    {
      command: "xbarkit export runs/resnet20 --format csv",
      about: "one line per cell: array, row, column, conductance",
    },
    {
      command: "xbarkit export runs/resnet20 --format npy --layer conv1 --out conv1",
      about: "[arrays, rows, columns] for NumPy",
    },
  ],
  run: async ([directory], flags) => (await import("./actions/export.js")).exportFromRun(directory!, flags),
};

const sweep: CommandSpec<SweepFlags> = {
  name: "sweep",
  about: "Runs a recipe with many values: a grid on one machine, its results as one table.",
  arguments: [{ name: "plan", about: "a YAML file; recipes/sweeps/ has examples, docs/sweeps.md says more" }],
  options: [
    { flags: "--out <dir>", about: "folder of the sweep (default: runs/<name of the plan>)" },
    {
      flags: "--jobs <n>",
      about: "points that run at once (default: cores / threads of a point, as memory allows)",
      choices: [],
    },
    dataDirOption,
    { flags: "--dry-run", about: "check the plan and list its points, run none" },
    { flags: "--table-only", about: "write the table of what is finished, run nothing" },
  ],
  examples: [
    { command: "xbarkit sweep plan.yaml", about: "into runs/plan; again: goes on where it stopped" },
    { command: "xbarkit sweep plan.yaml --dry-run", about: "what would run" },
    { command: "xbarkit sweep plan.yaml --jobs 4 --threads 1", about: "four points at once, a thread each" },
    { command: "xbarkit sweep plan.yaml --table-only --json", about: "the rows so far, as JSON" },
  ],
  run: async ([plan], flags) => (await import("./actions/sweep.js")).sweepPlan(plan!, flags),
};

const figure: CommandSpec<FigureFlags> = {
  name: "figure",
  about: "Draws a publication's figure from runs of yours, its printed results beside them.",
  arguments: [
    { name: "paper", about: "meng2021 or lin2019 (docs/sources.md)", choices: ["meng2021", "lin2019"] },
    {
      name: "figure",
      about: "of meng2021 2, 5, 6 or 7; of lin2019 4, 6, 8, 9, 10 or 11",
      choices: ["2", "4", "5", "6", "7", "8", "9", "10", "11"],
    },
  ],
  options: [
    { flags: "--runs <dir...>", about: "folders that hold the runs, at any depth (default: runs)" },
    { flags: "--out <file>", about: "what to write, .svg or .html (default: <paper>-figure<n>.svg)" },
    { flags: "--csv <file>", about: "write the figure's data as well" },
    {
      flags: "--model <name>",
      about: "the same figure of another network, such as lenet5",
      choices: [
        ...["lenet5", "resnet20", "resnet56", "resnet18", "resnet18-imagenet"],
        ...["vgg8", "vgg16", "vgg16-imagenet", "alexnet"],
      ],
    },
  ],
  examples: [
    { command: "xbarkit figure meng2021 2 --runs runs/groups", about: "sparsity and accuracy by group size" },
    {
      command: "xbarkit figure meng2021 7 --runs runs --out figure7.html --csv figure7.csv",
      about: "with its numbers and the runs behind it",
    },
    {
      command: "xbarkit figure meng2021 5 --runs runs --model lenet5",
      about: "mismatch of a smaller network",
    },
    {
      command: "xbarkit figure lin2019 8 --runs runs/lin2019-lenet5 --model lenet5",
      about: "energy over PRIME, by sparsity and array size",
    },
  ],
  run: async ([paper, number], flags) =>
    (await import("./actions/figure.js")).drawFigure(paper!, number!, flags),
};

const lists = ["recipes", "models", "hardware", "operators"] as const;

const list: CommandSpec<object> = {
  name: "list",
  about: "Lists recipes, reference networks, hardware presets, or the ONNX operators that can be read.",
  arguments: [{ name: "what", about: lists.join(", "), choices: lists }],
  examples: [
    { command: "xbarkit list models", about: "reference networks and their sizes" },
    { command: "xbarkit list hardware --json", about: "every number of every preset" },
  ],
  run: async ([what], flags) => (await import("./actions/list.js")).list(what!, flags),
};

const doctor: CommandSpec<{ readonly dataDir?: string }> = {
  name: "doctor",
  about: "Says what this machine offers: Node, ONNX Runtime and its accelerators, threads, data sets.",
  options: [dataDirOption],
  examples: [{ command: "xbarkit doctor", about: "the first thing to run where something does not work" }],
  run: async (_, flags) => (await import("./actions/doctor.js")).doctor(flags),
};

const data: CommandSpec<DataFlags> = {
  name: "data",
  about: "Downloads a data set.",
  arguments: [
    { name: "verb", about: "get", choices: ["get"] },
    {
      name: "name",
      about: "cifar10 or mnist; drawn-digits needs no download, imagenet is made by hand",
      choices: ["cifar10", "mnist", "drawn-digits", "imagenet"],
    },
  ],
  options: [
    { flags: "--data-dir <dir>", about: "where to put it (default: XBARKIT_DATA, or ~/.cache/xbarkit)" },
    { flags: "--url <address>", about: "fetch from here instead of the known addresses", choices: [] },
    { flags: "--force", about: "fetch what is there already" },
  ],
  examples: [
    { command: "xbarkit data get cifar10", about: "into the folder where every command looks" },
    { command: "xbarkit data get mnist --data-dir ~/data", about: "into your own" },
  ],
  run: async ([verb, name], flags) => (await import("./actions/data.js")).data(verb!, name!, flags),
};

const complete: CommandSpec<object> = {
  name: "complete",
  about: "Prints the script by which a shell completes xbarkit's commands and options.",
  arguments: [{ name: "shell", about: shells.join(", "), choices: shells }],
  examples: [
    { command: "source <(xbarkit complete bash)", about: "in ~/.bashrc" },
    { command: "source <(xbarkit complete zsh)", about: "in ~/.zshrc, after compinit" },
    { command: "xbarkit complete fish > ~/.config/fish/completions/xbarkit.fish", about: "for fish, once" },
  ],
  run: async ([shell]) => printScript(shell!),
};

/** In the order of the help. */
export const commands: readonly ((choices: Choices) => CommandUnknownOpts)[] = [
  (choices) => buildCommand(run, choices),
  (choices) => buildCommand(compress, choices),
  (choices) => buildCommand(map, choices),
  (choices) => buildCommand(simulate, choices),
  (choices) => buildCommand(estimate, choices),
  (choices) => buildCommand(report, choices),
  (choices) => buildCommand(compare, choices),
  (choices) => buildCommand(sweep, choices),
  (choices) => buildCommand(figure, choices),
  (choices) => buildCommand(exportRun, choices),
  (choices) => buildCommand(list, choices),
  (choices) => buildCommand(doctor, choices),
  (choices) => buildCommand(data, choices),
  (choices) => buildCommand(complete, choices),
];
