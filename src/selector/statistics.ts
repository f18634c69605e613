import type { PeerId } from '../job/decision.ts'
import type { FailureReason, Outcome } from '../job/outcome.ts'
import type { Selector, SelectorEvent } from './selector.ts'

/** What came of attempts, added up since the start. */
export interface Tally {
  readonly successes: number
  readonly failures: Readonly<Partial<Record<FailureReason, number>>>
  /** Of successes: tokens, and milliseconds from dispatch to the last and the first token. */
  readonly outputTokens: number
  readonly durationMs: number
  readonly firstTokenMs: number
  /** Of all outcomes, each 0–1. */
  readonly reward: number
}

/** Figures of one router since it started; attempts, not jobs: one that was tried again counts twice. */
export interface SelectionTotals {
  readonly decisions: number
  /** Their clients went away, or another peer was faster. */
  readonly cancelled: number
  /** Decided and not ended. */
  readonly inFlight: number
  /** Time that decisions took, all together, µs. */
  readonly decisionMicros: number
  readonly byPolicy: ReadonlyMap<string, Tally>
  /** By the arm that was followed. */
  readonly byArm: ReadonlyMap<string, Tally>
  readonly byPeer: ReadonlyMap<PeerId, Tally>
}

type MutableTally = { -readonly [K in keyof Tally]: Tally[K] } & { failures: Partial<Record<FailureReason, number>> }

/** Peers come and go: of more, those whose first outcome is longest ago are forgotten. */
const MOST_PEERS = 10_000

function tallyIn(tallies: Map<string, MutableTally>, key: string): MutableTally {
  const found = tallies.get(key) ?? { successes: 0, failures: {}, outputTokens: 0, durationMs: 0, firstTokenMs: 0, reward: 0 }
  tallies.set(key, found)
  return found
}

function add(tally: MutableTally, outcome: Outcome, reward: number): void {
  tally.reward += reward
  if (!outcome.ok) {
    tally.failures[outcome.reason] = (tally.failures[outcome.reason] ?? 0) + 1
    return
  }
  tally.successes += 1
  tally.outputTokens += outcome.outputTokens
  tally.durationMs += outcome.durationMs
  tally.firstTokenMs += outcome.firstTokenMs
}

/** Adds up what a selector decides and what comes of it, for metrics and pages: both show the same figures. */
export class SelectionStatistics {
  readonly #byPolicy = new Map<string, MutableTally>()
  readonly #byArm = new Map<string, MutableTally>()
  readonly #byPeer = new Map<PeerId, MutableTally>()
  readonly #unsubscribe: () => void
  #decisions = 0
  #cancelled = 0
  #ended = 0
  #decisionMicros = 0

  constructor(selector: Pick<Selector, 'subscribe'>) {
    this.#unsubscribe = selector.subscribe((event) => {
      this.#take(event)
    })
  }

  #take(event: SelectorEvent): void {
    switch (event.kind) {
      case 'decided':
        this.#decisions += 1
        this.#decisionMicros += event.micros
        break
      case 'cancelled':
        this.#cancelled += 1
        break
      case 'ended': {
        this.#ended += 1
        const { decision, record } = event
        for (const tally of [
          tallyIn(this.#byPolicy, decision.policy),
          tallyIn(this.#byArm, decision.arm),
          this.#ofPeer(record.peer)
        ])
          add(tally, record.outcome, record.reward)
      }
    }
  }

  #ofPeer(peer: PeerId): MutableTally {
    const [oldest] = this.#byPeer.keys()
    if (!this.#byPeer.has(peer) && this.#byPeer.size >= MOST_PEERS) this.#byPeer.delete(oldest)
    return tallyIn(this.#byPeer, peer)
  }

  /** The figures as they are now; they go on changing. */
  get totals(): SelectionTotals {
    return {
      decisions: this.#decisions,
      cancelled: this.#cancelled,
      inFlight: this.#decisions - this.#cancelled - this.#ended,
      decisionMicros: this.#decisionMicros,
      byPolicy: this.#byPolicy,
      byArm: this.#byArm,
      byPeer: this.#byPeer
    }
  }

  stop(): void {
    this.#unsubscribe()
  }
}
