import * as z from "zod";
import { defaultExchange, strategies } from "../mapping/column-exchange/types.js";
import { mostLines, object, oneOf, whole } from "./fields.js";

const splitError = "choose fitted, default, or rows and columns such as { rows: 1024, columns: 256 }";
const lines = z
  .int({ error: splitError })
  .min(1, { error: splitError })
  .max(mostLines, { error: splitError });

/** What `place.scheme: column-exchange` does; absent for the other schemes. */
export const exchangeSchema = object({
  strategy: oneOf(...strategies)
    .default(defaultExchange.strategy)
    .describe(
      "How columns are gathered: as they are, by their number of weights, greedily, by k-means, or whichever is best block by block. Default: auto.",
    ),
  split: z
    .union([z.literal("fitted"), z.literal("default"), object({ rows: lines, columns: lines })], {
      error: splitError,
    })
    .default("fitted")
    .describe(
      "Blocks whose columns are exchanged: fitted on random matrices, 4,096 rows by 8 arrays, or as given. Default: fitted.",
    ),
  signs: oneOf("shared", "independent")
    .default(defaultExchange.signs)
    .describe(
      "One order of columns for the arrays of both signs, or one for each, subtracted as numbers. Default: shared.",
    ),
  restarts: whole(1, 1000)
    .default(defaultExchange.restarts)
    .describe("Times that every k-means starts anew. Default: 4."),
  runs: whole(1, 1000)
    .default(defaultExchange.runs)
    .describe("Times that every block is clustered anew. Default: 1."),
  searchPasses: whole(0, 1000)
    .default(defaultExchange.searchPasses)
    .describe("Passes of the local search that exchanges single columns. Default: 8."),
})
  .optional()
  .describe("How columns are exchanged; for the scheme column-exchange.");
