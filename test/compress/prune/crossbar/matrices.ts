import type { OrderedMatrix } from "../../../../src/compress/prune/crossbar/types.js";
import { type ExchangeSettings, exchangeColumns } from "../../../../src/mapping/column-exchange/index.js";
import type { Random } from "../../../../src/random.js";

export interface MadeMatrix {
  readonly name?: string;
  readonly rows: number;
  readonly columns: number;
  readonly height: number;
  readonly across: number;
  readonly planes: 1 | 2;
  readonly settings?: Partial<ExchangeSettings>;
}

/** A matrix of given weights with its columns exchanged. */
export function ordered(weights: ArrayLike<number>, made: MadeMatrix): OrderedMatrix {
  const { name = "m", rows, columns, height, across, planes, settings = {} } = made;
  const matrix = {
    name,
    layer: name,
    weights: Float32Array.from(weights),
    rows,
    columns,
    room: { rows: height, columns: across },
    planes,
  };
  return { ...matrix, exchange: exchangeColumns({ ...matrix, settings, seed: 1 }) };
}

/** Normal weights, other than 0 with the given chance. */
export const sparseWeights = (random: Random, count: number, density: number): Float32Array =>
  Float32Array.from({ length: count }, () => (random.uniform() < density ? random.normal() : 0));

/** Matrices of odd sizes, of one or two signs, of one block or several. */
export function oddMatrices(random: Random, count: number): OrderedMatrix[] {
  return Array.from({ length: count }, (_, i) => {
    const [rows, columns] = [random.integer(1, 23), random.integer(1, 17)];
    return ordered(sparseWeights(random, rows * columns, random.uniform()), {
      name: `m${i}`,
      rows,
      columns,
      height: random.integer(1, 6),
      across: random.integer(1, 5),
      planes: random.integer(1, 2) as 1 | 2,
      settings: {
        strategy: "density-sort",
        split: { rows: random.integer(3, 20), columns: random.integer(3, 20) },
        signs: random.uniform() < 0.5 ? "shared" : "independent",
        searchPasses: 1,
      },
    });
  });
}
