import type { KernelModule } from "../../array/simd/module.js";
import type { LayerMatrix } from "../../lower/matrices.js";
import { type Codes, slack } from "./values.js";

/** Where a matrix finds its inputs in planes that stand with their padding. A dense layer has planes of one element. */
export interface Window {
  readonly channels: number;
  readonly firstChannel: number;
  readonly inputChannels: number;
  readonly height: number;
  readonly width: number;
  readonly paddedHeight: number;
  readonly paddedWidth: number;
  readonly top: number;
  readonly left: number;
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly outHeight: number;
  readonly outWidth: number;
  /** [rows] u32 in the kernels' memory: where each matrix row's element lies at output position 0. */
  readonly offsets: number;
  /** The same in JavaScript's memory. */
  readonly rowOffsets: Int32Array;
  /** Rows of a plane by the kernel rows that see them: see countBits. */
  readonly order: number;
  readonly classes: number;
  readonly classCount: number;
}

export function windowOf(module: KernelModule, matrix: LayerMatrix): Window {
  const shape = shapeOf(matrix);
  const { paddedWidth, paddedHeight, kernel, dilations, channels, firstChannel } = shape;
  const offsets: number[] = [];
  for (let c = firstChannel; c < firstChannel + channels; c++)
    for (let i = 0; i < kernel[0]; i++)
      for (let j = 0; j < kernel[1]; j++)
        offsets.push((c * paddedHeight + i * dilations[0]) * paddedWidth + j * dilations[1]);
  const seenBy = new Map<number, number[]>();
  for (let y = 0; y < shape.height; y++) {
    let kernelRows = 0;
    for (let i = 0; i < kernel[0]; i++) {
      const from = y + shape.top - i * dilations[0];
      if (from >= 0 && from % shape.strides[0] === 0 && from / shape.strides[0] < shape.outHeight)
        kernelRows += 2 ** i;
    }
    if (kernelRows !== 0) seenBy.set(kernelRows, [...(seenBy.get(kernelRows) ?? []), y]);
  }
  return {
    ...shape,
    offsets: module.place(offsets),
    rowOffsets: Int32Array.from(offsets),
    order: module.place([...seenBy.values()].flat()),
    classes: module.place([...seenBy].flatMap(([kernelRows, rows]) => [rows.length, kernelRows])),
    classCount: seenBy.size,
  };
}

function shapeOf({ geometry: g, rows }: LayerMatrix) {
  if (g.kind === "dense") {
    const one = [1, 1] as const;
    const plane = { height: 1, width: 1, paddedHeight: 1, paddedWidth: 1, top: 0, left: 0 };
    const channels = { channels: rows, firstChannel: 0, inputChannels: rows };
    return { ...plane, ...channels, kernel: one, strides: one, dilations: one, outHeight: 1, outWidth: 1 };
  }
  const [top, left, bottom, right] = g.pads;
  return { ...g, top, left, paddedHeight: g.height + top + bottom, paddedWidth: g.width + left + right };
}

/** The planes of all images with their padding, which is the code of zero. */
export function paddedPlanes(module: KernelModule, window: Window, codes: Codes, images: number): number {
  const { inputChannels, height, width, paddedHeight, paddedWidth, top, left } = window;
  if (height === paddedHeight && width === paddedWidth) return codes.at;
  const planes = images * inputChannels;
  const at = module.allocate(planes * paddedHeight * paddedWidth + slack);
  module.exports.padPlanes(
    codes.at,
    planes,
    height,
    width,
    at,
    paddedHeight,
    paddedWidth,
    top,
    left,
    codes.quantizer.zeroPoint,
  );
  return at;
}

/** Whether eight neighbouring positions find their inputs in eight neighbouring bytes. */
export const liesStraight = ({ strides, outWidth }: Window): boolean =>
  strides[1] === 1 && outWidth % 8 === 0;

/** For each eight positions from `first` on, where their inputs at row offset 0 lie; what is beyond `end` is no one's. */
export function runsOf(window: Window, padded: number, first: number, end: number, runs: Int32Array): void {
  const { inputChannels, paddedHeight, paddedWidth, strides, outHeight, outWidth } = window;
  const imageStep = inputChannels * paddedHeight * paddedWidth;
  for (let run = 0; run < runs.length; run++) {
    const position = first + 8 * run;
    const image = Math.floor(position / (outHeight * outWidth));
    const y = Math.floor(position / outWidth) % outHeight;
    const inside = image * imageStep + y * strides[0] * paddedWidth + (position % outWidth);
    runs[run] = position < end ? padded + inside : padded;
  }
}

export function gather(
  module: KernelModule,
  window: Window,
  padded: number,
  rows: number,
  first: number,
  count: number,
  to: number,
  stride: number,
): void {
  const { inputChannels, paddedHeight, paddedWidth, strides, outHeight, outWidth } = window;
  module.exports.gatherPositions(
    padded,
    inputChannels * paddedHeight * paddedWidth,
    strides[0] * paddedWidth,
    strides[1],
    outHeight,
    outWidth,
    window.offsets,
    rows,
    first,
    count,
    to,
    stride,
  );
}

/** [bits × rows] how many products drive row r with bit z set. */
export function countOnes(
  module: KernelModule,
  window: Window,
  codes: Codes,
  images: number,
  rows: number,
  bits: number,
): Float64Array {
  const { channels, firstChannel, inputChannels, height, width, kernel, strides, dilations } = window;
  const mark = module.used;
  const plane = height * width;
  const lanes = module.allocate(bits * Math.ceil(width / 16) * 64);
  const ones = module.allocate(4 * bits * rows);
  module.i32(ones, bits * rows).fill(0);
  module.exports.countBits(
    codes.at + firstChannel * plane,
    images,
    inputChannels * plane,
    channels,
    height,
    width,
    window.order,
    window.classes,
    window.classCount,
    bits,
    kernel[0],
    kernel[1],
    strides[1],
    dilations[1],
    window.left,
    window.outWidth,
    lanes,
    ones,
    rows,
  );
  const counted = Float64Array.from(module.i32(ones, bits * rows));
  module.release(mark);
  if (codes.quantizer.zeroPoint !== 0)
    addPadding(window, codes.quantizer.zeroPoint, images, rows, bits, counted);
  return counted;
}

/** Products in which a row's element is padding, which is driven with the code of zero. */
function addPadding(
  window: Window,
  zeroPoint: number,
  images: number,
  rows: number,
  bits: number,
  ones: Float64Array,
): void {
  const { kernel, outHeight, outWidth } = window;
  const insideY = Array.from({ length: kernel[0] }, (_, i) => positionsInside(window, 0, i));
  const insideX = Array.from({ length: kernel[1] }, (_, j) => positionsInside(window, 1, j));
  for (let r = 0; r < rows; r++) {
    const i = Math.floor(r / kernel[1]) % kernel[0];
    const padding = images * (outHeight * outWidth - insideY[i]! * insideX[r % kernel[1]]!);
    for (let z = 0; z < bits; z++) if ((zeroPoint >> z) & 1) ones[z * rows + r]! += padding;
  }
}

/** Output positions along an axis whose kernel element k lies inside the input. */
function positionsInside(window: Window, axis: 0 | 1, k: number): number {
  const [size, positions, before] =
    axis === 0 ? [window.height, window.outHeight, window.top] : [window.width, window.outWidth, window.left];
  let inside = 0;
  for (let p = 0; p < positions; p++) {
    const at = p * window.strides[axis] + k * window.dilations[axis] - before;
    if (at >= 0 && at < size) inside++;
  }
  return inside;
}
