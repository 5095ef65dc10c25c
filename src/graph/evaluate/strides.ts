import { stridesOf } from "../../tensor.js";

/** One loop over an output's elements; `strides` says how far each operand moves per step. */
interface Axis {
  size: number;
  strides: number[];
}

/**
 * Called once per run of the innermost loop: `count` output elements from `at` on; operand k starts at
 * `offsets[k]` and moves by `steps[k]`. Both arrays are reused between calls.
 */
type Run = (at: number, offsets: readonly number[], steps: readonly number[], count: number) => void;

/**
 * Walks an output of the given shape in order, and beside it operands that have any stride along each of its
 * dimensions (0 where they are broadcast). Dimensions that all operands pass evenly are joined first, so that a
 * tensor of equal shapes is one run and a per-channel operand one run per image and channel.
 */
export function stridedRuns(
  shape: readonly number[],
  operands: readonly (readonly number[])[],
  run: Run,
  bases: readonly number[] = operands.map(() => 0),
): void {
  if (shape.includes(0)) return;
  const axes = joinAxes(shape, operands);
  const inner = axes.pop()!;
  const offsets = [...bases];
  const position = axes.map(() => 0);
  for (let at = 0; ; at += inner.size) {
    run(at, offsets, inner.strides, inner.size);
    if (!advance(axes, position, offsets)) return;
  }
}

/** Moves the outer loops on by one, as an odometer does; false at the end. */
function advance(axes: readonly Axis[], position: number[], offsets: number[]): boolean {
  for (let d = axes.length - 1; d >= 0; d--) {
    const { size, strides } = axes[d]!;
    position[d]!++;
    for (let k = 0; k < offsets.length; k++) offsets[k]! += strides[k]!;
    if (position[d]! < size) return true;
    position[d] = 0;
    for (let k = 0; k < offsets.length; k++) offsets[k]! -= size * strides[k]!;
  }
  return false;
}

function joinAxes(shape: readonly number[], operands: readonly (readonly number[])[]): Axis[] {
  const axes: Axis[] = [];
  for (const [d, size] of shape.entries()) {
    if (size === 1) continue;
    const strides = operands.map((operand) => operand[d]!);
    const outer = axes.at(-1);
    if (outer?.strides.every((stride, k) => stride === strides[k]! * size)) {
      outer.size *= size;
      outer.strides = strides;
    } else axes.push({ size, strides });
  }
  return axes.length > 0 ? axes : [{ size: 1, strides: operands.map(() => 0) }];
}

/** Strides of a tensor that is broadcast to a shape of at least its rank. */
export function broadcastStrides(shape: readonly number[], to: readonly number[]): number[] {
  const own = stridesOf(shape);
  const missing = to.length - shape.length;
  return to.map((_, d) => (d < missing || shape[d - missing] === 1 ? 0 : own[d - missing]!));
}
