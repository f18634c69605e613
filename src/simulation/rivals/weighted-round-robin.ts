import { eachCandidate, pickOne, rival } from './rule.ts'
import { moved, onLoad, onOutcome, peerStates } from './seen.ts'

/** Share of the newest report in what is smoothed. */
const ALPHA = 0.3
/** A machine that claims to be idle while it produces is taken to be this busy, ratio. */
const LEAST_UTILISATION = 0.01

interface PeerShare {
  /** tokens/s */
  goodput?: number
  /** 0–1 */
  utilisation?: number
  /** Share of jobs that succeeded, 0–1. */
  success: number
  /** Turns that it is owed. */
  credit: number
}

function weightOf({ goodput, utilisation, success }: PeerShare): number | undefined {
  if (goodput === undefined || utilisation === undefined) return undefined
  return (success * goodput) / Math.max(LEAST_UTILISATION, utilisation)
}

/**
 * The balancer that Prequal replaced: turns in proportion to w = q / u, goodput over utilisation, both smoothed.
 *
 * Departures: goodput is what a report says of its jobs, running × speed, and utilisation its busy slots, for reports while
 * something runs; the smoothing (0.3 a report) and the share of successes of this router's jobs that scales a weight are ours,
 * as the paper gives no figures. Who has no weight yet has the mean of the others. Turns are dealt as nginx does (smooth
 * weighted round robin), which for fixed weights is the fair order.
 */
export const weightedRoundRobin = rival(
  { id: 'weighted-round-robin', title: 'Weighted round robin', source: 'Wydrowski et al. 2024 (Prequal, NSDI), section 2: WRR' },
  ({ table }) => {
    const shares = peerStates<PeerShare>(table, () => ({ success: 1, credit: 0 }))
    onLoad(table, (peer, { slots, running, tokensPerSecond }) => {
      if (!(running > 0 && tokensPerSecond > 0)) return
      const share = shares.of(peer)
      share.goodput = moved(share.goodput, running * tokensPerSecond, ALPHA)
      share.utilisation = moved(share.utilisation, Math.min(1, running / Math.max(1, slots)), ALPHA)
    })
    onOutcome(table, (peer, { outcome }) => {
      const share = shares.of(peer)
      share.success = moved(share.success, outcome.ok ? 1 : 0, ALPHA)
    })
    return pickOne((view) => {
      const candidates = eachCandidate(view, (row) => shares.of(table.peerAt(row)))
      const known = candidates.map(weightOf).filter((weight) => weight !== undefined)
      const unknown = known.length > 0 ? known.reduce((sum, weight) => sum + weight, 0) / known.length : 1
      const weights = candidates.map((share) => weightOf(share) ?? unknown)
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      // Every peer failed always: everybody alike.
      for (const [i, share] of candidates.entries()) share.credit += total > 0 ? weights[i] / total : 1 / view.count
      const next = candidates.reduce((best, share, i) => (share.credit > candidates[best].credit ? i : best), 0)
      candidates[next].credit -= 1
      return next
    })
  }
)
