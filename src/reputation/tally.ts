import { PeerbanditError } from '../core/errors.ts'
import { show } from '../core/check.ts'

/** What is told of a peer weighs half after so long, ms. Part of the protocol: sums of two routers add up only if both forget alike. */
export const TALLY_HALF_LIFE_MS = 3_600_000

/** No tally holds more outcomes than this, and no pace is outside of 1 µs to 1000 s a token. */
export const MAX_OUTCOMES = 1e6
const LEAST_LOG_PACE = Math.log(1e-3)
const MOST_LOG_PACE = Math.log(1e6)
/** Sums are rounded on their way. */
const ROUNDING = 1e-9

/**
 * Outcomes of one peer as decayed sums at a landmark: an outcome of age a weighs 2^(−a / half-life). Two tallies of different outcomes add
 * up, whatever came first.
 * @see Cormode, Shkapenyuk, Srivastava and Xu 2009, "Forward Decay: A Practical Time Decay Model for Streaming Systems"
 */
export interface Tally {
  /** Decayed count of jobs that succeeded. 0–1e6 */
  readonly successes: number
  /** Decayed count of jobs that failed; refusals for being full are none. 0–1e6 */
  readonly failures: number
  /** Decayed count of successes that told a pace. ≥ 0, ≤ successes */
  readonly paceWeight: number
  /** Σ w·ln(ms a work token, alone). */
  readonly paceSum: number
}

export const EMPTY_TALLY: Tally = { successes: 0, failures: 0, paceWeight: 0, paceSum: 0 }

/** What is left after `elapsedMs`; a negative time takes the sums back to an earlier landmark. */
export function aged(tally: Tally, elapsedMs: number): Tally {
  const left = 2 ** (-elapsedMs / TALLY_HALF_LIFE_MS)
  return {
    successes: left * tally.successes,
    failures: left * tally.failures,
    paceWeight: left * tally.paceWeight,
    paceSum: left * tally.paceSum
  }
}

/** The outcomes of both, at the landmark of both. Commutative and associative, up to rounding. */
export function sumOf(a: Tally, b: Tally): Tally {
  return {
    successes: a.successes + b.successes,
    failures: a.failures + b.failures,
    paceWeight: a.paceWeight + b.paceWeight,
    paceSum: a.paceSum + b.paceSum
  }
}

/** Decayed count of outcomes. */
export function outcomesOf({ successes, failures }: Tally): number {
  return successes + failures
}

/** Mean of the log pace; NaN where none is told. */
export function logPaceOfTally({ paceWeight, paceSum }: Tally): number {
  return paceSum / paceWeight
}

/** A pace as it goes into a tally, within what any peer can have; undefined for none. @param msPerToken > 0 */
export function tallyLogPace(msPerToken: number | undefined): number | undefined {
  if (msPerToken === undefined || !(msPerToken > 0)) return undefined
  return Math.min(MOST_LOG_PACE, Math.max(LEAST_LOG_PACE, Math.log(msPerToken)))
}

function must(ok: boolean, field: string, wanted: string, value: unknown): void {
  if (!ok) throw new PeerbanditError('ERR_PROTOCOL', `tally.${field} must be ${wanted}, got ${show(value)}`)
}

/** @throws ERR_PROTOCOL for NaN, a negative, a huge or an absurd figure */
export function checkTally({ successes, failures, paceWeight, paceSum }: Tally): Tally {
  must(successes >= 0 && successes <= MAX_OUTCOMES, 'successes', `from 0 to ${MAX_OUTCOMES}`, successes)
  must(failures >= 0 && failures <= MAX_OUTCOMES, 'failures', `from 0 to ${MAX_OUTCOMES}`, failures)
  must(paceWeight >= 0 && paceWeight <= successes * (1 + ROUNDING), 'paceWeight', `from 0 to ${successes} successes`, paceWeight)
  const slack = ROUNDING * paceWeight
  const least = LEAST_LOG_PACE * paceWeight - slack
  const most = MOST_LOG_PACE * paceWeight + slack
  must(paceSum >= least && paceSum <= most, 'paceSum', `from ${least} to ${most}`, paceSum)
  return { successes, failures, paceWeight, paceSum }
}
