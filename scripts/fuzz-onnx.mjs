// Feeds the importer damaged models: node scripts/fuzz-onnx.mjs [--count N] [--seed N] [--only CASE] [MODEL.onnx ...]
//
// Every case is a sound model with a few mutations, in its bytes or in the decoded message. It is imported, folded and
// verified, and must end in a graph or in an InputError, within a second and without filling the memory. Without
// models on the command line those beside XBARKIT_DATA are used, if there are any. Build first: npm run build.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { clone, create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { InputError } from "../dist/errors.js";
import { simplify } from "../dist/graph/index.js";
import { ModelProtoSchema, NodeProtoSchema, ValueInfoProtoSchema } from "../dist/onnx/generated/onnx_pb.js";
import { exportOnnx, importOnnx } from "../dist/onnx/index.js";
import { createRandom } from "../dist/random.js";
import { f32, i64, tensor } from "../dist/tensor.js";

const slowest_ms = 1000;
const mostGrowth_bytes = 512 * 2 ** 20;
const hang_ms = 20_000;
/** Share of the cases that are made from the models as they are; the others are from small ones, which are faster. */
const realShare = 0.05;

/**
 * @typedef {import("../dist/random.js").Random} Random
 * @typedef {import("../dist/graph/types.js").Graph} Graph
 * @typedef {import("../dist/graph/types.js").Node} Node
 * @typedef {import("../dist/onnx/generated/onnx_pb.js").ModelProto} ModelProto
 * @typedef {{ name: string, bytes: Uint8Array }} Seed
 * @typedef {{ kind: string, outcome: string, failure: string | undefined, ms: number }} Result
 */

/** @template T @param {Random} random @param {readonly T[]} list @returns {T} */
const pick = (random, list) => /** @type {T} */ (list[random.integer(0, list.length - 1)]);

// ---- sound models -------------------------------------------------------------------------------------------------

/** @returns {Graph} a network with layers, a dynamic batch and a shape computation */
function smallNetwork() {
  const window = { kernel: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1] };
  const nodes = [
    {
      op: "Conv",
      name: "conv",
      inputs: ["x", "w", "b"],
      outputs: ["c"],
      attributes: { ...window, group: 1 },
    },
    {
      op: "BatchNormalization",
      name: "bn",
      inputs: ["c", "b", "b", "b", "v"],
      outputs: ["n"],
      attributes: { epsilon: 0.5 },
    },
    { op: "Relu", name: "relu", inputs: ["n"], outputs: ["r"], attributes: {} },
    {
      op: "MaxPool",
      name: "pool",
      inputs: ["r"],
      outputs: ["p"],
      attributes: { ...window, strides: [2, 2], ceilMode: true },
    },
    { op: "Shape", name: "shape", inputs: ["p"], outputs: ["s"], attributes: { start: 0, end: null } },
    { op: "Gather", name: "batch", inputs: ["s", "zero"], outputs: ["g"], attributes: { axis: 0 } },
    { op: "Concat", name: "target", inputs: ["g", "minus"], outputs: ["t"], attributes: { axis: 0 } },
    { op: "Reshape", name: "view", inputs: ["p", "t"], outputs: ["f"], attributes: { allowZero: false } },
    {
      op: "Gemm",
      name: "fc",
      inputs: ["f", "fw"],
      outputs: ["y"],
      attributes: { alpha: 1, beta: 1, transA: false, transB: true },
    },
  ];
  return {
    name: "small",
    inputs: [{ name: "x", type: { dtype: "f32", shape: ["batch", 1, 4, 4] } }],
    outputs: ["y"],
    nodes: /** @type {Node[]} */ (nodes),
    initializers: new Map(
      Object.entries({
        w: f32([2, 1, 3, 3], new Float32Array(18).fill(0.5)),
        b: f32([2], [1, 2]),
        v: f32([2], [1, 1]),
        fw: f32([3, 18], new Float32Array(54).fill(0.25)),
        zero: i64([0]),
        minus: i64([-1]),
      }),
    ),
  };
}

/** @returns {Graph} constants that grow: what a few changed numbers could make huge */
function shapeProgram() {
  const nodes = [
    {
      op: "ConstantOfShape",
      name: "fill",
      inputs: ["size"],
      outputs: ["a"],
      attributes: { value: f32([1], [2]) },
    },
    { op: "Expand", name: "expand", inputs: ["a", "wide"], outputs: ["e"], attributes: {} },
    { op: "Pad", name: "pad", inputs: ["e", "pads"], outputs: ["p"], attributes: { mode: "constant" } },
    { op: "Range", name: "range", inputs: ["start", "limit", "step"], outputs: ["r"], attributes: {} },
    { op: "Cast", name: "cast", inputs: ["r"], outputs: ["rf"], attributes: { to: "f32" } },
    { op: "Transpose", name: "turn", inputs: ["p"], outputs: ["t"], attributes: { perm: [1, 0] } },
    { op: "Slice", name: "cut", inputs: ["t", "pads2", "size"], outputs: ["sl"], attributes: {} },
    { op: "ReduceMean", name: "mean", inputs: ["sl"], outputs: ["m"], attributes: { keepdims: false } },
    { op: "Equal", name: "equal", inputs: ["rf", "m"], outputs: ["q"], attributes: {} },
    { op: "Where", name: "where", inputs: ["q", "m", "rf"], outputs: ["w"], attributes: {} },
    { op: "MatMul", name: "product", inputs: ["w", "w"], outputs: ["d"], attributes: {} },
    { op: "Unsqueeze", name: "un", inputs: ["d", "axis"], outputs: ["u"], attributes: {} },
    { op: "Squeeze", name: "sq", inputs: ["u"], outputs: ["s"], attributes: {} },
    { op: "Mul", name: "scale", inputs: ["x", "s"], outputs: ["y"], attributes: {} },
  ];
  const scalar = (/** @type {number} */ value) => tensor("i64", [], Float64Array.of(value));
  return {
    name: "shapes",
    inputs: [{ name: "x", type: { dtype: "f32", shape: ["n", 3] } }],
    outputs: ["y"],
    nodes: /** @type {Node[]} */ (nodes),
    initializers: new Map(
      Object.entries({
        size: i64([2, 3]),
        wide: i64([2, 3]),
        pads: i64([0, 1, 1, 0]),
        pads2: i64([0, 1]),
        start: scalar(0),
        limit: scalar(4),
        step: scalar(1),
        axis: i64([0]),
      }),
    ),
  };
}

/**
 * The same network with an eighth of its channels, so that one case takes milliseconds.
 * @param {Graph} graph
 * @returns {Graph}
 */
function shrunken(graph) {
  const less = (/** @type {number} */ d) => (d >= 16 && d % 8 === 0 ? d / 8 : d);
  const initializers = new Map(
    [...graph.initializers].map(([name, value]) => {
      const shape = value.shape.map(less);
      const count = shape.reduce((n, d) => n * d, 1);
      return [name, { ...value, shape, data: value.data.slice(0, count) }];
    }),
  );
  // The shortcut of a ResNet pads channels by numbers that are constants.
  const nodes = graph.nodes.map((node) => {
    if (node.op !== "Constant" || node.attributes.value.dtype !== "i64") return node;
    const { value } = node.attributes;
    const data = Float64Array.from(value.data, (v) => (v === 8 || v === 16 ? v / 8 : v));
    return { ...node, attributes: { value: { ...value, data } } };
  });
  return /** @type {Graph} */ ({ ...graph, nodes, initializers });
}

// ---- mutations ----------------------------------------------------------------------------------------------------

const bytesOfInterest = [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff];
const numbersOfInterest = [
  -(2n ** 63n),
  -(2n ** 31n),
  -2n,
  -1n,
  0n,
  1n,
  2n,
  3n,
  255n,
  2n ** 16n,
  2n ** 24n,
  2n ** 31n,
  2n ** 40n,
  2n ** 60n,
  2n ** 63n - 1n,
];

/** @type {Record<string, (random: Random, bytes: Uint8Array, other: Uint8Array) => Uint8Array>} */
const byteMutations = {
  "bit flip": (random, bytes) => changed(random, bytes, (byte) => byte ^ (1 << random.integer(0, 7))),
  "byte set": (random, bytes) => changed(random, bytes, () => pick(random, bytesOfInterest)),
  truncation: (random, bytes) => bytes.slice(0, random.integer(0, bytes.length)),
  splice: (random, bytes, other) => {
    const [from, to] = span(random, other, 200);
    return replaced(bytes, ...span(random, bytes, 200), other.subarray(from, to));
  },
  deletion: (random, bytes) => replaced(bytes, ...span(random, bytes, 50), new Uint8Array(0)),
  repetition: (random, bytes) => {
    const [from, to] = span(random, bytes, 100);
    return replaced(bytes, to, to, bytes.subarray(from, to));
  },
  "random bytes": (random, bytes) => {
    const fresh = Uint8Array.from({ length: random.integer(1, 30) }, () => random.integer(0, 255));
    return replaced(bytes, ...span(random, bytes, 30), fresh);
  },
  "length inflation": (random, bytes) => {
    const length = random.integer(1, 10);
    const inflated = Uint8Array.from({ length }, (_, i) =>
      i === length - 1 ? random.integer(0, 127) : random.integer(128, 255),
    );
    const at = random.integer(0, bytes.length);
    return replaced(bytes, at, Math.min(bytes.length, at + 1), inflated);
  },
};

/** @param {Random} random @param {Uint8Array} bytes @param {(byte: number) => number} change */
function changed(random, bytes, change) {
  const copy = bytes.slice();
  if (copy.length === 0) return copy;
  const at = random.integer(0, copy.length - 1);
  copy[at] = change(/** @type {number} */ (copy[at]));
  return copy;
}

/** @param {Random} random @param {Uint8Array} bytes @param {number} most @returns {[number, number]} */
function span(random, bytes, most) {
  const from = random.integer(0, bytes.length);
  return [from, Math.min(bytes.length, from + random.integer(0, most))];
}

/** @param {Uint8Array} bytes @param {number} from @param {number} to @param {Uint8Array} by */
function replaced(bytes, from, to, by) {
  const result = new Uint8Array(bytes.length - (to - from) + by.length);
  result.set(bytes.subarray(0, from));
  result.set(by, from);
  result.set(bytes.subarray(to), from + by.length);
  return result;
}

/** @param {ModelProto} model */
function graphOf(model) {
  if (!model.graph) throw new Error("a sound model has a graph");
  return model.graph;
}

/** @type {Record<string, (random: Random, model: ModelProto) => void>} */
const messageMutations = {
  "part removed": (random, model) => {
    const list = pick(random, listsOf(random, model));
    if (list.length > 0) list.splice(random.integer(0, list.length - 1), 1);
  },
  "part doubled": (random, model) => {
    const list = pick(random, listsOf(random, model));
    if (list.length > 0) list.splice(random.integer(0, list.length), 0, pick(random, list));
  },
  "part moved": (random, model) => {
    const list = pick(random, listsOf(random, model));
    if (list.length > 0) list.push(...list.splice(random.integer(0, list.length - 1), 1));
  },
  "value renamed": (random, model) => {
    const { node } = graphOf(model);
    const names = node.flatMap((n) => [...n.input, ...n.output]);
    const { input, output } = pick(random, node);
    const list = random.integer(0, 2) === 0 ? output : input;
    if (list.length > 0)
      list[random.integer(0, list.length - 1)] = random.integer(0, 9) === 0 ? "" : pick(random, names);
  },
  "operator changed": (random, model) => {
    const { node } = graphOf(model);
    pick(random, node).opType = random.integer(0, 9) === 0 ? "Loop" : pick(random, node).opType;
  },
  "attribute changed": (random, model) => {
    const attributes = graphOf(model).node.flatMap((n) => n.attribute);
    if (attributes.length === 0) return;
    const attribute = pick(random, attributes);
    const number = pick(random, numbersOfInterest);
    attribute.i = number;
    attribute.f = pick(random, [Number.NaN, Infinity, -1, 0, 1e-30]);
    if (attribute.ints.length > 0) attribute.ints[random.integer(0, attribute.ints.length - 1)] = number;
    if (attribute.t) changeTensor(random, attribute.t);
    if (random.integer(0, 9) === 0) attribute.type = random.integer(0, 14);
  },
  "initializer changed": (random, model) => {
    const { initializer } = graphOf(model);
    if (initializer.length > 0) changeTensor(random, pick(random, initializer));
  },
  "input changed": (random, model) => {
    const { input } = graphOf(model);
    const shape = input.length > 0 ? pick(random, input).type?.tensorType?.shape : undefined;
    if (!shape || shape.dim.length === 0) return;
    const dim = pick(random, shape.dim);
    const named = random.integer(0, 1) === 0;
    dim.value = named
      ? { case: "dimParam", value: pick(random, ["", "batch", "2*batch", "batch*batch", "__proto__", "0"]) }
      : { case: "dimValue", value: pick(random, numbersOfInterest) };
  },
  "opset changed": (random, model) => {
    for (const opset of model.opsetImport) opset.version = BigInt(random.integer(9, 23));
  },
  "shape doubled many times": (random, model) => {
    const { node } = graphOf(model);
    const from = pick(random, node).output[0] ?? "";
    const op = pick(random, ["Mul", "Add", "Concat", "Expand", "MatMul"]);
    let value = from;
    for (let i = 0; i < 40; i++) {
      const attribute = op === "Concat" ? concatAxis() : [];
      node.push(
        create(NodeProtoSchema, { opType: op, input: [value, value], output: [`${from}#${i}`], attribute }),
      );
      value = `${from}#${i}`;
    }
    graphOf(model).output.push(create(ValueInfoProtoSchema, { name: value }));
  },
};

const concatAxis = () => create(NodeProtoSchema, { attribute: [{ name: "axis", type: 2, i: 0n }] }).attribute;

/** @param {Random} random @param {ModelProto} model @returns {unknown[][]} */
function listsOf(random, model) {
  const { node, initializer, input, output } = graphOf(model);
  const one = pick(random, node);
  return [node, initializer, input, output, one.input, one.output, one.attribute];
}

/** @param {Random} random @param {import("../dist/onnx/generated/onnx_pb.js").TensorProto} proto */
function changeTensor(random, proto) {
  const what = random.integer(0, 3);
  if (what === 0)
    proto.dims[random.integer(0, Math.max(0, proto.dims.length - 1))] = pick(random, numbersOfInterest);
  else if (what === 1) proto.dataType = random.integer(0, 17);
  else if (what === 2 && proto.rawData.length >= 8) {
    const raw = proto.rawData.slice();
    const at = 8 * random.integer(0, Math.floor(raw.length / 8) - 1);
    new DataView(raw.buffer).setBigInt64(at, pick(random, numbersOfInterest), true);
    proto.rawData = raw;
  } else proto.rawData = proto.rawData.slice(0, random.integer(0, proto.rawData.length));
}

// ---- one case -----------------------------------------------------------------------------------------------------

/**
 * @param {readonly Seed[]} small
 * @param {readonly Seed[]} real
 */
function caseMaker(small, real) {
  const decoded = new Map(
    [...small, ...real].map((seed) => [seed, fromBinary(ModelProtoSchema, seed.bytes)]),
  );
  return (/** @type {number} */ index, /** @type {number} */ seed) => {
    const random = createRandom(seed * 1_000_003 + index);
    const base = pick(random, real.length > 0 && random.uniform() < realShare ? real : small);
    const kinds = random.uniform() < 0.5 ? byteMutations : messageMutations;
    const kind = pick(random, Object.keys(kinds));
    const times = random.integer(1, 3);
    if (kinds === messageMutations) {
      const model = clone(ModelProtoSchema, /** @type {ModelProto} */ (decoded.get(base)));
      for (let i = 0; i < times; i++) messageMutations[kind]?.(random, model);
      return { kind, bytes: toBinary(ModelProtoSchema, model) };
    }
    let bytes = base.bytes;
    for (let i = 0; i < times; i++)
      bytes = byteMutations[kind]?.(random, bytes, pick(random, small).bytes) ?? bytes;
    return { kind, bytes };
  };
}

const memory = () => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** @param {string} kind @param {Uint8Array} bytes @returns {Result} */
function tryCase(kind, bytes) {
  const before = memory();
  const start = performance.now();
  let outcome = "accepted";
  let failure;
  let stage = "import";
  try {
    const graph = importOnnx(bytes);
    stage = "folding";
    simplify(graph);
  } catch (error) {
    outcome = `refused by ${stage}`;
    if (!(error instanceof InputError))
      failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    else if (error.message.length > 1000) failure = `a message of ${error.message.length} characters`;
  }
  const ms = performance.now() - start;
  const growth = memory() - before;
  if (ms > slowest_ms) failure ??= `${stage} took ${ms.toFixed(0)} ms`;
  if (growth > mostGrowth_bytes) failure ??= `the memory grew by ${(growth / 2 ** 20).toFixed(0)} MiB`;
  return { kind, outcome: failure ? "FAILED" : outcome, failure, ms };
}

// ---- the run ------------------------------------------------------------------------------------------------------

/** @param {string[]} paths @returns {string[]} */
function modelPaths(paths) {
  const data = process.env["XBARKIT_DATA"];
  const beside = data ? resolve(data, "../models") : "";
  if (paths.length > 0 || !existsSync(beside)) return paths;
  return readdirSync(beside)
    .filter((name) => name.endsWith(".onnx"))
    .map((name) => join(beside, name));
}

/** In the worker: runs the cases and posts what came of them; `progress` says which case is being run. */
function work() {
  const { paths, seed, first, last, progress } = workerData;
  const real = paths.map((/** @type {string} */ path) => ({
    name: path,
    bytes: new Uint8Array(readFileSync(path)),
  }));
  const graphs = [
    smallNetwork(),
    shapeProgram(),
    ...real.map((/** @type {Seed} */ { bytes }) => shrunken(importOnnx(bytes))),
  ];
  const small = graphs.map((graph) => ({ name: graph.name, bytes: exportOnnx(graph) }));
  for (const { name, bytes } of [...small, ...real]) {
    const { failure, outcome } = tryCase("none", bytes);
    if (outcome !== "accepted")
      throw new Error(`the sound model ${name} is not accepted: ${failure ?? outcome}`);
  }
  const make = caseMaker(small, real);
  for (let index = first; index < last; index++) {
    Atomics.store(progress, 0, index);
    const { kind, bytes } = make(index, seed);
    let result = tryCase(kind, bytes);
    // Once more, since another process may have taken the machine.
    if (result.ms > slowest_ms) result = tryCase(kind, bytes);
    parentPort?.postMessage({ index, ...result });
  }
  parentPort?.postMessage("done");
}

/** In the main thread: counts, and gives up on a case that hangs or takes the worker with it. */
function watch() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: "string", default: "20000" },
      seed: { type: "string", default: "1" },
      only: { type: "string" },
    },
  });
  const seed = Number(values.seed);
  const first = values.only === undefined ? 0 : Number(values.only);
  const last = values.only === undefined ? Number(values.count) : first + 1;
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const paths = modelPaths(positionals);
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { paths, seed, first, last, progress },
    resourceLimits: { maxOldGenerationSizeMb: 2048 },
  });

  /** @type {Map<string, number>} */
  const counts = new Map();
  let cases = 0;
  let failures = 0;
  let slowest = { ms: 0, index: 0 };
  /** @param {string} why */
  const giveUp = (why) => {
    console.error(`case ${Atomics.load(progress, 0)} (seed ${seed}): ${why}`);
    process.exit(1);
  };

  let seen = -1;
  const watchdog = setInterval(() => {
    const now = Atomics.load(progress, 0);
    if (now === seen) giveUp(`no end after ${hang_ms} ms`);
    seen = now;
  }, hang_ms);

  worker.on("error", (error) => giveUp(error.stack ?? error.message));
  worker.on("message", (message) => {
    if (message === "done") {
      clearInterval(watchdog);
      for (const [key, count] of [...counts].sort()) console.log(`${String(count).padStart(7)}  ${key}`);
      console.log(
        `${cases} cases from ${paths.length} models, seed ${seed}; slowest: case ${slowest.index}, ${slowest.ms.toFixed(0)} ms`,
      );
      console.log(failures === 0 ? "no failures" : `${failures} failures`);
      process.exitCode = failures === 0 ? 0 : 1;
      return;
    }
    const result = /** @type {Result & { index: number }} */ (message);
    cases++;
    for (const key of [result.outcome, `${result.kind}: ${result.outcome}`])
      counts.set(key, (counts.get(key) ?? 0) + 1);
    if (result.ms > slowest.ms) slowest = { ms: result.ms, index: result.index };
    if (result.failure && ++failures <= 10) {
      console.error(`case ${result.index} (seed ${seed}, ${result.kind}): ${result.failure}`);
    }
  });
}

if (isMainThread) watch();
else work();
