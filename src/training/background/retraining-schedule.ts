import { checkInteger, checkNonNegative } from '../../core/check.ts'
import type { Clock } from '../../core/clock.ts'

export interface RetrainingScheduleOptions {
  /** Successful jobs since the last retraining, ≥ 1. @default 1000 */
  readonly everyOutcomes?: number
  /** Time since the last retraining began, ms ≥ 0. @default six hours */
  readonly everyMs?: number
}

const DEFAULTS = { everyOutcomes: 1_000, everyMs: 6 * 3_600_000 } as const satisfies RetrainingScheduleOptions

/** When to train again: after enough new outcomes, and not too soon. */
export interface RetrainingSchedule {
  /** Whether it is time. @param outcomes that there were so far; reading changes nothing */
  isDue(outcomes: number): boolean
  /** A retraining begins, however it will end. */
  begun(outcomes: number): void
}

/** Counts from now, and from no outcomes. @throws ERR_INVALID_OPTION */
export function retrainingSchedule(clock: Pick<Clock, 'now'>, options: RetrainingScheduleOptions = {}): RetrainingSchedule {
  const { everyOutcomes, everyMs } = { ...DEFAULTS, ...options }
  checkInteger('everyOutcomes', everyOutcomes, { min: 1 })
  checkNonNegative('everyMs', everyMs)
  let last = { outcomes: 0, atMs: clock.now() }
  return {
    isDue: (outcomes) => outcomes - last.outcomes >= everyOutcomes && clock.now() - last.atMs >= everyMs,
    begun(outcomes) {
      last = { outcomes, atMs: clock.now() }
    }
  }
}
