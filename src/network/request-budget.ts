import { checkInteger, checkPositive } from '../core/check.ts'
import type { Clock } from '../core/clock.ts'
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

interface Bucket {
  tokens: number
  atMs: number
}

const MAX_PEERS = 4096

export function requestBudget(clock: Pick<Clock, 'now'>, options: RequestBudgetOptions): RequestBudget {
  const { perSecond, burst, maxPeers = MAX_PEERS } = options
  checkPositive('perSecond', perSecond)
  checkInteger('burst', burst, { min: 1 })
  checkInteger('maxPeers', maxPeers, { min: 1 })
  // In the order of their last request, the quietest first.
  const buckets = new Map<PeerId, Bucket>()

  function tokensOf(peer: PeerId, nowMs: number): number {
    const bucket = buckets.get(peer)
    if (bucket === undefined) return burst
    // A clock that goes back gives nothing.
    const passedMs = Math.max(0, nowMs - bucket.atMs)
    return Math.min(burst, bucket.tokens + (passedMs * perSecond) / 1000)
  }

  return {
    take(peer) {
      const nowMs = clock.now()
      const tokens = tokensOf(peer, nowMs)
      const granted = tokens >= 1
      buckets.delete(peer)
      buckets.set(peer, { tokens: granted ? tokens - 1 : tokens, atMs: nowMs })
      const [quietest] = buckets.keys()
      if (buckets.size > maxPeers) buckets.delete(quietest)
      return granted
    },
    waitMs: (peer) => Math.max(0, ((1 - tokensOf(peer, clock.now())) * 1000) / perSecond)
  }
}
