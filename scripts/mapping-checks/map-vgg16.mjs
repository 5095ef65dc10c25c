// VGG-16 of ImageNet with made weights, mapped layer by layer.
import { join } from "node:path";
import { progressFor } from "../../dist/node/progress.js";
import { isDense, keepOf, layers, madeCodes, publishedSparsity, sparsities } from "./made-vgg16.mjs";
import { energiesOf, measure, ordersOf, stored, storedIn } from "./measure.mjs";
import { chosenSize, sizes } from "./recipes.mjs";

/** @typedef {import("./measure.mjs").Mapped} Mapped */

/** Of the arrays; nothing is trained behind it. */
const freed = 0.1;

/**
 * Measurements layer by layer, each stored as it is made.
 * @param {number} seed
 * @param {{ folder: string, threads: number, signal: AbortSignal }} options
 * @param {readonly (typeof layers[number])[]} network
 * @returns {Promise<import("./looks.mjs").SeedFigures>}
 */
export async function mapVgg16(seed, { folder, threads, signal }, network = layers) {
  const points = [
    ...sizes.map((size) => ({ sparsity: publishedSparsity, size })),
    ...sparsities
      .filter((each) => each !== publishedSparsity)
      .map((sparsity) => ({ sparsity, size: chosenSize })),
  ];
  const all = network.flatMap((shape) =>
    points.map(({ sparsity, size }) => {
      const chosen = size === chosenSize && sparsity === publishedSparsity;
      const asked = {
        ...{ shape, size, seed },
        strategies: chosen,
        prune: chosen ? freed : 0,
        dense: isDense(shape.matrix),
      };
      const keep = keepOf(shape, sparsity);
      const file = join(folder, `seed-${seed}`, `${shape.matrix}-${sparsity}-L${size}.json`);
      return { sparsity, asked, keep, file, work: ordersOf(asked) * shape.rows * shape.columns };
    }),
  );
  const open = all.filter(({ file, asked, keep }) => !storedIn(file, { ...asked, keep }));
  const stage = progressFor(process.stderr, () => performance.now() / 1000).stage(
    "map VGG-16, weight by weight",
    open.reduce((sum, { work }) => sum + work, 0),
  );
  let done = 0;
  /** @type {{ sparsity: number, mapped: Mapped }[]} */
  const found = [];
  /** The codes of one layer at one sparsity at a time: the largest takes 200 MB. @type {{ name: string, codes: Int16Array } | null} */
  let made = null;
  for (const { sparsity, asked, keep, file, work } of all) {
    const mapped = await stored(file, { ...asked, keep }, async () => {
      const name = `${asked.shape.matrix} ${sparsity}`;
      if (made?.name !== name) made = { name, codes: madeCodes(asked.shape, keep, seed) };
      const result = await measure(made.codes, asked, {
        threads,
        signal,
        onProgress: (weights, note) => stage.update(done + weights, note),
      });
      done += work;
      return result;
    });
    found.push({ sparsity, mapped });
  }
  stage.done();
  const at = (/** @type {number} */ sparsity, /** @type {number} */ size) =>
    found.filter((one) => one.sparsity === sparsity && one.mapped.size === size).map(({ mapped }) => mapped);
  const atSize = Object.fromEntries(sizes.map((size) => [size, at(publishedSparsity, size)]));
  return {
    seed,
    published: publishedSparsity,
    trained: {},
    crossbar: null,
    atSparsity: Object.fromEntries(sparsities.map((sparsity) => [sparsity, at(sparsity, chosenSize)])),
    atSize,
    energies: sizes.map((size) => energiesOf(at(publishedSparsity, size))),
  };
}
