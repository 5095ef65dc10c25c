import { convertExactly, convertQuickly, convertSlicesQuickly } from "./convert";
import { swizzle } from "./engine";
import { lookUpFused } from "./fused";
import { Job } from "./job";
import { block, tileQuad } from "./layout";
import { addPlane, addWidened, clear, sumTile } from "./sums";

/** Looks up, converts, shifts and adds one row group over one tile of positions. */
export function lookUp(job: Job, blocks: i32, positions: i32): void {
  job.blocks = blocks;
  job.positions = positions;
  if (job.fused) lookUpFused(job);
  else lookUpExactly(job);
}

/** Any converter, sums beyond sixteen bits, histograms: the sums are put together and converted in doubles. */
function lookUpExactly(job: Job): void {
  const quads = job.quads;
  const bits = job.bits;
  const sliceBits = job.sliceBits;
  const sliced = sliceBits > 1;
  const digits = job.digits;
  const planeStep = <usize>quads * block;
  const tileStep = <usize>quads * tileQuad;
  const perTile = 4 / digits;
  const sums = job.scratch;
  const whole = sums + 256;
  for (let t = 0; t < job.tiles; t++) {
    const tile = job.tables + <usize>t * tileStep;
    const chunk = load<i32>(job.chunks + (<usize>t << 2));
    const columns = min(perTile, job.columns - perTile * t);
    for (let b = 0; b < job.blocks; b++) {
      for (let first = 0; first < bits; first += sliceBits) {
        let bias = 0;
        for (let z = min(bits, first + sliceBits) - 1; z >= first; z--) {
          const plane = b * bits + z;
          const index = job.indices + <usize>plane * planeStep;
          const list = job.lists + ((<usize>plane * quads) << 2);
          const count = load<u32>(job.counts + (<usize>plane << 2));
          bias = job.start * sumTile(tile, index, list, count, chunk, job.start, sums);
          if (sliced) addPlane(whole, sums, bias, z + 1 == min(bits, first + sliceBits));
        }
        for (let c = 0; c < columns; c++) {
          const gains = job.gains + (<usize>(perTile * t + c) << 3);
          const row = load<i32>(gains, 4) * job.stride + b * block;
          const from = <usize>(c * digits) * 64;
          const weight = load<i32>(gains) << first;
          if (job.sure <= 0) convertExactly(job, sliced, sliced ? whole + 2 * from : sums + from, bias, weight, row, b);
          else if (sliced) convertSlicesQuickly(job, whole + 2 * from, weight, row);
          else convertQuickly(job, sums + from, bias, weight, row);
        }
      }
    }
  }
}

/** Index → driven lines of the quad. */
const driven: v128 = i8x16(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);

/**
 * Driven lines at each input bit and position, [bits × stride] i16.
 */
export function countLines(job: Job, lines: usize, blocks: i32): void {
  const quads = job.quads;
  const bits = job.bits;
  const stride = job.stride;
  const planeStep = <usize>quads * block;
  for (let b = 0; b < blocks; b++) {
    for (let z = 0; z < bits; z++) {
      const plane = b * bits + z;
      const index = job.indices + <usize>plane * planeStep;
      let entry = job.lists + ((<usize>plane * quads) << 2);
      const end = entry + (<usize>load<u32>(job.counts + (<usize>plane << 2)) << 2);
      const to = lines + (<usize>(z * stride + b * block) << 1);
      clear(to, 64);
      while (entry < end) {
        let low = i8x16.splat(0);
        let high = i8x16.splat(0);
        // 63 quads of four lines fit a byte.
        const stop = min(end, entry + 63 * 4);
        for (; entry < stop; entry += 4) {
          const at = index + <usize>load<u32>(entry);
          low = i8x16.add(low, swizzle(driven, v128.load(at)));
          high = i8x16.add(high, swizzle(driven, v128.load(at, 16)));
        }
        addWidened(to, low, high);
      }
    }
  }
}
