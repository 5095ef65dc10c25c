import { arch, availableParallelism, cpus, release, totalmem, type } from "node:os";

/** Memory that this process may use: the machine's, or less where a container or control group says so. */
export function availableMemory_bytes(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** What `doctor` says of the machine itself. */
export function machineFacts() {
  return {
    node: process.version,
    platform: `${type()} ${release()} (${process.platform}-${arch()})`,
    processor: cpus()[0]?.model.trim() || "unknown processor",
    /** Those that this process may use, which in a container are fewer than the machine has. */
    cores: availableParallelism(),
    memory_GiB: Number((totalmem() / 2 ** 30).toFixed(1)),
  };
}
