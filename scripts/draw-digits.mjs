// Writes a PNG with the first drawn digits, to be looked at. Build first: npm run build.
// node scripts/draw-digits.mjs [FILE] [train|test] [ROWS]
import { writeFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";
import { drawnDigits } from "../dist/index.js";

const [file = "drawn-digits.png", part = "train", rows = "20"] = process.argv.slice(2);
const columns = 20;
const zoom = 2;
const { pixels, height, width, count } = drawnDigits(part, { count: columns * Number(rows) });

/** One grey PNG, images side by side, each pixel as zoom × zoom. Format: https://www.w3.org/TR/png-3/. */
const lineBytes = 1 + columns * width * zoom;
const lines = Buffer.alloc(lineBytes * (count / columns) * height * zoom);
for (let y = 0; y < lines.length / lineBytes; y++)
  for (let x = 0; x < columns * width * zoom; x++) {
    const [row, column] = [Math.floor(y / zoom), Math.floor(x / zoom)];
    const image = Math.floor(row / height) * columns + Math.floor(column / width);
    lines[y * lineBytes + 1 + x] = pixels[(image * height + (row % height)) * width + (column % width)];
  }

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

const header = Buffer.alloc(13);
header.writeUInt32BE(lineBytes - 1, 0);
header.writeUInt32BE(lines.length / lineBytes, 4);
header[8] = 8; // bits per pixel; colour type 0 is grey
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const png = [signature, chunk("IHDR", header), chunk("IDAT", deflateSync(lines)), chunk("IEND", Buffer.alloc(0))];
writeFileSync(file, Buffer.concat(png));
console.log(`wrote ${file}: ${count} images of ${columns} × ${rows}`);
