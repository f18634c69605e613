import { meanOf } from '../../../src/math/quantile.ts'
import type { ReputationOptions } from '../../../src/reputation/options.ts'
import { type Choice, drawPeers, rankingError, SimulatedRouter, type TruePeer } from './world.ts'
import { type Lie, lieOf } from './liars.ts'

/** How the routers stand to each other. Friends are all of them, the liars too: everybody was taken in. */
export type Relation = 'nobody' | 'strangers' | 'friends'

export interface NetworkOptions {
  readonly seed: number
  readonly relation: Relation
  /** Routers, ≥ 1, and how many of them lie. @default 10, 0 */
  readonly routers?: number
  readonly liars?: number
  /** @default 'mirror' */
  readonly lie?: Lie
  /** @default 40 */
  readonly peers?: number
  /** Jobs of each honest router. @default 200 */
  readonly jobs?: number
  /** @default 'policy' */
  readonly choice?: Choice
}

const DEFAULTS = { routers: 10, liars: 0, lie: 'mirror', peers: 40, jobs: 200, choice: 'policy' } as const

/** Of summaries, ms; and of jobs after which rankings are compared. */
const INTERVAL_MS = 30_000
const CHECK_JOBS = 20

const nameOf = (i: number) => `router-${String(i).padStart(2, '0')}`

/** Every router in a network of its own, as strangers mostly are. */
const groupOf = (router: string) => `group of ${router}`

export interface Network {
  readonly peers: readonly TruePeer[]
  readonly honest: readonly SimulatedRouter[]
  /** Mean share of pairs in the wrong order, over the honest routers and the run. */
  readonly rankingError: number
  /** A router joins: everybody tells it what it knows. @returns the times of its first jobs, ms */
  join(jobs: number): Promise<SimulatedRouter>
}

function optionsOf(relation: Relation, routers: number): ReputationOptions | undefined {
  if (relation === 'nobody') return undefined
  return relation === 'strangers' ? {} : { friends: Array.from({ length: routers }, (_, i) => nameOf(i)) }
}

/** Honest routers that work and tell each other, and liars that only tell. */
export async function simulateNetwork(options: NetworkOptions): Promise<Network> {
  const { seed, relation, routers, liars, lie, jobs, choice, peers: count } = { ...DEFAULTS, ...options }
  const peers = drawPeers(count, seed)
  const listening = optionsOf(relation, routers)
  const honest = Array.from(
    { length: routers - liars },
    (_, i) => new SimulatedRouter(peers, { id: nameOf(i), seed, reputation: listening, choice })
  )
  const liarNames = Array.from({ length: liars }, (_, i) => nameOf(routers - liars + i))
  const toldMs = new Map<string, number>()
  const toldByOthers = new Set<string>()
  const errors: number[] = []

  function tellAll(from: string, atMs: number, turned: boolean, to: readonly SimulatedRouter[]): void {
    const author = honest.find(({ id }) => id === from)
    const summary =
      author === undefined ? lieOf(lie, from, peers, { turned, toldByOthers })(atMs) : author.reputation?.summary(atMs)
    if (summary === undefined) return
    if (author !== undefined) for (const { peer } of summary.peers) toldByOthers.add(peer)
    for (const router of to) {
      if (router.id !== from) router.reputation?.receive(summary, groupOf(from), router.clock.wall())
    }
  }

  for (let turn = 0; turn < jobs * honest.length; turn++) {
    const next = honest.reduce((a, b) => (b.clock.wall() < a.clock.wall() ? b : a))
    const atMs = next.clock.wall()
    // Liars speak in the rhythm of the first router.
    for (const from of next === honest[0] ? [next.id, ...liarNames] : [next.id]) {
      if (atMs - (toldMs.get(from) ?? 0) < INTERVAL_MS) continue
      toldMs.set(from, atMs)
      tellAll(from, atMs, turn > (jobs * honest.length) / 2, honest)
    }
    await next.runJob()
    if (next.jobMs.length % CHECK_JOBS === 0) errors.push(rankingError(next.ranking(), peers))
  }

  return {
    peers,
    honest,
    rankingError: meanOf(errors),
    async join(firstJobs) {
      const startMs = Math.max(...honest.map(({ clock }) => clock.wall()))
      const joiner = new SimulatedRouter(peers, { id: 'router-xx', seed, reputation: listening, startMs })
      for (const from of [...honest.map(({ id }) => id), ...liarNames]) tellAll(from, startMs, true, [joiner])
      for (let i = 0; i < firstJobs; i++) await joiner.runJob()
      return joiner
    }
  }
}
