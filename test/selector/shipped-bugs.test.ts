/**
 * Faults that other selectors shipped, each as a test of what this one does instead. Where each was found is said beside it.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PolicyName } from '../../src/bandit/policies.ts'
import { manualClock } from '../../src/core/clock.ts'
import { pcg32 } from '../../src/core/rng.ts'
import { memoryJournal } from '../../src/journal/level-journal.ts'
import { jobRouter } from '../../src/router/job-router.ts'
import { TransportError } from '../../src/router/failure.ts'
import type { InferenceEvent } from '../../src/router/transport.ts'
import { predictiveRanker } from '../../src/prediction/predictive.ts'
import { perTokenRanker } from '../../src/scoring/per-token.ts'
import { createSelection, type Selection } from '../../src/selector/selection.ts'
import { runScenario, type SimulatedRun } from '../../src/simulation/run-scenario.ts'
import { checkScenario } from '../../src/simulation/scenario/check-scenario.ts'
import type { PeerGroup } from '../../src/simulation/scenario/scenario.ts'
import { plainNature } from '../../src/simulation/virtual/behaviours.ts'
import { virtualPeer } from '../../src/simulation/virtual/virtual-peer.ts'
import { virtualTime } from '../../src/simulation/virtual/virtual-time.ts'
import { virtualWatch } from '../../src/simulation/virtual/virtual-watch.ts'
import { smallScenario } from '../simulation/small-scenario.ts'
import { job } from './world.ts'

/** Who has to pass. */
const POLICIES: readonly PolicyName[] = ['thompson', 'fixed:per-token', 'fixed:predictive']

const START_MS = 1_700_000_000_000
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']

interface Seen {
  readonly table: Selection['table']
  readonly atMs: number
}

/** The peer is there, and did a job of 100 tokens at this speed. */
function seenAt({ table, atMs }: Seen, peer: string, msPerToken: number): void {
  table.observe(peer, { kind: 'connected' }, atMs)
  table.observe(peer, { kind: 'ping', rttMs: 10 }, atMs)
  seenJob({ table, atMs }, peer, msPerToken)
}

function seenJob({ table, atMs }: Seen, peer: string, msPerToken: number): void {
  const outcome = { ok: true, durationMs: 100 * msPerToken, firstTokenMs: msPerToken, outputTokens: 100 } as const
  table.observe(peer, { kind: 'outcome', promptTokens: 0, expectedOutputTokens: 100, inFlightAtDispatch: 0, outcome }, atMs)
}

/** A selector that saw these peers do a job each. */
function selectionOf(policy: PolicyName, peers: Readonly<Record<string, number>>, { routerId = 'router', seed = 7n } = {}) {
  const clock = manualClock(START_MS)
  const selection = createSelection({ clock }, { policy, routerId, seed })
  for (const [peer, msPerToken] of Object.entries(peers)) seenAt({ table: selection.table, atMs: clock.wall() }, peer, msPerToken)
  return { ...selection, clock }
}

function tally(peers: readonly (string | null)[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const peer of peers) counts[String(peer)] = (counts[String(peer)] ?? 0) + 1
  return counts
}

/** Peers all alike but for what is said of them. */
function group(name: string, tokensPerSecond: number, more: Partial<PeerGroup> = {}): PeerGroup {
  return { name, tokensPerSecond, rttMs: { min: 10, max: 10 }, ...more }
}

/** Jobs now and then, so that a peer that is preferred has room for nearly all of them. */
const QUIET = { kind: 'exponential', promptTokens: 200, outputTokens: 60, utilisation: 0.2 } as const

async function simulated(policy: string, peers: readonly PeerGroup[]): Promise<SimulatedRun['jobs']> {
  const scenario = checkScenario(smallScenario({ peers, jobs: 400, workload: QUIET }), 'peers')
  const { jobs } = await runScenario(scenario, { policy, seed: 1 })
  return jobs
}

/** Half-way the fast one becomes as slow as the slow one was, and the slow one as fast. */
const CHANGING: readonly PeerGroup[] = [
  group('fades', 120, { behaviours: [{ kind: 'speed', factor: 0.25, fromRatio: 0.5 }] }),
  group('rises', 30, { behaviours: [{ kind: 'speed', factor: 4, fromRatio: 0.5 }] })
]

const WITH_LIAR: readonly PeerGroup[] = [
  group('honest', 60, { count: 2, claims: { tokensPerSecond: 60 } }),
  group('liar', 20, { claims: { tokensPerSecond: 1_000, gpuModel: 'H100', vramGb: 80 } })
]

const ranAt = (jobs: SimulatedRun['jobs']) => tally(jobs.map(({ peer }) => peer))

describe('the arms', () => {
  // Lassie's bandwidth term falls with the bandwidth: filecoin-project/lassie, pkg/session/state.go (expDecay).
  it('never score a faster peer lower', () => {
    const speed = fc.integer({ min: 1, max: 400 })
    fc.assert(
      fc.property(speed, speed, (one, other) => {
        const { predictor, scoreboard, table } = selectionOf('thompson', {
          slow: Math.max(one, other),
          fast: Math.min(one, other)
        })
        const view = {
          table,
          rows: Int32Array.of(table.rowOf('slow'), table.rowOf('fast')),
          count: 2,
          atMs: START_MS,
          retries: 2,
          seed: 0
        }
        for (const ranker of [scoreboard, perTokenRanker(), predictiveRanker(predictor, perTokenRanker())]) {
          const scores = new Float64Array(2 * ranker.arms.length)
          ranker.rank(view, job(), scores)
          for (const [i, arm] of ranker.arms.entries()) expect(scores[2 * i + 1], arm).toBeGreaterThanOrEqual(scores[2 * i])
        }
      })
    )
  })
})

describe('the watch', () => {
  // Petals overwrites the set of servers to ping: src/petals/client/routing/sequence_manager.py (_update).
  it('measures every peer, round after round', async () => {
    const time = virtualTime()
    const claims = { models: ['m'], tokensPerSecond: 10, gpuModel: '', vramGb: 0, loadRatio: 0 }
    const peers = NAMES.map((name) =>
      virtualPeer(time, plainNature({ name, tokensPerSecond: 10 }, { claims, roundTripMs: () => 10 }))
    )
    const measured: string[] = []
    const observe = (peer: string, { kind }: { readonly kind: string }) => void (kind === 'load' && measured.push(peer))
    virtualWatch({ time, peers, observe, rng: pcg32(1n) }, { probeIntervalMs: 1_000 })
    for (let round = 1; round <= 5; round += 1) await time.run(round * 2_000)
    const counts = tally(measured)
    for (const name of NAMES) expect(counts[name], name).toBeGreaterThanOrEqual(8)
  })
})

describe('what is tested below', () => {
  it('goes wrong under the rules that shipped the faults', async () => {
    const believed = ranAt((await simulated('crowdllama-main', WITH_LIAR)).slice(100))
    expect(believed['liar']).toBeGreaterThan(150)
    const remembered = ranAt((await simulated('bitswap', CHANGING)).slice(250))
    expect(remembered['fades']).toBeGreaterThan(remembered['rises'])
  })
})

describe.each(POLICIES)('the selector under %s', (policy) => {
  it('sends more jobs to a faster peer', async () => {
    const {
      fast = 0,
      middle = 0,
      slow = 0
    } = ranAt(await simulated(policy, [group('slow', 20), group('fast', 120), group('middle', 60)]))
    expect(fast).toBeGreaterThan(middle)
    expect(middle).toBeGreaterThanOrEqual(slow)
  })

  // LiteLLM's window of latencies dropped its newest sample: BerriAI/litellm, issue 25548.
  it('forgets three slow warm-ups: after 200 fast jobs a peer is fast', () => {
    const { table, selector, clock } = selectionOf(policy, { warm: 1_000, steady: 30 })
    for (let i = 0; i < 202; i += 1) {
      seenJob({ table, atMs: clock.wall() }, 'warm', i < 2 ? 1_000 : 10)
      seenJob({ table, atMs: clock.wall() }, 'steady', 30)
      clock.advance(1_000)
    }
    expect(table.msPerWorkToken(table.rowOf('warm'))).toBeCloseTo(10, 3)
    const chosen = Array.from({ length: 50 }, (_, i) => {
      const lease = selector.acquire(['warm', 'steady'], job({ id: `job-${i}` }))
      lease.cancel()
      return lease.peer
    })
    expect(tally(chosen)['warm']).toBeGreaterThan(40)
  })

  // boxo's tracker of responses has no decay: bitswap/client/internal/session/peerresponsetracker.go.
  it('lets history fade: who was fast and becomes slow loses its jobs', async () => {
    const jobs = await simulated(policy, CHANGING)
    const early = ranAt(jobs.slice(0, 200))
    const late = ranAt(jobs.slice(250))
    expect(early['fades']).toBeGreaterThan(early['rises'])
    expect(late['rises']).toBeGreaterThan(3 * late['fades'])
  })

  // crowdllama/crowdllama, pkg/peermanager/manager.go (FindBestWorker): argmax of the claimed throughput. KwaaiNet p2p://auto too.
  it('takes the jobs from a peer that claims much and delivers little', async () => {
    const late = ranAt((await simulated(policy, WITH_LIAR)).slice(100))
    expect(late['liar'] ?? 0).toBeLessThan(30)
  })

  // FindBestWorker again: the first of equals for everybody. Mitzenmacher 2000, "How Useful Is Old Information?"
  it('spreads jobs over equal peers, within a router and over many', () => {
    const equal = Object.fromEntries(NAMES.map((name) => [name, 20]))
    const { selector } = selectionOf(policy, equal)
    const held = NAMES.map((_, i) => selector.acquire(NAMES, job({ id: `job-${i}` })).peer)
    expect(Math.max(...Object.values(tally(held)))).toBeLessThanOrEqual(3)
    const first = Array.from({ length: 100 }, (_, i) => {
      return selectionOf(policy, equal, { routerId: `router-${i}` }).selector.acquire(NAMES, job()).peer
    })
    expect(Math.max(...Object.values(tally(first)))).toBeLessThanOrEqual(25)
  })

  // elastic/elasticsearch, issue 147579: nodes without statistics are flooded.
  it('gives a new peer one job and no more until that is over', () => {
    const { selector, table, clock } = selectionOf(policy, Object.fromEntries(NAMES.map((name) => [name, 20])))
    table.observe('new', { kind: 'connected' }, clock.wall())
    const chosen = Array.from({ length: 40 }, (_, i) => selector.acquire([...NAMES, 'new'], job({ id: `job-${i}` })).peer)
    expect(tally(chosen)['new'] ?? 0).toBeLessThanOrEqual(1)
  })

  // envoyproxy/envoy, issue 20907: a fast failure counts as a fast response.
  it('does not take who fails fast for fast', async () => {
    const jobs = await simulated(policy, [
      group('works', 40, { count: 2 }),
      group('fails', 400, { behaviours: [{ kind: 'fail-fast' }] })
    ])
    const failed = jobs.flatMap(({ failedAt }) => failedAt)
    expect(failed.length).toBeLessThan(40)
    expect(jobs.filter(({ ok }) => !ok)).toHaveLength(0)
  })

  // ChainSafe/lodestar: "TODO: Persist scores".
  it('knows after a restart what it knew before', async () => {
    const clock = manualClock(START_MS)
    const journal = await memoryJournal({ durability: 'none' }, { clock, timers: clock })
    const before = createSelection({ clock, journal }, { policy, seed: 7n })
    for (const [peer, msPerToken] of [
      ['a', 40],
      ['b', 10],
      ['c', 90]
    ] as const) {
      before.table.observe(peer, { kind: 'connected' }, clock.wall())
      for (let i = 0; i < 5; i += 1) {
        const lease = before.selector.acquire([peer], job({ id: `${peer}-${i}` }))
        clock.advance(100 * msPerToken)
        await lease.complete({ outputTokens: 100 })
      }
    }
    await before.learned?.checkpoint()
    const after = createSelection({ clock, journal }, { policy, seed: 7n })
    await after.learned?.restore()
    for (const peer of ['a', 'b', 'c']) {
      expect(after.table.msPerWorkToken(after.table.rowOf(peer)), peer).toBe(
        before.table.msPerWorkToken(before.table.rowOf(peer))
      )
    }
    expect(after.selector.acquire(['a', 'b', 'c'], job()).peer).toBe('b')
  })

  // KwaaiNet, issue 230: "selects peers that cannot serve the request".
  it('chooses among the candidates of the job, however good others are', () => {
    const { selector } = selectionOf(policy, Object.fromEntries(NAMES.map((name, i) => [name, 5 + 20 * i])))
    fc.assert(
      fc.property(fc.subarray(NAMES, { minLength: 1 }), (candidates) => {
        const lease = selector.acquire(candidates, job())
        expect(candidates).toContain(lease.peer)
        lease.cancel()
      })
    )
  })

  // FindBestWorker has no second attempt: the first error is the client's.
  it('lets a failure be followed by an attempt elsewhere', async () => {
    const { selector, clock } = selectionOf(policy, { a: 10, b: 20, c: 30 })
    const asked: string[] = []
    async function* infer(peer: string): AsyncGenerator<InferenceEvent> {
      asked.push(peer)
      if (asked.length < 3) throw new TransportError('unreachable', 'gone')
      yield await Promise.resolve({ kind: 'done', promptTokens: 1, outputTokens: 0 } as const)
    }
    const router = jobRouter({ selector, transport: { infer }, clock, timers: clock, candidates: () => ['a', 'b', 'c'] })
    const events = await Array.fromAsync(router.run(job(), { text: 'why?', maxTokens: 1 }))
    expect(events.at(-1)?.kind).toBe('done')
    expect(asked.toSorted()).toEqual(['a', 'b', 'c'])
  })
})
