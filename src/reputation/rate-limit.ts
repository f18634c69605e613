import type { PeerId } from '../job/decision.ts'

/** Messages that a router may send at once, and how long until there is room for one more, ms. */
const BURST = 4
export const LEAST_INTERVAL_MS = 5_000
/** Routers that are kept count of; of more, the one that was heard longest ago starts anew. */
const MAX_ROUTERS = 2_048

interface Bucket {
  readonly room: number
  readonly atMs: number
}

/** How often each router may be heard: a token bucket each. */
export class RateLimit {
  readonly #buckets = new Map<PeerId, Bucket>()

  /** Takes one message of a router; false when it sends too many. @param nowMs never going back */
  allows(router: PeerId, nowMs: number): boolean {
    const { room, atMs } = this.#buckets.get(router) ?? { room: BURST, atMs: nowMs }
    const filled = Math.min(BURST, room + Math.max(0, nowMs - atMs) / LEAST_INTERVAL_MS)
    const allowed = filled >= 1
    this.#buckets.delete(router)
    const [longestAgo] = this.#buckets.keys()
    if (this.#buckets.size >= MAX_ROUTERS) this.#buckets.delete(longestAgo)
    this.#buckets.set(router, { room: allowed ? filled - 1 : filled, atMs: nowMs })
    return allowed
  }
}
