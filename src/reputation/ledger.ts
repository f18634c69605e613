import type { PeerId } from '../job/decision.ts'
import { PeerAverages, type Spread } from '../prediction/peer-averages.ts'
import { MAX_SUMMARY_PEERS, type PeerTally } from './summary.ts'
import { aged, EMPTY_TALLY, logPaceOfTally, MAX_OUTCOMES, outcomesOf, sumOf, type Tally } from './tally.ts'

/** Before any peer is known: 50 tokens/s, and a third to three times that; worth two peers. */
const ANY_PACE: Spread = { mean: Math.log(1000 / 50), variance: 1 }
const PRIOR_PEERS = 2

/** Peers that are remembered; of more, the one with the least weight is forgotten. */
const MAX_PEERS = 4_096

/** One outcome of this router's own. */
export interface OwnOutcome {
  readonly ok: boolean
  /** ln(ms a work token, alone); undefined where it tells none, as failures do. */
  readonly logPace?: number | undefined
}

/** The sums of a peer at their landmark: the newest outcome. */
export interface Entry {
  readonly tally: Tally
  readonly landmarkMs: number
  /** Outcomes ever, not decayed. */
  readonly count: number
}

/** What this router saw of peers itself, as sums that late outcomes land in exactly as timely ones would have. */
export class Ledger {
  readonly #entries = new Map<PeerId, Entry>()
  readonly #paces = new PeerAverages(ANY_PACE, PRIOR_PEERS)

  /** Of the log pace, over the peers. */
  get usualPace(): Spread {
    return this.#paces.expected()
  }

  /** Outcomes ever seen of a peer. */
  count(peer: PeerId): number {
    return this.#entries.get(peer)?.count ?? 0
  }

  tally(peer: PeerId, atMs: number): Tally {
    const entry = this.#entries.get(peer)
    return entry === undefined ? EMPTY_TALLY : aged(entry.tally, Math.max(0, atMs - entry.landmarkMs))
  }

  observe(peer: PeerId, { ok, logPace }: OwnOutcome, atMs: number): void {
    const paced = ok && logPace !== undefined
    const one = { successes: ok ? 1 : 0, failures: ok ? 0 : 1, paceWeight: paced ? 1 : 0, paceSum: paced ? logPace : 0 }
    this.add(peer, { tally: one, landmarkMs: atMs, count: 1 })
  }

  /** Adds sums of other outcomes. */
  add(peer: PeerId, added: Entry): void {
    const before = this.#entries.get(peer)
    if (before === undefined) {
      if (this.#entries.size >= MAX_PEERS) this.#forgetOne(added.landmarkMs)
      this.#set(peer, undefined, added)
      return
    }
    const landmarkMs = Math.max(before.landmarkMs, added.landmarkMs)
    const tally = sumOf(aged(before.tally, landmarkMs - before.landmarkMs), aged(added.tally, landmarkMs - added.landmarkMs))
    this.#set(peer, before, { tally, landmarkMs, count: before.count + added.count })
  }

  #set(peer: PeerId, before: Entry | undefined, after: Entry): void {
    this.#entries.set(peer, after)
    this.#paces.replace(paceOf(before), paceOf(after))
  }

  /**
   * The peers that it knows best, in ascending order of their ids.
   * @param least outcomes ever that a peer must have
   * @param isTold whether a peer may be told of at all
   */
  told(least: number, atMs: number, isTold: (peer: PeerId) => boolean): PeerTally[] {
    const known: PeerTally[] = []
    for (const [peer, { count }] of this.#entries) {
      if (count < least || !isTold(peer)) continue
      const tally = this.tally(peer, atMs)
      if (outcomesOf(tally) <= MAX_OUTCOMES) known.push({ peer, ...tally })
    }
    known.sort((a, b) => outcomesOf(b) - outcomesOf(a) || byId(a, b))
    return known.slice(0, MAX_SUMMARY_PEERS).sort(byId)
  }

  entries(): readonly (readonly [PeerId, Entry])[] {
    return [...this.#entries]
  }

  #forgetOne(atMs: number): void {
    let [least, weight] = ['', Infinity]
    for (const peer of this.#entries.keys()) {
      const outcomes = outcomesOf(this.tally(peer, atMs))
      if (outcomes < weight) [least, weight] = [peer, outcomes]
    }
    this.#paces.replace(paceOf(this.#entries.get(least)), undefined)
    this.#entries.delete(least)
  }
}

function paceOf(entry: Entry | undefined): number | undefined {
  return entry !== undefined && entry.tally.paceWeight > 0 ? logPaceOfTally(entry.tally) : undefined
}

function byId(a: PeerTally, b: PeerTally): number {
  return a.peer < b.peer ? -1 : a.peer > b.peer ? 1 : 0
}
