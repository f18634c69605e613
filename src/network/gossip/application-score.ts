import { checkPositive } from '../../core/check.ts'
import { type Clock, systemClock } from '../../core/clock.ts'
import { quantileOfSorted } from '../../math/quantile.ts'
import type { Evidence } from '../../peer/evidence.ts'
import type { PeerTable } from '../../peer/peer-table.ts'

/** How good a peer is at jobs, from what this router saw of its own. */
export interface QualityOptions {
  /** Pace of a usual peer, ms a work token > 0; undefined while none is known, then only successes count. */
  readonly usualMsPerWorkToken: number | undefined
  /** Outcomes that make an opinion half as strong as it can be, > 0. */
  readonly halfWeight: number
}

/**
 * A peer's quality between −1 and 1, both excluded, 0 for a peer that nothing is known of and for a usual one:
 *
 *   q = n / (n + half) · (2 · success · usual / (usual + pace) − 1)
 *
 * Half of the expected reward is success, half is pace beside the usual one: a peer that never fails and has twice the usual speed has
 * +1/3, one that fails half of its jobs at the usual speed −1/2, one that fails them all −1. n is the decayed count of outcomes, so that
 * an opinion fades as it is not renewed. Claims do not enter.
 */
export function peerQuality({ outcomes }: Evidence, { usualMsPerWorkToken: usual, halfWeight }: QualityOptions): number {
  const { successRatio, weight, msPerWorkToken: pace } = outcomes
  if (successRatio === undefined || !(weight > 0)) return 0
  const speed = usual === undefined || pace === undefined ? 1 / 2 : usual / (usual + pace)
  return (weight / (weight + halfWeight)) * (2 * successRatio * speed - 1)
}

export interface ApplicationScoreOptions {
  /** What the router knows of its peers, by the ids that gossipsub knows them by. */
  readonly table: PeerTable
  /** @default 5 */
  readonly halfWeight?: number
  readonly clock?: Clock
}

/** How old the usual pace may get, ms. */
const USUAL_MAX_AGE_MS = 10_000

/**
 * gossipsub's application-specific score (P5): {@link peerQuality} beside the median pace of all peers of the table. For
 * `scoreParams.appSpecificScore`; the weight says how many points ±1 is.
 * @throws ERR_INVALID_OPTION
 */
export function applicationScore({
  table,
  halfWeight = 5,
  clock = systemClock
}: ApplicationScoreOptions): (peer: string) => number {
  checkPositive('halfWeight', halfWeight)
  let usualMsPerWorkToken: number | undefined
  let madeAtMs = -Infinity
  return (peer) => {
    const row = table.rowOf(peer)
    if (row < 0) return 0
    if (!(clock.now() - madeAtMs < USUAL_MAX_AGE_MS)) {
      usualMsPerWorkToken = medianPace(table)
      madeAtMs = clock.now()
    }
    return peerQuality(table.evidence(row, clock.wall()), { usualMsPerWorkToken, halfWeight })
  }
}

function medianPace(table: PeerTable): number | undefined {
  const paces = Float64Array.from(table.peers(), (peer) => table.msPerWorkToken(table.rowOf(peer))).filter((pace) => pace > 0)
  return paces.length === 0 ? undefined : quantileOfSorted(paces.sort(), 0.5)
}
