import type { Clock } from '../../../src/core/clock.ts'
import { formatMs, formatNumber } from '../../../src/experiment/format.ts'

const LEAST_BETWEEN_LINES_MS = 5000

export interface ProgressOptions {
  /** How many runs there are to do now. */
  readonly total: number
  readonly clock: Clock
  readonly write: (line: string) => void
}

/** Tells how far a long program is: at most a line every five seconds, and one at the end. */
export function progressMeter({ total, clock, write }: ProgressOptions): (what: string) => void {
  const startMs = clock.now()
  let done = 0
  let toldMs = -Infinity
  return (what) => {
    done += 1
    const nowMs = clock.now()
    if (done < total && nowMs - toldMs < LEAST_BETWEEN_LINES_MS) return
    toldMs = nowMs
    const perRunMs = (nowMs - startMs) / done
    const left = done === total ? `took ${formatMs(nowMs - startMs)}` : `${formatMs(perRunMs * (total - done))} left`
    write(`${done} of ${total} runs, ${formatNumber(1000 / perRunMs)} a second, ${left} (${what})\n`)
  }
}
