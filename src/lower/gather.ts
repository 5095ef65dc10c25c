import type { MatrixGeometry } from "./matrices.js";

/** Products of the matrix with an input vector that one image takes. */
export const positionsOf = (geometry: MatrixGeometry): number =>
  geometry.kind === "conv" ? geometry.outHeight * geometry.outWidth : 1;

/**
 * The inputs of every product, row by row of the matrix: out[r · (images · positions) + image · positions + p].
 * What a convolution pads is driven with `padding`, the code of zero.
 * @param codes [images × inputChannels × height × width], or [images × rows] for a dense layer
 */
export function gatherRows(
  geometry: MatrixGeometry,
  codes: Uint8Array,
  images: number,
  rows: number,
  padding: number,
): Uint8Array {
  return geometry.kind === "conv"
    ? gatherWindows(geometry, codes, images, padding)
    : transposeInputs(codes, images, rows);
}

function transposeInputs(codes: Uint8Array, images: number, rows: number): Uint8Array {
  const out = new Uint8Array(rows * images);
  for (let n = 0; n < images; n++) for (let r = 0; r < rows; r++) out[r * images + n] = codes[n * rows + r]!;
  return out;
}

function gatherWindows(
  g: Extract<MatrixGeometry, { kind: "conv" }>,
  codes: Uint8Array,
  images: number,
  padding: number,
): Uint8Array {
  const [kh, kw] = g.kernel;
  const positions = g.outHeight * g.outWidth;
  const stride = images * positions;
  const out = new Uint8Array(g.channels * kh * kw * stride);
  if (padding !== 0) out.fill(padding);
  let row = 0;
  for (let c = 0; c < g.channels; c++) {
    for (let i = 0; i < kh; i++) {
      for (let j = 0; j < kw; j++, row++) {
        for (let n = 0; n < images; n++) {
          const plane = (n * g.inputChannels + g.firstChannel + c) * g.height * g.width;
          copyShifted(g, codes, plane, i, j, out, row * stride + n * positions);
        }
      }
    }
  }
  return out;
}

/** One kernel position over a whole output map: out[oy, ox] = plane[oy·sy + i·dy − top, ox·sx + j·dx − left]. */
function copyShifted(
  g: Extract<MatrixGeometry, { kind: "conv" }>,
  codes: Uint8Array,
  plane: number,
  i: number,
  j: number,
  out: Uint8Array,
  at: number,
): void {
  const [sy, sx] = g.strides;
  const left = j * g.dilations[1] - g.pads[1];
  const firstX = Math.max(0, Math.ceil(-left / sx));
  const endX = Math.min(g.outWidth, Math.floor((g.width - 1 - left) / sx) + 1);
  for (let oy = 0; oy < g.outHeight; oy++) {
    const y = oy * sy + i * g.dilations[0] - g.pads[0];
    if (y < 0 || y >= g.height) continue;
    const source = plane + y * g.width + left;
    const target = at + oy * g.outWidth;
    for (let ox = firstX; ox < endX; ox++) out[target + ox] = codes[source + ox * sx]!;
  }
}
