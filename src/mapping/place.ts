import { InputError } from "../errors.js";
import type { CompressedModel } from "../graph/types.js";
import type { HardwareSpec } from "../hardware/types.js";
import { groupGrid } from "../lower/groups.js";
import { checkLayerNames } from "../lower/layer-names.js";
import { type LayerMatrix, layerMatrices, matrixCodes } from "../lower/matrices.js";
import { denseArrays } from "./dense.js";
import { bitLinesPerWeight, dummyBitLines, weightsAcross } from "./encoding.js";
import { packedArrays } from "./packed.js";
import type { MatrixPlacement, Placement, WeightEncoding } from "./types.js";

export type PlacementScheme = "dense" | "packed";

export interface PlaceOptions {
  /**
   * "packed": layers with groups are packed (pruned groups are absent), the others placed dense.
   * "dense": every weight of every layer is stored, the unpruned baseline.
   */
  readonly scheme?: PlacementScheme;
  /**
   * Rows that are driven together at most in single layers, by node name: fewer rows make smaller sums, which a
   * converter of the same width tells apart. Where the chip drives fewer, that holds.
   */
  readonly activeRows?: Readonly<Record<string, number>>;
  /** Called after each layer, for a progress bar. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Places the weights of every crossbar layer on sub-arrays. */
export function place(model: CompressedModel, hardware: HardwareSpec, options: PlaceOptions = {}): Placement {
  const { activeRows = {} } = options;
  checkLayerRows(
    activeRows,
    model.layers.map(({ node }) => node),
  );
  const matrices = layerMatrices(model);
  const placed = matrices.map((matrix, done) => {
    const result = placeMatrix(
      matrix.name,
      matrixCodes(model, matrix),
      matrix,
      encodingFor(matrix, hardware),
      drivingAtMost(activeRows[matrix.layer.node], hardware),
      options.scheme === "dense" ? null : matrix.layer.groupRows,
    );
    options.onProgress?.(done + 1, matrices.length);
    return result;
  });
  return { model, hardware, matrices: placed };
}

/** The chip, as it is to be driven for a layer. */
function drivingAtMost(rows: number | undefined, hardware: HardwareSpec): HardwareSpec {
  const { array } = hardware;
  if (rows === undefined || rows >= array.activeRows) return hardware;
  return { ...hardware, array: { ...array, activeRows: rows } };
}

/** Checks what is asked of single layers. */
function checkLayerRows(activeRows: Readonly<Record<string, number>>, layers: readonly string[]): void {
  checkLayerNames("place.activeRows", Object.keys(activeRows), layers);
  for (const [name, rows] of Object.entries(activeRows)) {
    if (!(Number.isInteger(rows) && rows >= 1))
      throw new InputError(`place.activeRows is ${rows} for "${name}"`, {
        hint: "give a whole number from 1",
      });
  }
}

/** What a placement is compared with (spec of Meng et al., 6.3). */
export interface Baselines {
  /** The unpruned network, dense, all word lines of an array driven together. */
  readonly fullColumn: Placement;
  /** The unpruned network, dense, as many rows driven together as in what is compared with it. */
  readonly sameBands: Placement;
}

/** @param activeRows as in `PlaceOptions`, of the placement that is compared with them */
export function placeBaselines(
  unpruned: CompressedModel,
  hardware: HardwareSpec,
  activeRows: Readonly<Record<string, number>> = {},
): Baselines {
  const { array } = hardware;
  const full = { ...hardware, array: { ...array, activeRows: array.rows } };
  return {
    fullColumn: place(unpruned, full, { scheme: "dense" }),
    sameBands: place(unpruned, hardware, { scheme: "dense", activeRows }),
  };
}

/** The encoding of a layer's weights: the hardware's, at the layer's own precision. */
export function encodingFor(matrix: LayerMatrix, hardware: HardwareSpec): WeightEncoding {
  return { bits: matrix.layer.weightBits, ...hardware.encoding };
}

/**
 * Places one matrix of integer weights.
 * @param codes [rows × columns], row-major; kept, not copied
 * @param groupRows rows of one prunable group for the packed placement, or null for the dense one
 */
export function placeMatrix(
  name: string,
  codes: Int16Array,
  size: { readonly rows: number; readonly columns: number },
  encoding: WeightEncoding,
  hardware: HardwareSpec,
  groupRows: number | null,
): MatrixPlacement {
  const { rows, columns } = size;
  checkFits(name, encoding, hardware);
  const arrays =
    groupRows === null
      ? denseArrays(rows, columns, hardware.array, encoding)
      : packedArrays(
          codes,
          groupGrid(rows, columns, groupRows, hardware.array.rows),
          hardware.array,
          encoding,
        );
  return {
    matrix: name,
    role: "forward",
    rows,
    columns,
    codes,
    encoding,
    groupRows,
    routing: groupRows === null ? "fixed" : "bitmap",
    copies: 1,
    arrays,
  };
}

function checkFits(name: string, encoding: WeightEncoding, hardware: HardwareSpec): void {
  const { rows, columns } = hardware.array;
  if (rows > 65535 || columns > 65535) {
    throw new InputError(`an array of ${rows} × ${columns} is too large`, { hint: "65,535 lines at most" });
  }
  if (weightsAcross(encoding, columns) >= 1) return;
  const need = bitLinesPerWeight(encoding) + dummyBitLines(encoding);
  throw new InputError(
    `array.columns is ${columns}, but one ${encoding.bits}-bit weight of "${name}" needs ${need} bit lines`,
    { hint: "use more columns, more bits per cell, or fewer weight bits" },
  );
}
