import type { Evidence } from '../peer/evidence.ts'
import { clampRatio } from './factor.ts'

/** A load report is worth half after this long: jobs take seconds, so a report from half a minute ago says little. */
const REPORT_HALF_LIFE_MS = 10_000
/** What own jobs in flight weigh where nothing else is known: certain, but only part of the load. */
const OWN_JOBS_MATURITY = 0.5
/** What a load that the peer merely claims weighs. */
const CLAIM_MATURITY = 0.25
/** The load that earns half of the points for headroom: a claim of less is doubted. */
const NEUTRAL_RATIO = 1 - Math.cbrt(0.5)

export interface Occupancy {
  /** Share of the peer that is taken: 0 idle, 1 full or more. */
  readonly busyRatio: number
  readonly maturity: number
}

/** A claimed load as far as it is believed: nobody lies to look busy, so only what is claimed below the middle is doubted. */
function trusted(claimedRatio: number): number {
  const claimed = clampRatio(claimedRatio)
  return claimed < NEUTRAL_RATIO ? (claimed + NEUTRAL_RATIO) / 2 : claimed
}

/**
 * How busy a peer is: the last load report with this router's own jobs in flight on top, over the peer's slots. A job that the
 * report counts already is counted twice until the next one; that errs towards spreading jobs. Without a report the own jobs
 * fill a peer of unknown size, n of n + 1, and the claimed load stands in for the rest. Undefined when there is none of these.
 */
export function occupancyOf({ load, inFlight, claims }: Evidence): Occupancy | undefined {
  const own = inFlight > 0 ? OWN_JOBS_MATURITY : 0
  if (load !== undefined) {
    const busyRatio = clampRatio((load.running + load.queued + inFlight) / Math.max(1, load.slots))
    return { busyRatio, maturity: Math.max(own, 2 ** (-load.ageMs / REPORT_HALF_LIFE_MS)) }
  }
  if (claims === undefined && own === 0) return undefined
  const ownRatio = inFlight > 0 ? inFlight / (inFlight + 1) : 0
  if (claims === undefined) return { busyRatio: ownRatio, maturity: own }
  return { busyRatio: Math.max(ownRatio, trusted(claims.loadRatio)), maturity: Math.max(own, CLAIM_MATURITY) }
}
