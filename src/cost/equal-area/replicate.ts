/** A layer as replication sees it. */
export interface Replicable {
  /** Products of an image. */
  readonly positions: number;
  /** Time of one product. */
  readonly product_s: number;
  /** Of one copy of its arrays, index memory included. */
  readonly area_m2: number;
}

/** Layers on different images at a time, of which the slowest counts; or one after another, of which the sum does. */
export type LayerSchedule = "pipelined" | "serial";

/** Areas are sums in different orders. */
const rounding = 1e-12;

/** Time of a layer with so many copies: ⌈P / G⌉ · t. */
export const layerTime = ({ positions, product_s }: Replicable, copies: number): number =>
  Math.ceil(positions / copies) * product_s;

/** What an image takes: the slowest layer's time or the sum. */
export function scheduleTime(
  layers: readonly Replicable[],
  copies: readonly number[],
  schedule: LayerSchedule,
): number {
  const times = layers.map((layer, i) => layerTime(layer, copies[i]!));
  return schedule === "pipelined" ? Math.max(0, ...times) : times.reduce((a, b) => a + b, 0);
}

/**
 * Copies of every layer's arrays that fit into an area (spec of Lin et al., section 5). Pipelined: the slowest layer gets
 * the fewest copies that make it faster, until it does not fit; nothing faster fits, because every plan that is as fast
 * has at least these copies. Serial: always the further copies that save most time per area, of any number of them that
 * fit; or the single layer whose copies alone save most, where that saves more.
 * @returns copies by layer, or null where one of each does not fit
 */
export function replicate(
  layers: readonly Replicable[],
  budget_m2: number,
  schedule: LayerSchedule,
): readonly number[] | null {
  const limit_m2 = budget_m2 * (1 + rounding);
  const one = layers.map(() => 1);
  if (areaOf(layers, one) > limit_m2) return null;
  if (schedule === "pipelined") return pipelined(layers, limit_m2);
  const plans = [greedy(layers, limit_m2), ...layers.map((_, i) => single(layers, i, limit_m2))];
  const time = (copies: readonly number[]): number => scheduleTime(layers, copies, "serial");
  return plans.reduce((best, plan) => (time(plan) < time(best) ? plan : best));
}

export const areaOf = (layers: readonly Replicable[], copies: readonly number[]): number =>
  layers.reduce((sum, { area_m2 }, i) => sum + copies[i]! * area_m2, 0);

function pipelined(layers: readonly Replicable[], limit_m2: number): readonly number[] {
  const copies = layers.map(() => 1);
  // Copies that shorten one of two equally slow layers are of use only when those of the other fit as well.
  let kept: readonly number[] = [...copies];
  let kept_s = scheduleTime(layers, kept, "pipelined");
  while (areaOf(layers, copies) <= limit_m2) {
    const time_s = scheduleTime(layers, copies, "pipelined");
    if (time_s < kept_s) {
      kept = [...copies];
      kept_s = time_s;
    }
    const slowest = layers.findIndex((layer, i) => layerTime(layer, copies[i]!) === time_s);
    const next = slowest < 0 ? null : nextFaster(layers[slowest]!, copies[slowest]!);
    if (next === null) break;
    copies[slowest] = next;
  }
  return kept;
}

/** The fewest copies that are faster than so many, or null where none are. */
function nextFaster({ positions, product_s }: Replicable, copies: number): number | null {
  const rounds = Math.ceil(positions / copies);
  return rounds <= 1 || product_s === 0 ? null : Math.ceil(positions / (rounds - 1));
}

function greedy(layers: readonly Replicable[], limit_m2: number): readonly number[] {
  const copies = layers.map(() => 1);
  for (;;) {
    const room_m2 = limit_m2 - areaOf(layers, copies);
    let best = { layer: -1, copies: 0, rate: 0 };
    for (const [i, layer] of layers.entries()) {
      const now = copies[i]!;
      for (let next = nextFaster(layer, now); next !== null; next = nextFaster(layer, next)) {
        const area_m2 = (next - now) * layer.area_m2;
        if (area_m2 > room_m2) break;
        const rate = (layerTime(layer, now) - layerTime(layer, next)) / area_m2;
        if (rate > best.rate) best = { layer: i, copies: next, rate };
      }
    }
    if (best.layer < 0) return copies;
    copies[best.layer] = best.copies;
  }
}

/** As many copies of one layer as fit and make it faster, one of every other. */
function single(layers: readonly Replicable[], layer: number, limit_m2: number): readonly number[] {
  let copies: readonly number[] = layers.map(() => 1);
  const chosen = layers[layer]!;
  for (let next = nextFaster(chosen, 1); next !== null; next = nextFaster(chosen, next)) {
    const more = copies.with(layer, next);
    if (areaOf(layers, more) > limit_m2) break;
    copies = more;
  }
  return copies;
}
