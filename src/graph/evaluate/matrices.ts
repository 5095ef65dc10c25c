import type { Tensor } from "../../tensor.js";
import { type Evaluator, outputTensor } from "./context.js";
import { broadcastStrides, stridedRuns } from "./strides.js";

/** A matrix within a tensor's elements. */
interface MatrixView {
  readonly data: Tensor["data"];
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** Σₖ a[row, k] · b[k, column], in double precision. */
function dot(a: MatrixView, row: number, b: MatrixView, column: number, depth: number): number {
  let sum = 0;
  let i = a.offset + row * a.rowStride;
  let j = b.offset + column * b.columnStride;
  for (let k = 0; k < depth; k++) {
    sum += a.data[i]! * b.data[j]!;
    i += a.columnStride;
    j += b.rowStride;
  }
  return sum;
}

function view(data: Tensor["data"], columns: number, transposed: boolean): MatrixView {
  const [rowStride, columnStride] = transposed ? [1, columns] : [columns, 1];
  return { data, offset: 0, rowStride, columnStride };
}

/** y = alpha · A·B + beta · C, in double precision and rounded once. */
export const gemm: Evaluator<"Gemm"> = (context) => {
  const { alpha, beta, transA, transB } = context.attributes;
  const result = outputTensor(context);
  const [left, right, c] = [context.inputs[0]!, context.inputs[1]!, context.inputs[2]];
  const a = view(left.data, left.shape[1]!, transA);
  const b = view(right.data, right.shape[1]!, transB);
  const depth = transA ? left.shape[0]! : left.shape[1]!;
  const [rows, columns] = result.shape as readonly [number, number];
  const [biasRow, biasColumn] = c ? broadcastStrides(c.shape, result.shape) : [0, 0];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const bias = c ? beta * c.data[row * biasRow! + column * biasColumn!]! : 0;
      result.data[row * columns + column] = alpha * dot(a, row, b, column, depth) + bias;
    }
  return [result];
};

/** Matrix product over the last two dimensions, the others broadcast; vectors as NumPy's matmul takes them. */
export const matMul: Evaluator<"MatMul"> = (context) => {
  const result = outputTensor(context);
  const [left, right] = [context.inputs[0]!, context.inputs[1]!];
  const a = left.shape.length === 1 ? [1, left.shape[0]!] : left.shape;
  const b = right.shape.length === 1 ? [right.shape[0]!, 1] : right.shape;
  const [rows, depth, columns] = [a.at(-2)!, a.at(-1)!, b.at(-1)!];
  const vectors = Number(left.shape.length === 1) + Number(right.shape.length === 1);
  const stack = result.shape.slice(0, result.shape.length - (2 - vectors));
  const strides = [
    broadcastStrides(a.slice(0, -2), stack).map((stride) => stride * rows * depth),
    broadcastStrides(b.slice(0, -2), stack).map((stride) => stride * depth * columns),
  ];
  stridedRuns(stack, strides, (at, [i, j], [di, dj], count) => {
    for (let n = 0; n < count; n++) {
      const x = { ...view(left.data, depth, false), offset: i! + n * di! };
      const y = { ...view(right.data, columns, false), offset: j! + n * dj! };
      const to = (at + n) * rows * columns;
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          result.data[to + row * columns + column] = dot(x, row, y, column, depth);
    }
  });
  return [result];
};
