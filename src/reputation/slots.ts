import type { PeerId } from '../job/decision.ts'
import { compareSummaries, type Summary } from './summary.ts'
import type { Tally } from './tally.ts'

/** The newest summary of one router. */
export interface Slot {
  readonly summary: Summary
  readonly tallies: ReadonlyMap<PeerId, Tally>
  /** Network that the router was in when the summary came. */
  readonly group: string
}

/**
 * What each router told last, one slot a router: a newer summary takes the place of the one before, an older one or the same changes
 * nothing. So summaries may come in any order and more than once (a state-based CRDT).
 */
export class SummarySlots {
  #slots = new Map<PeerId, Slot>()

  get(router: PeerId): Slot | undefined {
    return this.#slots.get(router)
  }

  /** Whether the slot changed. */
  merge(summary: Summary, group: string): boolean {
    const before = this.#slots.get(summary.router)
    if (before !== undefined && compareSummaries(summary, before.summary) <= 0) return false
    const tallies = new Map(summary.peers.map((tally) => [tally.peer, tally]))
    this.#slots.set(summary.router, { summary, tallies, group })
    // In order of id, so that sums come out the same to the last bit whatever came first.
    if (before === undefined) this.#slots = new Map([...this.#slots].sort(([a], [b]) => (a < b ? -1 : 1)))
    return true
  }

  remove(router: PeerId): void {
    this.#slots.delete(router)
  }

  /** In order of the routers' ids. */
  entries(): IterableIterator<[PeerId, Slot]> {
    return this.#slots.entries()
  }
}
