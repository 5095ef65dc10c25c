import * as z from "zod";

// Each message is the way out that a person reads.

/** What the known keys in an unknown key's message are split by. */
export const keySeparator = ", ";

const nameError = "give a name of letters, digits, dots, dashes and underscores";
const points = "give paths of the recipe with their values, such as { groups.rows: 72 }";
const overrides = z.record(z.string(), z.unknown(), { error: points });
const wholes = (low: number, high: number, error: string) =>
  z
    .array(z.int({ error }).min(low, { error }).max(high, { error }), { error })
    .min(1, { error })
    .max(1000, { error });

const shape = {
  version: z
    .literal(1, { error: "this xbarkit reads plans of version 1" })
    .default(1)
    .describe("Version of the plan format. Default: 1."),
  name: z
    .string({ error: nameError })
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, { error: nameError })
    .optional()
    .describe("Names the sweep's folder and its runs. Default: the plan file's name."),
  recipe: z
    .union([z.string().min(1), z.record(z.string(), z.unknown())], {
      error: "give the path of a recipe, or a recipe itself",
    })
    .describe("The recipe that every point starts from: a file, relative to the plan, or its keys in place."),
  grid: z
    .record(
      z.string(),
      z
        .array(z.unknown(), { error: "give a list of values" })
        .min(1, { error: "give at least one value" })
        .max(10_000, { error: "give at most 10000 values" }),
      { error: "give paths of the recipe with lists of values, such as { groups.rows: [144, 72, 36] }" },
    )
    .default({})
    .describe(
      "Lists of values by path in the recipe; every combination is a point. Paths with a comma between them change together; their values are lists.",
    ),
  points: z
    .array(overrides, { error: "give a list of points" })
    .max(10_000, { error: "give at most 10000 points" })
    .default([])
    .describe("Further points beside the grid, each as values by path."),
  exclude: z
    .array(overrides, { error: "give a list of points to leave out" })
    .max(10_000, { error: "give at most 10000 points" })
    .default([])
    .describe("Points with all of these values are left out; seed may be among the paths."),
  seeds: wholes(0, 2 ** 31 - 1, "give a list of whole numbers from 0 to 2147483647, such as [1, 2, 3]")
    .optional()
    .describe("Every point is run with each of these. Default: the recipe's own seed."),
  threads: z
    .int({ error: "choose a whole number from 1 to 1024" })
    .min(1, { error: "choose a whole number from 1 to 1024" })
    .max(1024, { error: "choose a whole number from 1 to 1024" })
    .default(2)
    .describe(
      "Threads that a point computes with. Results may differ in their last digits between numbers of threads, so it belongs to the point. Default: 2.",
    ),
  labels: z
    .record(z.string(), z.string().min(1, { error: "give the column's name" }), {
      error: "give paths with the names of their columns, such as { groups.rows: groupRows }",
    })
    .default({})
    .describe("Names of the paths' columns in the table. Default: the paths."),
};

export const planSchema = z.strictObject(shape, {
  error: (issue) => {
    const keys = Object.keys(shape).join(keySeparator);
    return issue.code === "unrecognized_keys" ? keys : `give the keys ${keys}`;
  },
});

export type PlanInput = z.output<typeof planSchema>;

/** The JSON Schema of plan files, for editors. */
export function sweepJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    ...z.toJSONSchema(planSchema, { io: "input", unrepresentable: "any" }),
    title: "xbarkit sweep plan",
  };
}
