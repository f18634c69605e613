import type { Clock } from '../../core/clock.ts'
import { setLatest } from '../../core/latest.ts'
import type { PeerId } from '../../job/decision.ts'

interface Seen {
  /** What the node gave as its time. */
  updatedMs: number
  /** When that was first seen, and whether it was seen to move; by our own monotonic clock. */
  sinceMs: number
  moved: boolean
}

const MOST_PEERS = 4_096

/**
 * Tells metadata that its node renews from metadata that nobody renews any more. Clocks of nodes may be wrong by hours: what counts is
 * that the time moves on, by our own clock. Only the first look has nothing but the node's own word.
 */
export class Freshness {
  readonly #clock: Clock
  readonly #maxAgeMs: number
  /** The peer that was looked at last is at the end. */
  readonly #seen = new Map<PeerId, Seen>()

  /** @param maxAgeMs > 0 */
  constructor(clock: Clock, maxAgeMs: number) {
    this.#clock = clock
    this.#maxAgeMs = maxAgeMs
  }

  /** @param updatedMs when the node says it wrote it, ms since the epoch */
  isFresh(peer: PeerId, updatedMs: number): boolean {
    const nowMs = this.#clock.now()
    const before = this.#seen.get(peer)
    const moves = before !== undefined && updatedMs > before.updatedMs
    const stays = before !== undefined && updatedMs === before.updatedMs
    const seen = stays ? before : { updatedMs, sinceMs: nowMs, moved: moves }
    setLatest(this.#seen, peer, seen, MOST_PEERS)
    if (nowMs - seen.sinceMs > this.#maxAgeMs) return false
    return seen.moved || Math.abs(this.#clock.wall() - updatedMs) <= this.#maxAgeMs
  }
}
