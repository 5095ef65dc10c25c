import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import { models } from "../../src/models/index.js";
import { defaultRecipe, parseRecipe, recipeJsonSchema } from "../../src/recipe/index.js";

const root = join(import.meta.dirname, "../..");

/** The message of the error that a text gives. */
function messageOf(text: string, file = "r.yaml"): string {
  try {
    parseRecipe(text, file);
  } catch (error) {
    if (error instanceof InputError) return error.toString();
    throw error;
  }
  return "no error";
}

const head = "model: net.onnx\ndata: { name: cifar10 }\n";

describe("defaults", () => {
  test("the shortest recipe, with every default resolved", () => {
    expect(parseRecipe(head, "experiments/small.yaml")).toEqual({
      version: 1,
      name: "small",
      seed: 1,
      model: "experiments/net.onnx",
      data: {
        name: "cifar10",
        normalization: {
          mean: [125.3 / 255, 123.0 / 255, 113.9 / 255],
          std: [63.0 / 255, 62.1 / 255, 66.7 / 255],
          scale: 1 / 255,
          layout: "NCHW",
        },
        validation: null,
      },
      hardware: {
        base: "meng2021",
        rows: null,
        columns: null,
        activeRows: null,
        inputSliceBits: null,
        cellBits: null,
        sign: null,
        compose: null,
        offsetBy: null,
        adcBits: null,
        adcRange: null,
        cellModel: null,
      },
      groups: { rows: 72, denseLayers: [], dense: "rows", pointwise: false },
      stages: [
        {
          stage: "post-training-quantization",
          name: "post-training-quantization",
          weights: { bits: 4, range: "mse", factor: 2 },
          activations: { bits: 4, range: "mse" },
          input: { bits: 8 },
          images: 512,
          equalizeFilters: true,
          correctBias: true,
        },
      ],
      place: { scheme: "packed", activeRows: {} },
      calibrate: { images: 64 },
      simulate: { images: 500, adcBits: [null] },
      evaluate: { images: null },
    });
  });

  test("a resolved recipe resolves to itself", () => {
    const text = `${head}hardware: { adcBits: ideal }\ngroups: { rows: none }\n`;
    const once = parseRecipe(text, "r.yaml");
    expect(once.hardware.adcBits).toBe("ideal");
    expect(once.groups.rows).toBeNull();
    expect(parseRecipe(JSON.stringify(once), "r.json")).toEqual(once);
  });

  test("words for null, fractions, names of normalisations and empty sections", () => {
    const recipe = parseRecipe(
      "model: resnet20-a\ndata:\n  name: cifar10\n  normalization: imagenet\nhardware:\n" +
        "simulate: { adcBits: [4, ideal, null] }\nevaluate: { images: all }\n",
      "r.yaml",
    );
    expect(recipe.model).toBe("resnet20-a");
    expect(recipe.data.normalization.mean).toEqual([0.485, 0.456, 0.406]);
    expect(recipe.simulate.adcBits).toEqual([4, null, null]);
    expect(recipe.evaluate.images).toBeNull();
    const scaled = parseRecipe(
      "model: net.onnx\ndata: { name: mnist, normalization: { mean: [0], std: [1], scale: 2 / 510, layout: NHWC } }\n",
      "r.yaml",
    );
    expect(scaled.data.normalization).toEqual({ mean: [0], std: [1], scale: 1 / 255, layout: "NHWC" });
  });

  test("paths are relative to the recipe, wherever it is", () => {
    const model = (path: string, file: string) =>
      parseRecipe(`model: ${path}\ndata: { name: mnist }\n`, file).model;
    expect(model("../models/a.onnx", "recipes/r.yaml")).toBe("models/a.onnx");
    expect(model("a.onnx", "r.yaml")).toBe("a.onnx");
    expect(model("../../a.onnx", "recipes/r.yaml")).toBe("../a.onnx");
    expect(model("./a.onnx", "/data/r.yaml")).toBe("/data/a.onnx");
    expect(model("/models/a.onnx", "recipes/r.yaml")).toBe("/models/a.onnx");
    expect(model("C:/models/a.onnx", "recipes/r.yaml")).toBe("C:/models/a.onnx");
  });
});

describe("errors name the place, the value and the way out", () => {
  const stage = "stages:\n  - stage: post-training-quantization\n";
  const cases: readonly (readonly [name: string, text: string, message: string])[] = [
    [
      "a value out of range",
      `${head}${stage}    weights:\n      bits: 10\n`,
      "r.yaml:6:13: stages[0].weights.bits is 10\n  choose a whole number from 2 to 9",
    ],
    [
      "a fraction where a whole number belongs, as it was written",
      `${head}calibrate: { images: 1.50 }\n`,
      "r.yaml:3:22: calibrate.images is 1.50\n  choose a whole number from 1 to 10000000",
    ],
    [
      "a word where a number belongs",
      `${head}seed: seven\n`,
      'r.yaml:3:7: seed is "seven"\n  choose a whole number from 0 to 2147483647',
    ],
    [
      "a list where a value belongs",
      `${head}seed: [1, 2]\n`,
      "r.yaml:3:7: seed is [1,2]\n  choose a whole number from 0 to 2147483647",
    ],
    [
      "not a number",
      `${head}seed: .nan\n`,
      "r.yaml:3:7: seed is .nan\n  choose a whole number from 0 to 2147483647",
    ],
    [
      "a wrong choice",
      `${head}place:\n  scheme: sparse\n`,
      'r.yaml:4:11: place.scheme is "sparse"\n  choose packed, dense or column-exchange',
    ],
    [
      "an element of a list",
      `${head}simulate:\n  adcBits: [4, 5, 13]\n`,
      "r.yaml:4:19: simulate.adcBits[2] is 13\n  choose 1 to 12 under digital composition, or ideal",
    ],
    [
      "an unknown key beside a known one",
      `${head}${stage}    wieghts: { bits: 4 }\n`,
      "r.yaml:5:5: stages[0].wieghts is not a known key\n  did you mean weights?",
    ],
    [
      "an unknown key inside a value that may be a word",
      "model: net.onnx\ndata:\n  name: cifar10\n  normalization:\n    means: [1, 1, 1]\n",
      "r.yaml:5:5: data.normalization.means is not a known key\n  did you mean mean?",
    ],
    [
      "an unknown key that resembles none",
      `${head}calibrate: { photographs: 3 }\n`,
      "r.yaml:3:14: calibrate.photographs is not a known key\n  known keys here: images",
    ],
    [
      "a mistyped key that is required",
      "modle: net.onnx\ndata: { name: mnist }\n",
      "r.yaml:1:1: modle is not a known key\n  did you mean model?",
    ],
    [
      "a missing key",
      "seed: 1\nmodel: net.onnx\n",
      "r.yaml:1:1: data.name is missing\n  give a data set's name, such as cifar10 or mnist, or the folder that holds one",
    ],
    [
      "a missing key of a section",
      "model: net.onnx\ndata:\n  normalization: mnist\n",
      "r.yaml:3:3: data.name is missing\n  give a data set's name, such as cifar10 or mnist, or the folder that holds one",
    ],
    [
      "an unknown data set",
      "model: net.onnx\ndata:\n  name: cifar\n",
      'r.yaml:3:9: data.name is "cifar"\n  did you mean cifar10? choose mnist, cifar10, drawn-digits, imagenet, or give a folder as ./cifar',
    ],
    [
      "an unknown model",
      "model: resnet20\ndata: { name: cifar10 }\n",
      `r.yaml:1:8: model is "resnet20"
  did you mean resnet20-a? give the path of an .onnx file, or one of ${Object.keys(models).join(", ")}`,
    ],
    [
      "a mean without its standard deviation",
      "model: net.onnx\ndata: { name: mnist, normalization: { mean: [0.5] } }\n",
      "r.yaml:2:45: data.normalization.mean is [0.5]\n  give data.normalization.std as well",
    ],
    [
      "too few channels",
      "model: net.onnx\ndata:\n  name: cifar10\n  normalization: { mean: [0.5], std: [0.5, 0.5, 0.5] }\n",
      "r.yaml:4:26: data.normalization.mean is [0.5]\n  give 3 values, one per channel",
    ],
    [
      "an unknown normalisation",
      "model: net.onnx\ndata: { name: cifar10, normalization: imagnet }\n",
      'r.yaml:2:39: data.normalization is "imagnet"\n  did you mean imagenet? choose imagenet, cifar10, mnist, drawn-digits, or give mean and std',
    ],
    [
      "a preset that there is not",
      `${head}hardware: { base: meng2012 }\n`,
      'r.yaml:3:19: hardware.base: hardware is "meng2012", which is no preset\n  did you mean "meng2021"? there are: meng2021, isaac, prime, analytic-32nm, neurosim-reference, lin2019',
    ],
    [
      "values that do not fit each other",
      `${head}hardware:\n  rows: 64\n  activeRows: 72\n`,
      "r.yaml:5:15: hardware.activeRows is 72, but the array has 64 rows\n" +
        "  lower hardware.activeRows to 64 or less, or raise hardware.rows",
    ],
    [
      "groups taller than an array",
      `${head}groups:\n  rows: 145\n`,
      "r.yaml:4:9: groups.rows is 145\n  an array has 144 word lines: choose at most as many, or none",
    ],
    [
      "weights wider than an array",
      `${head}hardware: { columns: 2, cellBits: 1 }\n${stage}    weights: { bits: 3 }\n`,
      "r.yaml:6:22: stages[0].weights.bits is 3\n" +
        "  one weight needs 3 bit lines, and an array has 2: use fewer bits, larger arrays, or cells of more bits",
    ],
    [
      "more images than there are",
      `${head}simulate: { images: 20000 }\n`,
      "r.yaml:3:21: simulate.images is 20000\n  cifar10 has 10000 test images",
    ],
    [
      "a rule without coefficients",
      `${head}${stage}    weights: { bits: 5, range: sawb }\n`,
      'r.yaml:5:32: stages[0].weights.range is "sawb"\n' +
        "  SAWB has coefficients for 2 and 4 bits, not 5: change the bits, or choose mse, mean or max",
    ],
    [
      "another version",
      `${head}version: 2\n`,
      "r.yaml:3:10: version is 2\n  this xbarkit reads recipes of version 1",
    ],
    ["no stage", `${head}stages: []\n`, "r.yaml:3:9: stages is []\n  give at least one stage"],
    [
      "an alias, at its anchor",
      "model: net.onnx\ndata: { name: mnist }\nseed: &n 99\nstages:\n  - stage: post-training-quantization\n    input: { bits: *n }\n",
      "r.yaml:6:20: stages[0].input.bits is 99\n  choose a whole number from 2 to 8",
    ],
  ];
  test.each(cases)("%s", (_, text, message) => {
    expect(messageOf(text)).toBe(message);
  });
});

describe("what is no recipe at all", () => {
  test.each([
    [
      "an empty file",
      "",
      "r.yaml:1:1: the file is empty\n  a recipe needs at least model and data; recipes/ has examples",
    ],
    [
      "comments only",
      "# nothing\n\n",
      "r.yaml:1:1: the file is empty\n  a recipe needs at least model and data; recipes/ has examples",
    ],
    [
      "a list",
      "- 1\n- 2\n",
      "r.yaml:1:1: the file holds a list, not keys and values\n  a recipe starts like `model: network.onnx`; recipes/ has examples",
    ],
    [
      "a word",
      "hello\n",
      "r.yaml:1:1: the file holds a single value, not keys and values\n  a recipe starts like `model: network.onnx`; recipes/ has examples",
    ],
    ["a key twice", `${head}seed: 1\nseed: 2\n`, "r.yaml:4:1: seed is given twice\n  keep one of the two"],
    [
      "a tab",
      "model: net.onnx\ndata:\n\tname: mnist\n",
      "r.yaml:3:1: a tab stands where the line is indented\n  indent with spaces",
    ],
  ])("%s", (_, text, message) => {
    expect(messageOf(text)).toBe(message);
  });

  test.each([
    ["an unclosed bracket", `${head}simulate: { images: 3\n`, /^r\.yaml:\d+:\d+: /],
    ["two documents", `${head}---\n${head}`, /^r\.yaml:3:1: a second document starts/],
    [
      "an alias without anchor",
      `${head}seed: *nothing\n`,
      /^r\.yaml:3:7: \*nothing: the alias has no anchor before it\n {2}write the value itself$/,
    ],
    ["an unknown tag", `${head}seed: !!js/function 1\n`, /^r\.yaml:3:7: the tag is not known/],
    ["bytes of another kind", "\u0000\u0001\u0002PNG", /^r\.yaml:1:1: /],
  ])("%s", (_, text, message) => {
    expect(messageOf(text)).toMatch(message);
  });

  test("a bomb of aliases", () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(", ")}]`,
    );
    const text = `${head}a0: &a0 [1]\n${levels.join("\n")}\n`;
    expect(messageOf(text)).toBe(
      "r.yaml:1:1: the file's aliases (*name) cannot be followed\n  use at most 64 of them, each after its anchor and none inside itself",
    );
  });

  test.each(["[", "{a: ", "- "])("%s ten thousand times", (open) => {
    const start = performance.now();
    expect(messageOf(open.repeat(10_000))).toMatch(
      /^r\.yaml:1:\d+: the text is nested more than 64 levels deep/,
    );
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test("a file of a megabyte", () => {
    expect(messageOf("a: 1\n".repeat(200_000))).toMatch(/^r\.yaml:1:1: the file has 1000000 characters/);
  });

  test.each(["__proto__", "constructor", "toString"])("the key %s is unknown like any other", (key) => {
    expect(messageOf(`${head}${key}: { model: x }\n`)).toBe(
      `r.yaml:3:1: ${key} is not a known key\n` +
        "  known keys here: version, name, seed, model, data, hardware, groups, stages, place, calibrate, simulate, evaluate",
    );
  });
});

test("analog composition takes converters of 20 bits and branches that err; digital refuses both", () => {
  const chip = (compose: string, more: string) =>
    parseRecipe(`${head}hardware: { compose: ${compose}, ${more} }\nsimulate: { adcBits: [13] }\n`, "r.yaml");
  const { hardware } = chip("analog", "adcBits: 20, branchGainSigma: 0.01");
  expect(hardware).toMatchObject({ adcBits: 20, branchGainSigma: 0.01 });
  expect(hardware).not.toHaveProperty("branchGainSeed");
  expect(() => chip("digital", "adcBits: 5")).toThrow("simulate.adcBits[0] is 13");
  expect(() => chip("digital", "branchGainSigma: 0.01")).toThrow(
    "hardware.branchGainSigma is 0.01, but digital composition has no branches to err",
  );
});

test("a draft is spoken of by the names that its writer uses", () => {
  const names = {
    flag: (path: readonly (string | number)[]) => (path.at(-1) === "seed" ? "--seed" : undefined),
    given: () => "1e9999",
  };
  const draft = { model: "net.onnx", data: { name: "mnist" }, seed: Number.POSITIVE_INFINITY };
  expect(() => defaultRecipe(draft, names)).toThrow("--seed is 1e9999");
  expect(defaultRecipe({ ...draft, seed: 3 }).name).toBe("net");
});

describe("recipes/", () => {
  test("recipe.schema.json is what the schema says", () => {
    const file = JSON.parse(readFileSync(join(root, "recipes/recipe.schema.json"), "utf8"));
    expect(file).toEqual(recipeJsonSchema());
  });

  test("every field of the schema file is described and required keys are model and data", () => {
    const schema = recipeJsonSchema() as {
      properties: Record<string, { description?: string }>;
      required: string[];
    };
    expect(schema.required).toEqual(["model", "data"]);
    expect(Object.entries(schema.properties).filter(([, { description }]) => !description)).toEqual([]);
  });

  const files = readdirSync(join(root, "recipes")).filter((name) => name.endsWith(".yaml"));
  test.each(files)("%s is a recipe", (name) => {
    const recipe = parseRecipe(readFileSync(join(root, "recipes", name), "utf8"), `recipes/${name}`);
    expect(recipe.name).toBe(name.replace(".yaml", ""));
  });
});

test("whatever the text, the answer is a recipe or an error for the user", () => {
  const example = readFileSync(join(root, "recipes/resnet20-ptq.yaml"), "utf8");
  const snippets = [
    "\t",
    "- ",
    "? ",
    ": ",
    "&a ",
    "*a",
    "{",
    "[",
    "]",
    '"',
    "'",
    "|\n",
    "!!binary ",
    "<<: ",
    "null",
    "\u0000",
    "---\n",
    "%YAML 9\n",
    "1e999",
  ];
  const edit = fc.tuple(
    fc.nat(),
    fc.nat(30),
    fc.oneof(fc.constantFrom(...snippets), fc.string({ maxLength: 8 })),
  );
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 5 }), (edits) => {
      let text = example;
      for (const [at, cut, put] of edits) {
        const start = at % (text.length + 1);
        text = text.slice(0, start) + put + text.slice(start + cut);
      }
      try {
        expect(parseRecipe(text, "r.yaml").version).toBe(1);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        expect(error.place?.line).toBeGreaterThan(0);
        expect(error.hint).toMatch(/\S/);
      }
    }),
    { numRuns: 1500, seed: 11 },
  );
});
