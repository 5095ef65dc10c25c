import type { LayerCost } from "../cost/index.js";
import { bands, groupGrid } from "../lower/groups.js";
import { mismatchOf } from "../mapping/mismatch.js";
import type { MatrixPlacement, Placement } from "../mapping/types.js";
import type { PrunedLayer, PruningData } from "./types.js";

/**
 * What is pruned of a placed network and how unevenly (spec of Meng et al., 4.3), from its integer weights: a group is
 * zero where all its codes are.
 *
 * @param costs the layers of its cost report, in the placement's order: they know how often a layer is read
 * @param outside matrices whose groups do not count in the group sparsity
 * @returns null where no layer carries groups
 */
export function pruningOf(
  { matrices, hardware }: Placement,
  costs: readonly LayerCost[],
  outside: ReadonlySet<string>,
): PruningData | null {
  const layers = matrices.flatMap((matrix, i) =>
    matrix.groupRows === null
      ? []
      : [
          layerOf(
            matrix,
            matrix.groupRows,
            hardware.array.rows,
            costs[i]!.counts,
            !outside.has(matrix.matrix),
          ),
        ],
  );
  if (layers.length === 0) return null;
  const counted = layers.filter((layer) => layer.inGroupSparsity);
  const positions = counted.flatMap((layer) => layer.positions);
  return {
    layers,
    groupSparsity: fraction(
      sum(positions, ({ zeroGroups }) => zeroGroups),
      sum(positions, ({ groups }) => groups),
    ),
    readWeightedSparsity: fraction(
      sum(counted, ({ reads }) => reads.spared),
      sum(counted, ({ reads }) => reads.all),
    ),
    wastedFraction:
      fraction(
        sum(layers, ({ wastedCells }) => wastedCells),
        sum(layers, ({ usedColumnCells }) => usedColumnCells),
      ) ?? 0,
    mismatchColumns: {
      layer: sum(layers, ({ mismatchColumns }) => mismatchColumns.layer),
      chunks: sum(layers, ({ mismatchColumns }) => mismatchColumns.chunks),
    },
  };
}

function layerOf(
  { matrix, codes, rows, columns, encoding }: MatrixPlacement,
  groupRows: number,
  arrayRows: number,
  { positions: products, inputSlices }: LayerCost["counts"],
  inGroupSparsity: boolean,
): PrunedLayer {
  const grid = groupGrid(rows, columns, groupRows, arrayRows);
  const { survivorsAt, groups, zeroGroups, layerColumns, chunkColumns, wastedCells, usedColumnCells } =
    mismatchOf(codes, grid, encoding);
  const bandsAt = survivorsAt.map((_, i) => bands(grid).filter(({ position }) => position === i).length);
  // A group is read once per product and input slice.
  const reads = products * inputSlices;
  return {
    matrix,
    groupRows,
    inGroupSparsity,
    positions: survivorsAt.map((alive, i) => ({
      groups: bandsAt[i]! * columns,
      zeroGroups: bandsAt[i]! * columns - alive,
    })),
    mismatchColumns: { layer: layerColumns, chunks: chunkColumns },
    wastedCells,
    usedColumnCells,
    reads: { all: groups * reads, spared: zeroGroups * reads },
  };
}

const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((total, item) => total + value(item), 0);

const fraction = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
