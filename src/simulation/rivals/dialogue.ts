import type { FailureReason } from '../../job/outcome.ts'
import { cheapest, pickOne, rival } from './rule.ts'
import { onOutcome, peerStates } from './seen.ts'

/** A failure counts as so many jobs, halved every 30 s in ten steps. */
const FAILURE_WEIGHT = 10
const HALF_LIFE_MS = 30_000
const STEPS_PER_HALF_LIFE = 10
/** A peer that refuses because it is full is hardly to blame (429). */
const OVERLOAD_WEIGHT = FAILURE_WEIGHT / 100

interface Failures {
  weight: number
  /** Steps of the clock that are counted for. */
  step: number
}

function decayed({ weight, step }: Failures, nowStep: number): number {
  return weight * 2 ** (-Math.max(0, nowStep - step) / STEPS_PER_HALF_LIFE)
}

function stepOf(atMs: number): number {
  return Math.floor((atMs * STEPS_PER_HALF_LIFE) / HALF_LIFE_MS)
}

function weightOf(reason: FailureReason): number {
  return reason === 'overloaded' ? OVERLOAD_WEIGHT : FAILURE_WEIGHT
}

/**
 * The lowest own jobs in flight + failures × 10, rounded, with a half-life of 30 s; of equals any.
 *
 * Departures: steps of the decay go by the wall clock, not from when the channel was made. Concurrency limits and the queue in front
 * of them give way to the health gate that all share.
 */
export const dialogueBalanced = rival(
  {
    id: 'dialogue-balanced',
    title: 'Dialogue balanced',
    source: 'palantir/dialogue, dialogue-core/src/main/java/com/palantir/dialogue/core/BalancedScoreTracker.java at 0effb8c'
  },
  ({ table, rng }) => {
    const failures = peerStates<Failures>(table, () => ({ weight: 0, step: 0 }))
    onOutcome(table, (peer, { outcome }, atMs) => {
      if (outcome.ok) return
      const own = failures.of(peer)
      const step = Math.max(own.step, stepOf(atMs))
      own.weight = decayed(own, step) + weightOf(outcome.reason)
      own.step = step
    })
    return pickOne(({ rows, count, atMs }) =>
      cheapest(rng, count, (i) => {
        const own = failures.find(table.peerAt(rows[i]))
        return table.inFlight(rows[i]) + (own === undefined ? 0 : Math.round(decayed(own, stepOf(atMs))))
      })
    )
  }
)
