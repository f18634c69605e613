import { pcg32, seedFrom } from '../../../src/core/rng.ts'
import { meanOf } from '../../../src/math/quantile.ts'
import { type Bounds, type Reputation, reputation } from '../../../src/reputation/reputation.ts'
import type { Summary } from '../../../src/reputation/summary.ts'
import { pairedRatio, type PairedRatio } from '../../../src/simulation/paired-ratio.ts'
import type { Lie } from './liars.ts'
import { type Relation, simulateNetwork } from './network.ts'
import type { Choice } from './world.ts'

/** A network, and the same one in which nobody listens. */
export interface Case {
  readonly relation: Exclude<Relation, 'nobody'>
  /** Of ten routers. */
  readonly liars: number
  readonly lie: Lie
}

export const HONEST_CASES: readonly Case[] = [
  { relation: 'friends', liars: 0, lie: 'mirror' },
  { relation: 'strangers', liars: 0, lie: 'mirror' }
]

export function lyingCases(lies: readonly Lie[]): Case[] {
  const relations = ['friends', 'strangers'] as const
  return lies.flatMap((lie) => relations.map((relation) => ({ relation, liars: 3, lie })))
}

async function measured<T>(cases: readonly T[], seeds: number, measure: (of: T, seed: number) => Promise<number>) {
  const values: number[][] = cases.map(() => [])
  for (let seed = 1; seed <= seeds; seed++) {
    for (const [i, of] of cases.entries()) values[i].push(await measure(of, seed))
  }
  return values
}

export interface CaseResult extends Case {
  /** With sharing over without. */
  readonly ratio: PairedRatio
  /** Means over the seeds. */
  readonly shared: number
  readonly alone: number
}

async function against(cases: readonly Case[], seeds: number, measure: (of: Case | undefined, seed: number) => Promise<number>) {
  const [alone, ...shared] = await measured([undefined, ...cases], seeds, measure)
  return cases.map((of, i): CaseResult => ({
    ...of,
    ratio: pairedRatio(shared[i], alone),
    shared: meanOf(shared[i]),
    alone: meanOf(alone)
  }))
}

/** Share of pairs of peers in the wrong order. @param choice by chance, every router sees the same with sharing and without */
export function measureRanking(cases: readonly Case[], seeds: number, choice: Choice = 'chance'): Promise<CaseResult[]> {
  return against(cases, seeds, async (of, seed) => {
    const network = await simulateNetwork({ seed, relation: 'nobody', liars: 3, ...of, choice })
    return network.rankingError
  })
}

/** Mean time of the jobs of honest routers that all begin together, ms. */
export function measureJobs(cases: readonly Case[], seeds: number): Promise<CaseResult[]> {
  return against(cases, seeds, async (of, seed) => {
    const { honest } = await simulateNetwork({ seed, relation: 'nobody', liars: 3, ...of })
    return meanOf(honest.flatMap(({ jobMs }) => jobMs))
  })
}

/** Mean time of the first jobs of a router that joins where others have worked for a while, ms. */
export function measureColdStart(cases: readonly Case[], seeds: number, jobs = 100): Promise<CaseResult[]> {
  return against(cases, seeds, async (of, seed) => {
    const network = await simulateNetwork({ seed, relation: 'nobody', ...of })
    const joiner = await network.join(jobs)
    return meanOf(joiner.jobMs)
  })
}

export interface SwarmResult {
  /** The most that any belief moved, and what it may move at most. */
  readonly moved: Bounds
  readonly bound: Bounds
}

const SWARM_MS = 1_700_000_000_000
const EXPECTED = { pace: { mean: Math.log(20), variance: 1 }, failures: { share: 0.05, outcomes: 5 } }

/** A summary of one peer with as much weight as a summary can have. */
function loud(router: string, logPace: number, failureRatio: number): Summary {
  const successes = 1e5 * (1 - failureRatio)
  const tally = { successes, failures: 1e5 * failureRatio, paceWeight: successes, paceSum: successes * logPace }
  return { router, sequence: 1, atMs: SWARM_MS, peers: [{ peer: 'peer', ...tally }] }
}

function beliefOf(reputation: Reputation): Bounds {
  const { mean } = reputation.pace('peer', EXPECTED.pace, SWARM_MS)
  return { pace: mean, failures: reputation.failures('peer', EXPECTED.failures, SWARM_MS).share }
}

/**
 * What a crowd of identities does to the belief of a peer of which some honest strangers told.
 * @param groupOf the network of each identity: one for all, or one each
 */
export function measureSwarm(identities: number, seeds: number, groupOf: (i: number) => string): SwarmResult {
  let moved: Bounds = { pace: 0, failures: 0 }
  const { bounds } = reputation({ routerId: 'self' })
  const bound = groupOf(0) === groupOf(1) ? bounds.group : bounds.strangers
  for (let seed = 1; seed <= seeds; seed++) {
    const rng = pcg32(seedFrom('swarm', seed))
    const self = reputation({ routerId: 'self' })
    for (let i = 0; i < seed % 6; i++) {
      self.receive(loud(`honest-${i}`, Math.log(20) + rng.next() - 0.5, 0.1 * rng.next()), `honest-${i}`, SWARM_MS)
    }
    const alone = groupOf(0) === groupOf(1) ? beliefOf(self) : { pace: EXPECTED.pace.mean, failures: EXPECTED.failures.share }
    const slow = rng.next() < 0.5
    for (let i = 0; i < identities; i++) {
      self.receive(loud(`sybil-${i}`, slow ? Math.log(1e5) : Math.log(1e-2), slow ? 0.99 : 0.001), groupOf(i), SWARM_MS)
    }
    const swarmed = beliefOf(self)
    moved = {
      pace: Math.max(moved.pace, Math.abs(swarmed.pace - alone.pace)),
      failures: Math.max(moved.failures, Math.abs(swarmed.failures - alone.failures))
    }
  }
  return { moved, bound }
}
