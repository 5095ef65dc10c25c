import type { Random } from "../random.js";
import { elementCount, type Tensor, tensor } from "../tensor.js";

/**
 * Weights drawn from a normal distribution with standard deviation √(2 / fanIn), which keeps the variance of the
 * activations through layers with ReLU. Source: He et al., ICCV 2015, equation 10.
 *
 * The largest reference network has 138 million weights, so the numbers come from a generator of their own that
 * is seeded by four draws from `random`: Marsaglia's xorshift128 and his polar method, some 20 ns a weight.
 */
export function heNormal(shape: readonly number[], fanIn: number, random: Random): Tensor<"f32"> {
  const data = new Float32Array(elementCount(shape));
  fillNormal(data, Math.sqrt(2 / fanIn), random);
  return tensor("f32", shape, data);
}

export const constant = (count: number, value: number): Tensor<"f32"> =>
  tensor("f32", [count], new Float32Array(count).fill(value));

function fillNormal(data: Float32Array, deviation: number, random: Random): void {
  const uniform = xorshift128(random);
  for (let i = 0; i < data.length; i += 2) {
    // A point in the unit disc gives two independent normals (Marsaglia and Bray, 1964).
    let x: number;
    let y: number;
    let square: number;
    do {
      x = uniform();
      y = uniform();
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const factor = deviation * Math.sqrt((-2 * Math.log(square)) / square);
    data[i] = x * factor;
    if (i + 1 < data.length) data[i + 1] = y * factor;
  }
}

/** Uniform in [−1, 1) in steps of 2^−31. Source: Marsaglia, Xorshift RNGs, J. Stat. Software 8(14), 2003. */
function xorshift128(random: Random): () => number {
  const seed = () => random.integer(-0x80000000, 0x7fffffff);
  // An all-zero state would stay zero for ever; one odd word rules it out.
  let [x, y, z, w] = [seed(), seed(), seed(), seed() | 1];
  return () => {
    const t = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w = w ^ (w >>> 19) ^ (t ^ (t >>> 8));
    return w * 2 ** -31;
  };
}
