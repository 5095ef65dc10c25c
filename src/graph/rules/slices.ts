/** Which elements of one dimension a Slice takes: `count` of them from `first` on, `step` apart. */
export interface SliceSpan {
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

const clamp = (at: number, low: number, high: number): number => Math.min(high, Math.max(low, at));

/**
 * Bounds as ONNX Slice clamps them: negative ones count from the end, and those beyond the ends (exporters write
 * the extremes of int64) stop there. With a negative step the end may lie one before the first element.
 */
export function clampedSlice(size: number, start: number, end: number, step: number): SliceSpan {
  if (size === 0) return { first: 0, step, count: 0 };
  const from = start < 0 ? start + size : start;
  const to = end < 0 ? end + size : end;
  const first = step > 0 ? clamp(from, 0, size) : clamp(from, 0, size - 1);
  const last = step > 0 ? clamp(to, 0, size) : clamp(to, -1, size);
  return { first, step, count: Math.max(0, Math.ceil((last - first) / step)) };
}
