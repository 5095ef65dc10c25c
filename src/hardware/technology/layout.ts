/** Rules of a standard cell in feature sizes of the node. */
export interface CellRules {
  readonly height: number;
  /** Height into which wide switches are folded; they stand beside rows of cells. */
  readonly switchHeight: number;
  /** Pitch of gates (contacted poly pitch). */
  readonly polyPitch: number;
  /** Between n and p diffusion, and what a diffusion keeps away from each end of the cell. */
  readonly diffusionGap: number;
  readonly endGap: number;
  /** Width of a drain between a gate and the edge or the next gate. */
  readonly drainWidth: number;
  /** Pitches of the metal layers that run over a decoder. */
  readonly trackPitch: number;
}

const planar: CellRules = {
  height: 28,
  switchHeight: 32,
  polyPitch: 3.8,
  diffusionGap: 3.5,
  endGap: 1.8,
  drainWidth: 2.8,
  trackPitch: 2.8,
};

const fin = (height: number, polyPitch: number): CellRules => ({
  ...planar,
  height,
  switchHeight: height,
  polyPitch,
});

/**
 * Planar nodes: scalable rules of a 28 F cell. FinFET nodes: contacted gate pitch and cell height of foundry processes.
 * Source: docs/sources.md#mosis (scalable rules), docs/sources.md#irds; as collected in docs/sources.md#neurosim14.
 */
export function cellRules(node_m: number): CellRules {
  if (node_m >= 22e-9) return planar;
  if (node_m >= 14e-9) return fin(41.142, 5.571);
  return node_m >= 10e-9 ? fin(33, 6.4) : fin(34.285, 8.143);
}
