import type { Clock } from '../core/clock.ts'
import { setLatest } from '../core/latest.ts'
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
    setLatest(this.#since, peer, this.#clock.now(), this.#most)
  }

  has(peer: PeerId): boolean {
    return this.#clock.now() - (this.#since.get(peer) ?? -Infinity) < this.#forMs
  }
}
