export interface MachineSize {
  readonly cores: number;
  readonly memory_bytes: number;
}

/** What a point may take at its largest: a training step of a small network takes about 1 GB, a large one 3. */
const memoryOfPoint_bytes = 2 * 2 ** 30;

/**
 * How many points run at once unless the user says otherwise: as many as have cores of their own and memory, at least
 * one, and no more than are open. It changes nothing but the time: a point's threads are its own.
 */
export function defaultJobs(threads: number, open: number, machine: MachineSize): number {
  const byCores = Math.floor(machine.cores / threads);
  const byMemory = Math.floor(machine.memory_bytes / memoryOfPoint_bytes);
  return Math.max(1, Math.min(byCores, byMemory, open));
}
