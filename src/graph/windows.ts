import type { WindowAttributes } from "./types.js";

/** Reach of a kernel whose taps stand `dilation` apart. */
export const effectiveKernel = (kernel: number, dilation: number): number => dilation * (kernel - 1) + 1;

/**
 * Output positions of a window that slides along `size` elements: ⌊(size + pads − reach) / stride⌋ + 1, as the
 * ONNX operators Conv, MaxPool and AveragePool define it; zero or less where the window does not fit once. In
 * ceil mode a last window may hang over the end, but not start in the padding after it (ONNX opset 19, PyTorch).
 */
export function windowOutput(
  size: number,
  attributes: WindowAttributes,
  axis: 0 | 1,
  ceilMode = false,
): number {
  const stride = attributes.strides[axis];
  const before = attributes.pads[axis];
  const after = attributes.pads[axis + 2]!;
  const reach = effectiveKernel(attributes.kernel[axis], attributes.dilations[axis]);
  const steps = (size + before + after - reach) / stride;
  if (!ceilMode) return Math.floor(steps) + 1;
  const positions = Math.ceil(steps) + 1;
  return (positions - 1) * stride >= size + before ? positions - 1 : positions;
}
