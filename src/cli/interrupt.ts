import { InterruptedError } from "../index.js";

/** Milliseconds that work gets to stop in before the process ends; everything on disk is whole at any moment. */
const patience_ms = 2000;

/**
 * Stops the work at the first signal, and the process where the work does not follow in time, or at the second one. A
 * process that another one of this program has started also stops when that one is gone.
 * @param kept what is said then: what there is and how to go on
 */
export async function interruptible<R>(
  kept: string,
  work: (signal: AbortSignal) => Promise<R>,
  { patience = patience_ms } = {},
): Promise<R> {
  const controller = new AbortController();
  const leave = () => {
    process.stderr.write(`\ninterrupted: ${kept}\n`);
    process.exit(130);
  };
  const onSignal = () => {
    if (controller.signal.aborted) leave();
    controller.abort(new InterruptedError(kept));
    setTimeout(leave, patience).unref();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal).on("disconnect", onSignal);
  // Gone before anybody listened: the process that has started this one died at once.
  if (process.connected === false) onSignal();
  try {
    return await work(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? new InterruptedError(kept, { cause: error }) : error;
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal).off("disconnect", onSignal);
  }
}
