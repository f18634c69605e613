import type { GossipSub } from '@libp2p/gossipsub'
import { checkNonNegative, checkPositive } from '../../core/check.ts'
import { type Clock, systemClock } from '../../core/clock.ts'
import type { PeerTable } from '../../peer/peer-table.ts'
import { internalsOf } from './internals.ts'

/**
 * A score of gossipsub as evidence between −1 and 1, both excluded: score / (|score| + half). The order of scores is kept, and no score,
 * however extreme, says more than 1.
 * @param half the score that is worth 1/2, > 0; best the distance of the gossip threshold from 0
 */
export function standingOf(score: number, half: number): number {
  if (Number.isNaN(score)) return 0
  return Number.isFinite(score) ? score / (Math.abs(score) + half) : Math.sign(score)
}

export interface GossipWatchOptions {
  readonly gossip: GossipSub
  /** Where the observations go; peers that it does not have are not added. */
  readonly table: PeerTable
  /** The score that is worth half of what a standing can say, > 0. */
  readonly half: number
  /** Between two observations of a peer, ms ≥ 0; not more often than gossipsub's heartbeat. @default 10_000 */
  readonly intervalMs?: number
  readonly clock?: Clock
}

/**
 * Tells the peer table how gossipsub stands to each of its connected peers, as observations of the kind `gossip`. What this node told
 * gossipsub itself (P5) is left out, or its own opinion would come back to it as another's.
 * @returns ends it
 * @throws ERR_INVALID_OPTION
 */
export function watchGossip({ gossip, table, half, intervalMs = 10_000, clock = systemClock }: GossipWatchOptions): () => void {
  checkPositive('half', half)
  checkNonNegative('intervalMs', intervalMs)
  const { score } = internalsOf(gossip)
  const { params } = score
  let lastAtMs = -Infinity
  const look = () => {
    if (clock.now() - lastAtMs < intervalMs) return
    lastAtMs = clock.now()
    for (const [peer, { connected }] of score.peerStats) {
      if (!connected || !table.has(peer)) continue
      const others = score.score(peer) - params.appSpecificScore(peer) * params.appSpecificWeight
      table.observe(peer, { kind: 'gossip', standing: standingOf(others, half) }, clock.wall())
    }
  }
  gossip.addEventListener('gossipsub:heartbeat', look)
  return () => {
    gossip.removeEventListener('gossipsub:heartbeat', look)
  }
}
