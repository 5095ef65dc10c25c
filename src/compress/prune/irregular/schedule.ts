import { InputError } from "../../../errors.js";

/** How the share of zero weights goes over the steps of a stage, as plain data. */
export interface SparsitySchedule {
  /**
   * "cubic": fast first, where there is most to spare, then ever slower (Zhu and Gupta 2017, equation 1, docs/sources.md).
   * "linear": the same share at each time. "one-shot": all of it at `begin`.
   */
  readonly kind: "cubic" | "linear" | "one-shot";
  /** Steps done before masks are made for the first time. */
  readonly begin: number;
  /** Steps done when they are made for the last time; "one-shot" has no use for it. */
  readonly end: number;
  /** Steps from one time to the next; where they do not come out even, the last interval is shorter. */
  readonly every: number;
}

/** Steps done when the final sparsity is reached. */
export const lastMasks = ({ kind, begin, end }: SparsitySchedule): number =>
  kind === "one-shot" ? begin : end;

/** Whether masks are made anew behind so many steps. */
export function masksDue(schedule: SparsitySchedule, step: number): boolean {
  const last = lastMasks(schedule);
  if (step < schedule.begin || step > last) return false;
  return step === last || (step - schedule.begin) % schedule.every === 0;
}

/**
 * s_t = s_f + (s_i − s_f)(1 − (t − t0) / (t1 − t0))³ from step t0 = `begin` to t1 = `end`; the first power for "linear".
 * @param initial s_i, the share of zeros before `begin`
 * @param final s_f, the share from `end` on
 */
export function sparsityAt(
  schedule: SparsitySchedule,
  { initial, final }: { readonly initial: number; readonly final: number },
  step: number,
): number {
  const { kind, begin, end } = schedule;
  if (step < begin) return initial;
  if (step >= lastMasks(schedule)) return final;
  const left = 1 - (step - begin) / (end - begin);
  return final + (initial - final) * (kind === "cubic" ? left ** 3 : left);
}

/** @param steps length of the stage. @throws InputError where the schedule is none, or longer than the stage */
export function checkSchedule(schedule: SparsitySchedule, steps: number): void {
  const { kind, begin, end, every } = schedule;
  const last = lastMasks(schedule);
  const refuse = (key: string, value: unknown, hint: string) =>
    new InputError(`${key} of the sparsity schedule is ${value}`, { hint });
  if (kind !== "cubic" && kind !== "linear" && kind !== "one-shot")
    throw refuse("kind", kind, "choose cubic, linear or one-shot");
  if (!(Number.isInteger(begin) && begin >= 0))
    throw refuse("begin", begin, "give a whole number of steps from 0");
  if (!(Number.isInteger(every) && every >= 1))
    throw refuse("every", every, "give a whole number of steps from 1");
  if (kind !== "one-shot" && !(Number.isInteger(end) && end > begin))
    throw refuse(
      "end",
      end,
      `give a whole number of steps above ${begin}, where it begins, or choose one-shot`,
    );
  if (last > steps)
    throw refuse(
      kind === "one-shot" ? "begin" : "end",
      last,
      `the stage has ${steps} steps: end earlier, or train longer`,
    );
}
