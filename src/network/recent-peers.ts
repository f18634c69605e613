import type { Clock } from '../core/clock.ts'
import type { PeerId } from '../job/decision.ts'

/** Remembers peers for a while, the latest of them. */
export class RecentPeers {
  readonly #clock: Clock
  readonly #forMs: number
  readonly #most: number
  /** When, by `clock.now()`; the latest at the end. */
  readonly #since = new Map<PeerId, number>()

  constructor(clock: Clock, { forMs, most }: { readonly forMs: number; readonly most: number }) {
    this.#clock = clock
    this.#forMs = forMs
    this.#most = most
  }

  add(peer: PeerId): void {
    this.#since.delete(peer)
    this.#since.set(peer, this.#clock.now())
    const [oldest] = this.#since.keys()
    if (this.#since.size > this.#most) this.#since.delete(oldest)
  }

  has(peer: PeerId): boolean {
    return this.#clock.now() - (this.#since.get(peer) ?? -Infinity) < this.#forMs
  }
}
