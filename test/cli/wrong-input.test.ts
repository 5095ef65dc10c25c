import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exportOnnx, models } from "../../src/index.js";
import { createRandom } from "../../src/random.js";
import { temporaryFolder, writeDigits, xbarkit } from "./support.js";

const cwd = temporaryFolder();
const file = (name: string, content: string | Uint8Array) => writeFileSync(join(cwd, name), content);

const png = Uint8Array.of(
  0x89,
  0x50,
  0x4e,
  0x47,
  0x0d,
  0x0a,
  0x1a,
  0x0a,
  0,
  0,
  0,
  13,
  0x49,
  0x48,
  0x44,
  0x52,
);
const lenet = exportOnnx(models["lenet5"]!.build(createRandom(1)));
writeDigits(join(cwd, "digits"), 20);
writeDigits(join(cwd, "short"), 20);
file("short/t10k-images-idx3-ubyte", new Uint8Array(100));
mkdirSync(join(cwd, "empty"));
mkdirSync(join(cwd, "folder.onnx"));
mkdirSync(join(cwd, "others"));
file("others/thesis.txt", "ten years of work");
mkdirSync(join(cwd, "locked"));
file("locked/.lock", JSON.stringify({ pid: process.pid, host: hostname(), id: "x", started_s: 0 }));
mkdirSync(join(cwd, "damaged"));
file("damaged/recipe.json", "{");
mkdirSync(join(cwd, "unfinished"));
file("unfinished/recipe.json", JSON.stringify({ version: 1, name: "n", stages: [] }));
file("picture.onnx", png);
file("empty.onnx", "");
file("cut.onnx", lenet.subarray(0, 1000));
file("lenet.onnx", lenet);
file("key.yaml", "model: lenet5\ndata: { name: mnist }\nplaces: { scheme: dense }\n");
file("value.yaml", "model: lenet5\ndata: { name: mnist }\ncalibrate:\n  images: 0\n");
file("picture.yaml", png);
file("hardware.yaml", "name: mine\n");

const digits = ["compress", "lenet5", "--data", "./digits"];
const compress = ["compress", "lenet5", "--data", "mnist"];
const bits = "choose a whole number from 2 to 8";
const weightBits = "choose a whole number from 2 to 9";
const lines = "choose a whole number from 1 to 65535";
const images = "choose a whole number from 1 to 10000000";

/** What is typed, and the whole of what is answered on standard error. */
const cases: readonly (readonly [words: readonly string[], message: string])[] = [
  // Commands and their shape.
  [["compres", "x"], "compres is not a command of xbarkit\n  did you mean compress? see xbarkit --help"],
  [["frobnicate"], "frobnicate is not a command of xbarkit\n  see xbarkit --help"],
  [["compress"], "MODEL is missing\n  see xbarkit compress --help"],
  [["compress", "a", "b"], "xbarkit compress got 2 arguments, but takes 1\n  see xbarkit compress --help"],
  [
    [...compress, "--wieght-bits", "4"],
    "--wieght-bits is not an option of xbarkit compress\n  did you mean --weight-bits? see xbarkit compress --help",
  ],
  [[...compress, "--weight-bits"], "--weight-bits has no value\n  see xbarkit compress --help"],
  [["list", "model"], "WHAT is model\n  did you mean models? choose recipes, models, hardware, operators"],
  [
    ["data", "get", "cifar"],
    "NAME is cifar\n  did you mean cifar10? there are: mnist, cifar10, drawn-digits, imagenet",
  ],
  [
    ["data", "get", "imagenet"],
    "imagenet cannot be fetched: its publisher gives it only to those who accept its terms\n" +
      "  make the files of its folder imagenet/ from the originals: docs/data.md says how",
  ],
  [["data", "put", "mnist"], "VERB is put\n  choose get"],
  [["complete", "tcsh"], "SHELL is tcsh\n  choose bash, zsh, fish, powershell"],
  // Options of every command.
  [["list", "models", "--seed", "-1"], "--seed is -1\n  choose a whole number from 0 to 2147483647"],
  [["list", "models", "--threads", "0"], "--threads is 0\n  choose a whole number from 1 to 1024"],
  [["doctor", "--threads", "two"], "--threads is two\n  choose a whole number from 1 to 1024"],
  [[...compress, "--seed", "1.5"], "--seed is 1.5\n  choose a whole number from 0 to 2147483647"],
  // Options that are values of a recipe.
  [
    ["compress", "lenet5"],
    "--data is missing\n  give a data set's name, such as cifar10 or mnist, or the folder that holds one",
  ],
  [
    ["compress", "lenet5", "--data", "minst"],
    "--data is minst\n  did you mean mnist? choose mnist, cifar10, drawn-digits, imagenet, or give a folder as ./minst",
  ],
  [
    [...compress, "--normalization", "minst"],
    "--normalization is minst\n  did you mean mnist? choose imagenet, cifar10, mnist, drawn-digits, or give mean and std",
  ],
  [
    [...compress, "--normalization", "imagenet"],
    "--normalization is imagenet\n  that is for 3 channels, and mnist has 1",
  ],
  [
    [...compress, "--mean", "a", "--std", "1"],
    "--mean is a\n  give one number per channel, such as [0.485, 0.456, 0.406]",
  ],
  [
    [...compress, "--mean", "0", "--std", "0"],
    "--std is 0\n  give one number above 0 per channel, such as [0.229, 0.224, 0.225]",
  ],
  [[...compress, "--mean", "0"], "--mean is 0\n  give --std as well"],
  [[...compress, "--std", "1"], "--std is 1\n  give --mean as well"],
  [[...compress, "--mean", "0,0", "--std", "1,1"], "--mean is 0,0\n  give 1 value, one per channel"],
  [[...compress, "--layer-rows", "conv1"], `--layer-rows is conv1\n  ${lines}`],
  [
    [...compress, "--layer-rows", "conv1=100"],
    "--layer-rows is conv1=100\n  the chip drives 72 word lines together: choose at most as many",
  ],
  [
    [...compress, "--scale", "1/0"],
    "--scale is 1/0\n  give a number other than 0, or a fraction such as 1/255",
  ],
  [[...compress, "--scale", "0"], "--scale is 0\n  give a number other than 0, or a fraction such as 1/255"],
  [[...compress, "--layout", "HWC"], "--layout is HWC\n  choose NCHW or NHWC"],
  [[...compress, "--weight-bits", "10"], `--weight-bits is 10\n  ${weightBits}`],
  [[...compress, "--weight-bits", "four"], `--weight-bits is four\n  ${weightBits}`],
  [[...compress, "--weight-bits", "4.5"], `--weight-bits is 4.5\n  ${weightBits}`],
  [[...compress, "--weight-range", "l2"], "--weight-range is l2\n  choose mse, mean, sawb or max"],
  [
    [...compress, "--weight-range", "sawb", "--weight-bits", "5"],
    "--weight-range is sawb\n  SAWB has coefficients for 2 and 4 bits, not 5: change the bits, or choose mse, mean or max",
  ],
  [
    [...compress, "--weight-range", "mean", "--weight-range-factor", "0"],
    "--weight-range-factor is 0\n  choose a number above 0, at most 100",
  ],
  [
    [...compress, "--weight-range-factor", "3"],
    "--weight-range-factor is 3, but --weight-range is mse\n  the factor belongs to --weight-range mean",
  ],
  [[...compress, "--activation-bits", "1"], `--activation-bits is 1\n  ${bits}`],
  [
    [...compress, "--activation-range", "mean"],
    "--activation-range is mean\n  choose mse, percentile or max",
  ],
  [[...compress, "--input-bits", "16"], `--input-bits is 16\n  ${bits}`],
  [[...compress, "--group-rows", "no"], `--group-rows is no\n  ${lines}, or none`],
  [
    [...compress, "--hardware", "issac"],
    '--hardware: hardware is "issac", which is no preset\n  did you mean "isaac"? there are: meng2021, isaac, prime, analytic-32nm, neurosim-reference, lin2019',
  ],
  [[...compress, "--rows", "0"], `--rows is 0\n  ${lines}`],
  [[...compress, "--columns", "1e9"], `--columns is 1e9\n  ${lines}`],
  [
    [...compress, "--active-rows", "145"],
    "--active-rows is 145, but the array has 144 rows\n  lower --active-rows to 144 or less, or raise --rows",
  ],
  [[...compress, "--cell-bits", "5"], "--cell-bits is 5\n  choose a whole number from 1 to 4"],
  [[...compress, "--sign", "both"], "--sign is both\n  choose offset, splitArrays or pairedColumns"],
  [
    [...compress, "--sign", "pairedColumns", "--columns", "31"],
    "--columns is 31, but paired columns need an even number\n  choose 32, or another --sign",
  ],
  [[...compress, "--compose", "mixed"], "--compose is mixed\n  choose digital or analog"],
  [
    [...compress, "--sign", "splitArrays", "--offset-by", "dummyColumn"],
    '--offset-by is "dummyColumn", but sign "splitArrays" adds no offset\n  set --offset-by to "digital", or --sign to "offset"',
  ],
  [
    [...compress, "--adc-bits", "13"],
    "--adc-bits is 13, but under digital composition a converter has at most 12 bits\n  choose 1 to 12, or an ideal converter",
  ],
  [[...compress, "--adc-bits", "21"], "--adc-bits is 21\n  choose a whole number from 1 to 20, or ideal"],
  [
    [...compress, "--branch-gain-sigma", "0.01"],
    '--branch-gain-sigma is 0.01, but digital composition has no branches to err\n  set --compose to "analog", or leave --branch-gain-sigma out',
  ],
  [
    [...compress, "--compose", "analog", "--branch-gain-sigma", "1%"],
    "--branch-gain-sigma is 1%\n  choose a number from 0 to 0.25",
  ],
  [[...compress, "--adc-range", "max"], "--adc-range is max\n  choose percentile, minmax, fullscale or mse"],
  [[...compress, "--cell-model", "real"], "--cell-model is real\n  choose ideal or conductance"],
  [[...compress, "--place", "sparse"], "--place is sparse\n  choose packed, dense or column-exchange"],
  [[...compress, "--calibration-images", "0"], `--calibration-images is 0\n  ${images}`],
  [[...compress, "--images", "-5"], `--images is -5\n  ${images}`],
  [
    [...compress, "--adc-sweep", "4,,6"],
    "--adc-sweep is 4,,6\n  choose a whole number from 1 to 20, or ideal",
  ],
  [[...compress, "--evaluate-images", "some"], `--evaluate-images is some\n  ${images}, or all`],
  [
    [...compress, "--name", "a/b"],
    "--name is a/b\n  give a name of letters, digits, dots, dashes and underscores",
  ],
  // Models.
  [
    ["compress", "lenet", "--data", "mnist"],
    `MODEL is lenet
  did you mean lenet5? give the path of an .onnx file, or one of ${Object.keys(models).join(", ")}`,
  ],
  [
    ["compress", "none.onnx", "--data", "mnist"],
    "the model none.onnx cannot be read: there is no such file\n  check the path",
  ],
  [
    ["compress", "folder.onnx", "--data", "mnist"],
    "the model folder.onnx cannot be read: it is a folder\n  name a file in it",
  ],
  [
    ["compress", "lenet.onnx/x.onnx", "--data", "mnist"],
    "the model lenet.onnx/x.onnx cannot be read: a part of its path is a file, not a folder\n  check the path",
  ],
  // Recipes.
  [["run", "none.yaml"], "the recipe none.yaml cannot be read: there is no such file\n  check the path"],
  [["run", "empty"], "the recipe empty cannot be read: it is a folder\n  name a file in it"],
  [["run", "key.yaml"], "key.yaml:3:1: places is not a known key\n  did you mean place?"],
  [["run", "value.yaml"], `value.yaml:4:11: calibrate.images is 0\n  ${images}`],
  [["run", "picture.yaml"], "the recipe picture.yaml is no text in UTF-8\n  a recipe is a YAML file"],
  // Run directories.
  [
    [...digits, "--out", "others"],
    "the run directory is others, which holds other files (thesis.txt)\n  name a new or empty directory with --out",
  ],
  [
    [...digits, "--out", "key.yaml"],
    "the run directory is key.yaml, which is a file\n  name another with --out",
  ],
  [
    [...digits, "--out", "locked"],
    `locked is in use by process ${process.pid}\n  wait for it, choose another directory, or delete locked/.lock if that process is gone`,
  ],
  [
    ["report", "none"],
    "the run is none, which does not exist\n  name a directory that `xbarkit run` or `xbarkit compress` has written",
  ],
  [
    ["simulate", "empty"],
    "the run is empty, which holds no recipe.json\n  name a directory that `xbarkit run` or `xbarkit compress` has written",
  ],
  [
    ["estimate", "damaged"],
    "damaged/recipe.json is no recipe of a run\n  the file is damaged: delete the directory, or run again with --force",
  ],
  [
    ["report", "unfinished"],
    "the run is unfinished, which is not finished\n  run its recipe again: it goes on where it stopped",
  ],
  [
    ["export", "unfinished"],
    "the run unfinished has no model.onnx: it has not been compressed yet\n  run its recipe again: it goes on where it stopped",
  ],
  [["export", "unfinished", "--format", "tflite"], "--format is tflite\n  choose onnx, qdq, csv, jsonl, npy"],
  [
    ["export", "unfinished", "--format", "csv", "--images", "5"],
    "--images is 5, but --format is csv\n  only qdq is compared",
  ],
  [["simulate", "unfinished", "--images", "0"], `--images is 0\n  ${images}`],
  [
    ["simulate", "unfinished", "--adc-bits", "0"],
    "--adc-bits is 0\n  choose a whole number from 1 to 20, or ideal",
  ],
  [
    ["simulate", "unfinished", "--branch-gain-sigma", "1 %"],
    "--branch-gain-sigma is 1 %\n  choose a number from 0 to 0.25, such as 0.01 for 1 %",
  ],
  [["simulate", "unfinished", "--chips", "0"], "--chips is 0\n  choose a whole number from 1 to 1000"],
  [
    ["map", "unfinished", "--rows", "64"],
    "--rows is 64, but unfinished is a run\n  a run has its own settings: leave the option out, or give the model",
  ],
];

/** Cases run side by side: each gets a run directory of its own, or one would find it locked by another. */
let directories = 0;
const apart = ([command, ...rest]: readonly string[]) =>
  command === "compress" && rest.length > 0 && !rest.includes("--out")
    ? [command, rest[0]!, "--out", `runs/case${directories++}`, ...rest.slice(1)]
    : [command!, ...rest];

test.concurrent.each(cases)("%j", async (words, message) => {
  const { code, stdout, stderr } = await xbarkit(apart(words), { cwd });
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: `error: ${message}\n` });
});

/** Messages that belong to other parts, or are long: what they begin with. */
const beginnings: readonly (readonly [words: readonly string[], start: RegExp])[] = [
  [["compress", "picture.onnx", "--data", "./digits"], /^error: .*not a readable ONNX file/],
  [["compress", "empty.onnx", "--data", "./digits"], /^error: .*not a readable ONNX file/],
  [["compress", "cut.onnx", "--data", "./digits"], /^error: .*not a readable ONNX file/],
  [["map", "picture.onnx"], /^error: .*not a readable ONNX file/],
  [[...compress], /^error: the test images of mnist were not found; looked in\n/],
  [
    [...compress, "--data-dir", "none"],
    /^error: the test images of mnist were not found; looked in\n {2}.*none\/mnist\n/,
  ],
  [["compress", "lenet5", "--data", "./none"], /^error: --data: the data set is ".\/none"/],
  [
    ["compress", "lenet5", "--data", "./empty"],
    /^error: --data: .*empty holds no complete test set of a known kind\n/,
  ],
  [["compress", "lenet5", "--data", "./short"], /^error: .*t10k-images-idx3-ubyte/],
  [
    ["compress", "resnet20-a", "--data", "./digits"],
    /^error: the model takes \[.*3, 32, 32\], but mnist has images \[1, 28, 28\]\n/,
  ],
  [[...digits], /^error: images of "post-training-quantization" is 512, but mnist has 20 train images\n/],
  [
    [...digits, "--calibration-images", "9", "--images", "21"],
    /^error: simulate.images is 21, but mnist has 20 test images\n/,
  ],
  [
    ["compress", "lenet5", "--data", "mnist", "--hardware", "hardware.yaml"],
    /^error: --hardware: hardware.yaml: hardware\.source is missing\n/,
  ],
  [
    ["compress", "lenet5", "--data", "mnist", "--hardware", "none.yaml"],
    /^error: --hardware: hardware file none.yaml cannot be read\n/,
  ],
  [
    [...digits, "--layer-rows", "conv3=9"],
    /^error: place.activeRows is given for "conv3", which is no such layer of this network\n {2}did you mean "conv1"\?\n/,
  ],
  [["data", "get", "mnist", "--url", "ftp://x"], /^error: --url is "ftp:\/\/x"\n/],
];

test.concurrent.each(beginnings)("%j", async (words, start) => {
  const { code, stdout, stderr } = await xbarkit([...apart(words), "--quiet"], { cwd });
  expect(stderr).toMatch(start);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).not.toMatch(/\n\s+at /);
});

test("--debug adds the stack", async () => {
  const { code, stderr } = await xbarkit(["report", "none", "--debug"], { cwd });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: the run is none, which does not exist\n[\s\S]*\n\s+at /);
});

test("a run that came to nothing because of its input leaves nothing behind", async () => {
  const { code } = await xbarkit(["compress", "cut.onnx", "--data", "./digits", "--out", "gone", "--quiet"], {
    cwd,
  });
  expect(code).toBe(2);
  const { stderr } = await xbarkit(["report", "gone"], { cwd });
  expect(stderr).toMatch(/^error: the run is gone, which does not exist\n/);
});

test("what fails without being the user's mistake exits with 1, and without a stack", async () => {
  const server = createServer((_, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { code, stdout, stderr } = await xbarkit(["data", "get", "mnist", "--url", url, "--data-dir", "d"], {
    cwd,
  });
  server.close();
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: "",
    stderr:
      "failed: train-images-idx3-ubyte.gz could not be fetched\n" +
      `  ${url}train-images-idx3-ubyte.gz: the server answers 404 Not Found\n` +
      "  check the connection, or name another address with --url\n",
  });
});
