import { InputError } from "../errors.js";
import type { CompressedModel } from "../graph/types.js";
import type { HardwareSpec } from "../hardware/types.js";
import { groupGrid } from "../lower/groups.js";
import { checkLayerNames } from "../lower/layer-names.js";
import { type LayerMatrix, layerMatrices, matrixCodes } from "../lower/matrices.js";
import { exchangeBlocks, exchangedArrays, planesOf, roomOf } from "./column-exchange/arrays.js";
import { type ExchangeProblem, exchangeColumns } from "./column-exchange/exchange.js";
import type { ColumnExchange, ExchangeSettings } from "./column-exchange/types.js";
import { denseArrays } from "./dense.js";
import { bitLinesPerWeight, dummyBitLines, encodingOf, weightsAcross } from "./encoding.js";
import { packedArrays } from "./packed.js";
import type { MatrixPlacement, Placement, WeightEncoding } from "./types.js";

export type PlacementScheme = "dense" | "packed" | "column-exchange";

/** How the columns of a network are exchanged. */
export interface ExchangeOptions {
  readonly exchange?: Partial<ExchangeSettings>;
  /** Of the chance in it. Default: 1. */
  readonly seed?: number;
  /** Orders of matrices by name, such as were found on several threads; the others are found here. */
  readonly exchanged?: ReadonlyMap<string, ColumnExchange>;
}

export interface PlaceOptions extends ExchangeOptions {
  /**
   * "packed": layers with groups are packed (pruned groups are absent), the others placed dense.
   * "dense": every weight of every layer is stored, the unpruned baseline.
   * "column-exchange": columns that need the same rows stand together, and rows that a group of them does not need
   * are left out; groups of rows that are pruned count for nothing.
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
    const { name } = matrix;
    const codes = matrixCodes(model, matrix);
    const encoding = encodingFor(matrix, hardware);
    const driven = drivingAtMost(activeRows[matrix.layer.node], hardware);
    const groupRows = options.scheme === "dense" ? null : matrix.layer.groupRows;
    const result =
      options.scheme === "column-exchange"
        ? placeExchanged(name, codes, matrix, encoding, driven, options)
        : placeMatrix(name, codes, matrix, encoding, driven, groupRows);
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
  return encodingOf(matrix.layer.weightBits, hardware.encoding);
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

/** What is exchanged in one matrix of a network. @throws InputError where a weight does not fit the arrays */
export function exchangeProblem(
  model: CompressedModel,
  matrix: LayerMatrix,
  hardware: HardwareSpec,
  options?: ExchangeOptions,
): ExchangeProblem {
  const codes = matrixCodes(model, matrix);
  return problemOf(matrix.name, codes, matrix, encodingFor(matrix, hardware), hardware, options);
}

function problemOf(
  name: string,
  codes: Int16Array,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  encoding: WeightEncoding,
  hardware: HardwareSpec,
  { exchange = {}, seed = 1 }: ExchangeOptions = {},
): ExchangeProblem {
  checkFits(name, encoding, hardware);
  const room = roomOf(hardware.array, encoding);
  return { name, weights: codes, rows, columns, room, planes: planesOf(encoding), settings: exchange, seed };
}

/**
 * Places one matrix of integer weights with its columns exchanged.
 * @param codes [rows × columns], row-major; kept, not copied
 */
export function placeExchanged(
  name: string,
  codes: Int16Array,
  size: { readonly rows: number; readonly columns: number },
  encoding: WeightEncoding,
  hardware: HardwareSpec,
  options: ExchangeOptions = {},
): MatrixPlacement {
  const problem = problemOf(name, codes, size, encoding, hardware, options);
  const exchange = options.exchanged?.get(name) ?? exchangeColumns(problem);
  return {
    matrix: name,
    role: "forward",
    rows: size.rows,
    columns: size.columns,
    codes,
    encoding,
    groupRows: null,
    routing: "explicit",
    exchange: exchangeBlocks(exchange),
    copies: 1,
    arrays: exchangedArrays(codes, exchange, hardware.array, encoding),
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
