// Writes a PNG with the first drawn digits, twenty in a row, to be looked at. Build first: npm run build.
//   draw-digits.mjs [FILE.png] [train|test] [ROWS]
import { writeFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";
import { drawnDigits } from "../dist/index.js";

const [file = "drawn-digits.png", part = "train", rows = "20"] = process.argv.slice(2);
const columns = 20;
const zoom = 2;
const images = drawnDigits(part === "test" ? "test" : "train", { count: columns * Number(rows) });
const { height, width, pixels } = images;

// A line of a PNG is a byte that names its filter, 0 for none, and the pixels.
const lineBytes = 1 + columns * width * zoom;
const lineCount = Number(rows) * height * zoom;
const lines = Buffer.alloc(lineBytes * lineCount);
for (let line = 0; line < lineCount; line++)
  for (let x = 0; x < lineBytes - 1; x++) {
    const [row, column] = [Math.floor(line / zoom), Math.floor(x / zoom)];
    const image = Math.floor(row / height) * columns + Math.floor(column / width);
    lines[line * lineBytes + 1 + x] =
      pixels[(image * height + (row % height)) * width + (column % width)] ?? 0;
  }
writeFileSync(file, png(lineBytes - 1, lineCount, lines));
console.log(`wrote ${file}: ${images.count} images`);

/**
 * A grey PNG of 8 bits per pixel. Format: https://www.w3.org/TR/png-3/.
 * @param {number} width
 * @param {number} height
 * @param {Buffer} lines
 */
function png(width, height, lines) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const end = Buffer.alloc(0);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(lines)),
    chunk("IEND", end),
  ]);
}

/**
 * @param {string} type
 * @param {Buffer} data
 */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
