import { checkInteger, checkPositive } from '../core/check.ts'
import type { Clock } from '../core/clock.ts'
import { setLatest } from '../core/latest.ts'
import { TokenBucket } from '../core/token-bucket.ts'
import type { PeerId } from '../job/decision.ts'

export interface RequestBudgetOptions {
  /** Requests a second that one peer may make for ever, > 0. */
  readonly perSecond: number
  /** Requests that it may make at once after it made none for a while, ≥ 1. */
  readonly burst: number
  /** Peers that are kept in mind, ≥ 1; above it the one that was quiet for the longest is forgotten. @default 4096 */
  readonly maxPeers?: number
}

/** How often each peer may ask: a token bucket a peer. */
export interface RequestBudget {
  /** Takes one request of the peer's. False when it has none left. */
  take(peer: PeerId): boolean
  /** Until the peer has a request again, ms ≥ 0. */
  waitMs(peer: PeerId): number
}

const MAX_PEERS = 4096

/** @throws ERR_INVALID_OPTION */
export function requestBudget(clock: Pick<Clock, 'now'>, options: RequestBudgetOptions): RequestBudget {
  const { perSecond, burst, maxPeers = MAX_PEERS } = options
  checkPositive('perSecond', perSecond)
  checkInteger('burst', burst, { min: 1 })
  checkInteger('maxPeers', maxPeers, { min: 1 })
  const limits = { most: burst, intervalMs: 1000 / perSecond }
  // In the order of their last request, the quietest first.
  const buckets = new Map<PeerId, TokenBucket>()
  return {
    take(peer) {
      const nowMs = clock.now()
      const bucket = buckets.get(peer) ?? new TokenBucket(limits, nowMs)
      setLatest(buckets, peer, bucket, maxPeers)
      return bucket.take(nowMs)
    },
    waitMs: (peer) => buckets.get(peer)?.waitMs(clock.now()) ?? 0
  }
}
