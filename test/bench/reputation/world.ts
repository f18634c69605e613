import { type ManualClock, manualClock } from '../../../src/core/clock.ts'
import { PeerbanditError } from '../../../src/core/errors.ts'
import { pcg32, type Rng, seedFrom } from '../../../src/core/rng.ts'
import { normal } from '../../../src/math/draw.ts'
import { emptyForecast } from '../../../src/prediction/forecast.ts'
import { followTable } from '../../../src/reputation/follow-table.ts'
import type { ReputationOptions } from '../../../src/reputation/options.ts'
import { type Reputation, reputation } from '../../../src/reputation/reputation.ts'
import { subsetDealer } from '../../../src/simulation/virtual/known-peers.ts'
import { createSelection, type Selection } from '../../../src/selector/selection.ts'

const START_MS = 1_700_000_000_000
const TOKENS = 100
const RTT_MS = 30
/** A failed job takes so long until it says so, and counts as so much in a peer's true cost, ms. */
const FAILURE_MS = 1_000
const FAILURE_COST_MS = 4_000
const PAUSE_MS = 1_000
const PIECES = 5

export interface TruePeer {
  readonly id: string
  readonly logPace: number
  readonly failureRatio: number
}

/** Peers of which a quarter fails often. Medians 50 tokens/s, a factor of two either way. */
export function drawPeers(count: number, seed: number): TruePeer[] {
  const rng = pcg32(seedFrom('reputation-peers', seed))
  return Array.from({ length: count }, (_, i) => {
    const logPace = Math.log(20) + 0.7 * normal(rng)
    const flaky = rng.next() < 0.25
    return { id: `peer-${String(i).padStart(2, '0')}`, logPace, failureRatio: flaky ? 0.4 + 0.5 * rng.next() : 0.03 * rng.next() }
  })
}

/** What a job at a peer costs in truth, ms. */
export function trueCostMs({ logPace, failureRatio }: TruePeer): number {
  return (1 - failureRatio) * TOKENS * Math.exp(logPace) + failureRatio * FAILURE_COST_MS
}

const job = (id: string) => ({
  id,
  model: 'm',
  workloadClass: 'interactive',
  promptTokens: 0,
  expectedOutputTokens: TOKENS,
  deadlineMs: 30_000
})

export interface SimulatedRouterOptions {
  readonly id: string
  readonly seed: number
  /** Undefined for a router that listens to nobody. */
  readonly reputation?: ReputationOptions | undefined
  /** @default when the world began */
  readonly startMs?: number
  /**
   * Whether a policy chooses peers, or chance among a half of them that is the router's own: then what it sees does not depend on what it
   * hears. @default 'policy'
   */
  readonly choice?: Choice
}

export type Choice = 'policy' | 'chance'

/** A router as in production, one job after the other; only peers and time are made up. */
export class SimulatedRouter {
  readonly id: string
  readonly clock: ManualClock
  readonly reputation: Reputation | undefined
  /** Times of its jobs, failed attempts included, ms. */
  readonly jobMs: number[] = []
  readonly #peers: ReadonlyMap<string, TruePeer>
  readonly #selection: Selection
  readonly #rng: Rng
  readonly #candidates: () => string[]

  constructor(peers: readonly TruePeer[], options: SimulatedRouterOptions) {
    const { id, seed, startMs = START_MS } = options
    this.id = id
    this.#candidates = candidatesOf(peers, options)
    this.clock = manualClock(startMs)
    this.#peers = new Map(peers.map((peer) => [peer.id, peer]))
    this.#rng = pcg32(seedFrom('reputation-jobs', seed, id))
    this.reputation = options.reputation === undefined ? undefined : reputation({ routerId: id }, options.reputation)
    const components = { clock: this.clock, ...(this.reputation !== undefined && { hearsay: this.reputation }) }
    this.#selection = createSelection(components, { routerId: id, seed: seedFrom('reputation-draws', seed, id) })
    const { table } = this.#selection
    if (this.reputation !== undefined) followTable(table, this.reputation)
    for (const peer of peers) {
      table.observe(peer.id, { kind: 'connected' }, startMs)
      table.observe(peer.id, { kind: 'ping', rttMs: RTT_MS }, startMs)
    }
  }

  /** Peers by what this router expects of them, best first. */
  ranking(): string[] {
    const { table, predictor } = this.#selection
    const into = emptyForecast()
    const atMs = this.clock.wall()
    const expected = Array.from(this.#peers.keys(), (peer) => {
      predictor.predict(table.rowOf(peer), job('rank'), atMs, into)
      const { durationMs, failureRatio } = into
      return { peer, costMs: (1 - failureRatio) * durationMs + failureRatio * FAILURE_COST_MS }
    })
    return expected.sort((a, b) => a.costMs - b.costMs).map(({ peer }) => peer)
  }

  /** One job until it succeeds. */
  async runJob(): Promise<void> {
    const startMs = this.clock.wall()
    let done = false
    for (let attempt = 1; !done; attempt++) done = await this.#attempt(attempt)
    this.jobMs.push(this.clock.wall() - startMs)
    this.clock.advance(PAUSE_MS)
  }

  async #attempt(attempt: number): Promise<boolean> {
    const lease = this.#lease(attempt)
    if (lease === undefined) {
      this.clock.advance(PAUSE_MS)
      return false
    }
    const peer = this.#peers.get(lease.peer)
    if (peer === undefined) throw new PeerbanditError('ERR_UNKNOWN_PEER', `the simulation has no peer ${lease.peer}`)
    // The same draws whatever was chosen, so that two worlds differ by their choices alone.
    const [fails, noise] = [this.#rng.next() < peer.failureRatio, normal(this.#rng)]
    this.clock.advance(RTT_MS)
    if (fails) {
      this.clock.advance(FAILURE_MS)
      await lease.fail('engine')
      return false
    }
    const tokenMs = Math.exp(peer.logPace + 0.15 * noise)
    for (let piece = 0; piece < PIECES; piece++) {
      this.clock.advance((tokenMs * TOKENS) / PIECES)
      lease.progress(TOKENS / PIECES)
    }
    await lease.complete({ outputTokens: TOKENS })
    return true
  }

  #lease(attempt: number) {
    try {
      const asked = job(`${this.id}-${this.jobMs.length}`)
      return this.#selection.selector.acquire(this.#candidates(), asked, { attempt, retries: 2 })
    } catch (error) {
      if (error instanceof PeerbanditError && error.code === 'ERR_NO_ELIGIBLE_PEER') return undefined
      throw error
    }
  }
}

function candidatesOf(peers: readonly TruePeer[], { id, seed, choice = 'policy' }: SimulatedRouterOptions): () => string[] {
  const ids = peers.map((peer) => peer.id)
  if (choice === 'policy') return () => ids
  const rng = pcg32(seedFrom('reputation-choices', seed, id))
  const own = subsetDealer(ids, Math.ceil(ids.length / 2), rng)()
  return () => [own[Math.floor(rng.next() * own.length)]]
}

/** Share of pairs of peers that a ranking has the wrong way round, 0–1. */
export function rankingError(ranking: readonly string[], peers: readonly TruePeer[]): number {
  const costs = new Map(peers.map((peer) => [peer.id, trueCostMs(peer)]))
  let [wrong, pairs] = [0, 0]
  for (let i = 0; i < ranking.length; i++) {
    for (let j = i + 1; j < ranking.length; j++) {
      pairs += 1
      if ((costs.get(ranking[i]) ?? 0) > (costs.get(ranking[j]) ?? 0)) wrong += 1
    }
  }
  return wrong / pairs
}
