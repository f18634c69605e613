import type { PeerId } from '../job/decision.ts'

/** How many of something each peer has now. */
export class PeerCounts {
  readonly #counts = new Map<PeerId, number>()

  /** One more. @returns how many it has now, this one included */
  enter(peer: PeerId): number {
    const count = (this.#counts.get(peer) ?? 0) + 1
    this.#counts.set(peer, count)
    return count
  }

  leave(peer: PeerId): void {
    const count = (this.#counts.get(peer) ?? 1) - 1
    if (count === 0) this.#counts.delete(peer)
    else this.#counts.set(peer, count)
  }
}
