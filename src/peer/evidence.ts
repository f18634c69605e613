import type { LoadReport } from '../job/outcome.ts'
import type { Claims } from './observation.ts'

/**
 * Everything known of one peer, projected to a moment. Missing is a value of its own: a mean over no observations is
 * `undefined`, never 0. Weights are counts of observations, decayed by age; factors mature with them.
 */
export interface Evidence {
  /** Since the first observation, ms ≥ 0. */
  readonly knownForMs: number
  readonly roundTrip: {
    /** Mean over the last half minute or so, ms. */
    readonly recentMs: number | undefined
    /** Mean over the last ten minutes or so, ms. */
    readonly meanMs: number | undefined
    /** Standard deviation over the same time, ms. */
    readonly jitterMs: number | undefined
    /** Share of pings that were answered, 0–1. */
    readonly answeredRatio: number | undefined
    /** Decayed count of pings, answered or not. */
    readonly weight: number
  }
  readonly sessions: {
    /** Share of the observed time that the peer was connected, 0–1, recent time weighing more. */
    readonly uptimeRatio: number | undefined
    /** Decayed time under observation, ms. */
    readonly observedMs: number
    /** How often it left, per hour of observed time. */
    readonly departuresPerHour: number
    readonly connected: boolean
  }
  readonly outcomes: {
    /** Share of jobs that succeeded, 0–1. */
    readonly successRatio: number | undefined
    /** Decayed count of outcomes. */
    readonly weight: number
    /** Outcomes ever, not decayed. */
    readonly count: number
    /** Mean decode speed seen by this router over whole jobs, tokens/s. */
    readonly tokensPerSecond: number | undefined
    /** Exponential average of completion time over job size, corrected for own jobs in flight, ms per work token. */
    readonly msPerWorkToken: number | undefined
  }
  /** The last load report and its age. */
  readonly load: (LoadReport & { readonly ageMs: number }) | undefined
  /** Jobs of this router that the peer has now. */
  readonly inFlight: number
  readonly claims: Claims | undefined
  /** How gossip stands to it, −1…1: the last observation, decayed. Not there where gossip said nothing. */
  readonly gossipStanding?: number
}
