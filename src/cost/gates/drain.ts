import type { Technology } from "../../hardware/technology/index.js";
import { fins } from "./transistor.js";

/** Drains that touch one node: regions between gates, how many of their heights are open edges, and channels. */
export interface DrainShape {
  /** Drain regions that hang on the node. */
  readonly regions: number;
  /** Open sides of the height of the device. */
  readonly edges: number;
  /** Gates whose channel the node sees. */
  readonly channels: number;
  /** Height of one finger. */
  readonly height_m: number;
}

/**
 * C = bottom · area + sidewall · perimeter + channel · height; a fin has only its bottom.
 * Source: docs/sources.md#weste2010 (section 2.3, diffusion capacitance), split as in docs/sources.md#cacti.
 */
export function drainCapacitance(t: Technology, { regions, edges, channels, height_m }: DrainShape): number {
  if (t.fin) {
    const length_m = t.cell.polyPitch * t.node_m - t.gateLength_m;
    return regions * fins(t, height_m) * length_m * t.fin.width_m * t.drain.bottom_F_per_m2;
  }
  const width_m = regions * t.cell.drainWidth * t.node_m;
  const sides_m = 2 * width_m + edges * height_m;
  return (
    width_m * height_m * t.drain.bottom_F_per_m2 +
    sides_m * t.drain.sidewall_F_per_m +
    channels * height_m * t.drain.channel_F_per_m
  );
}

/**
 * The drain of one device in n fingers: every other region is a drain. An odd number leaves one open edge, an even
 * number two.
 */
export const deviceDrain = (t: Technology, finger_m: number, fingers: number): number =>
  drainCapacitance(t, {
    regions: fingers === 1 ? 1 : Math.ceil((fingers + 1) / 2),
    edges: fingers % 2 === 1 ? 1 : 2,
    channels: fingers,
    height_m: finger_m,
  });
