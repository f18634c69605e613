import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPolicy } from '../../../src/bandit/policies.ts'
import { manualClock } from '../../../src/core/clock.ts'
import { pcg32 } from '../../../src/core/rng.ts'
import { healthGate } from '../../../src/health/health-gate.ts'
import { FAILURE_REASONS } from '../../../src/job/outcome.ts'
import { MAX_FIGURE, type Observation, type OutcomeObservation } from '../../../src/peer/observation.ts'
import { peerTable } from '../../../src/peer/peer-table.ts'
import { ALGORITHMS } from '../../../src/scoring/algorithms.ts'
import { predictor } from '../../../src/prediction/predictor.ts'
import { selector } from '../../../src/selector/selector.ts'
import { RIVALS } from '../../../src/simulation/rivals/catalogue.ts'
import type { Rival } from '../../../src/simulation/rivals/rival.ts'
import { claims, JOB, load, send, type Sent, success, world } from './world.ts'

const PEERS = ['a', 'b', 'c', 'd', 'e']

const figure = fc.oneof(fc.constantFrom(0, 1, MAX_FIGURE), fc.double({ min: 0, max: 10_000, noNaN: true }))
const report = fc.record({ slots: figure, running: figure, queued: figure, tokensPerSecond: figure })
const outcome = fc.oneof(
  fc.record(
    { ok: fc.constant(true as const), durationMs: figure, firstTokenMs: figure, outputTokens: figure, load: report },
    { requiredKeys: ['ok', 'durationMs', 'firstTokenMs', 'outputTokens'] }
  ),
  fc.record(
    { ok: fc.constant(false as const), reason: fc.constantFrom(...FAILURE_REASONS), durationMs: figure, load: report },
    { requiredKeys: ['ok', 'reason', 'durationMs'] }
  )
)
const seen = fc.record({
  kind: fc.constant('outcome' as const),
  promptTokens: figure,
  expectedOutputTokens: figure,
  inFlightAtDispatch: fc.nat(20),
  outcome
})
const observation: fc.Arbitrary<Observation> = fc.oneof(
  fc.record({ kind: fc.constant('ping' as const), rttMs: figure }),
  fc.constantFrom<Observation>({ kind: 'ping-failed' }, { kind: 'connected' }, { kind: 'disconnected' }),
  fc.record({ kind: fc.constant('load' as const), load: report }),
  fc.record({
    kind: fc.constant('claims' as const),
    claims: fc.record({
      models: fc.constant(['model']),
      tokensPerSecond: figure,
      gpuModel: fc.constant(''),
      vramGb: figure,
      loadRatio: figure
    })
  }),
  seen
)

type Step =
  | { readonly do: 'observe'; readonly peer: string; readonly observation: Observation; readonly afterMs: number }
  | { readonly do: 'rank'; readonly peers: readonly string[]; readonly afterMs: number }
  | { readonly do: 'remove'; readonly peer: string }
  /** Of the jobs under way the n-th, counted round. */
  | { readonly do: 'progress'; readonly nth: number; readonly tokens: number; readonly afterMs: number }
  | { readonly do: 'end'; readonly nth: number; readonly seen: OutcomeObservation | undefined; readonly afterMs: number }

const peer = fc.constantFrom(...PEERS)
const afterMs = fc.oneof(fc.constantFrom(0, 4_000_000), fc.nat(20_000))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('observe' as const), peer, observation, afterMs }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('rank' as const), peers: fc.subarray(PEERS, { minLength: 1 }), afterMs }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), peer }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('progress' as const), nth: fc.nat(), tokens: figure, afterMs }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('end' as const), nth: fc.nat(), seen: fc.option(seen, { nil: undefined }), afterMs })
  }
)
const script = fc.array(step, { maxLength: 40 })

/** What a rival wrote at every rank of the script, and five cells beyond it. Its first choice gets the job. */
function play(rival: Rival, steps: readonly Step[], seed: bigint): Float64Array[] {
  const table = peerTable()
  const ranker = rival.create({ table, rng: pcg32(seed), clock: manualClock() })
  const written: Float64Array[] = []
  const underWay: Sent[] = []
  let nowMs = 1_700_000_000_000
  function rank(peers: readonly string[]): void {
    const rows = Int32Array.from(peers, (id) => table.add(id, nowMs))
    const into = new Float64Array(rows.length + 5).fill(NaN)
    ranker.rank({ table, rows, count: rows.length, atMs: nowMs, retries: 2, seed: 0 }, JOB, into)
    written.push(into)
    const scores = [...into.subarray(0, rows.length)]
    underWay.push(send({ table, ranker }, { peer: peers[scores.indexOf(Math.max(...scores))], job: JOB, atMs: nowMs }))
  }
  for (const each of steps) {
    if (each.do === 'remove') {
      table.remove(each.peer)
      continue
    }
    nowMs += each.afterMs
    if (each.do === 'observe') table.observe(each.peer, each.observation, nowMs)
    else if (each.do === 'rank') rank(each.peers)
    else if (underWay.length > 0) {
      const nth = each.nth % underWay.length
      if (each.do === 'progress') underWay[nth].progress(each.tokens, nowMs)
      else underWay.splice(nth, 1)[0].end(each.seen, nowMs)
    }
  }
  return written
}

describe('the catalogue', () => {
  it('names every rival once, with its title and its source', () => {
    expect(new Set(RIVALS.map(({ id }) => id)).size).toBe(RIVALS.length)
    for (const { id, title, source } of RIVALS) {
      expect(id, id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
      expect(title, id).not.toBe('')
      expect(source, id).toMatch(/\d{4}|\/|Folklore/)
    }
  })

  it('has a roulette for each of the eight weightings, and no arm that a selector has anyway', () => {
    const ids = RIVALS.map(({ id }) => id)
    for (const { id } of ALGORITHMS) expect(ids, id).toContain(`${id}-roulette`)
    for (const { id } of ALGORITHMS) expect(ids, id).not.toContain(id)
  })
})

describe.each(RIVALS.map((rival) => [rival.id, rival] as const))('%s as a rival', (id, rival) => {
  it('has one arm, its id', () => {
    expect(world(rival, PEERS).ranker.arms).toEqual([id])
  })

  it('scores every candidate, never NaN, at least one of them above -Infinity, and nothing beyond', () => {
    fc.assert(
      fc.property(script, fc.bigInt({ min: 0n, max: 1_000_000n }), (steps, seed) => {
        for (const into of play(rival, steps, seed)) {
          const scores = into.subarray(0, into.length - 5)
          expect(scores.some(Number.isNaN), `scores ${scores.join(', ')}`).toBe(false)
          expect(Math.max(...scores), `scores ${scores.join(', ')}`).toBeGreaterThan(-Infinity)
          expect(into.subarray(into.length - 5).every(Number.isNaN), 'cells beyond the candidates').toBe(true)
        }
      }),
      { numRuns: 60 }
    )
  })

  it('does the same under the same seed', () => {
    fc.assert(
      fc.property(script, (steps) => {
        expect(play(rival, steps, 7n)).toEqual(play(rival, steps, 7n))
      }),
      { numRuns: 30 }
    )
  })

  it('chooses for a selector under its fixed policy, also when peers fail', () => {
    const table = peerTable()
    const clock = manualClock()
    const ranker = rival.create({ table, rng: pcg32(3n), clock })
    const health = healthGate(table)
    const policy = createPolicy(`fixed:${id}`, [id], { routerId: 'r' })
    const chosen = selector({ table, rankers: [ranker], policy, predictor: predictor({ table }), health, clock })
    for (const each of PEERS) table.add(each, 0)
    for (let i = 0; i < 100; i += 1) {
      const lease = chosen.acquire(PEERS, { ...JOB, id: `job${i}` })
      expect(lease.decision.arm, `job ${i}`).toBe(id)
      clock.advance(700)
      if (i % 10 === 0) void lease.fail('timeout')
      else void lease.complete({ outputTokens: 50, load: load({ running: 1, tokensPerSecond: 70 }) })
    }
  })
})

/** What each rule does with a peer of which nothing is known, while the others do well and have one job each. */
const FIRST = [
  ...['b8', 'c3', 'c3-es', 'litellm-lowest-latency', 'epsilon-greedy-1', 'epsilon-greedy-5', 'least-outstanding'],
  // Idle before busy, a snapshot that looks empty, and a default speed that few peers have.
  ...['livepeer', 'gie-weighted', 'gie-weighted-stale', 'petals'],
  ...['aibrix-least-latency', 'dialogue-balanced', 'dynamo', 'msgrate', 'smg-least-load']
]
const SOMETIMES = [
  ...['random', 'round-robin', 'weighted-round-robin', 'p2c', 'peak-ewma', 'peak-ewma-linkerd', 'peak-ewma-token'],
  ...['lassie', 'lassie-corrected', 'bitswap', 'storj', 'peer-thompson', 'linear-thompson', 'plain-thompson', 'no-identity'],
  ...['peak-ewma-finagle', 'gie-weighted-random', 'c3-rate'],
  ...ALGORITHMS.map(({ id }) => `${id}-roulette`)
]
/** Those that go by what peers say, which the new one has not yet. */
const NEVER = [
  'crowdllama-main',
  'sed-claimed',
  'pyrsia',
  'prequal',
  'prequal-idle',
  'prequal-rs',
  'envoy-least-request',
  'lassie-greedy'
]

describe('a peer of which nothing is known', () => {
  /** Chosen how often of 400 times, 50 ms apart, while the others are seen to do well and have a job each. */
  function share(rival: Rival): number {
    const { table, choice, ranker } = world(rival, ['known1', 'known2', 'new'])
    const well = success({ durationMs: 2_000, firstTokenMs: 200, load: load({ running: 1, queued: 1, tokensPerSecond: 50 }) })
    for (const known of ['known1', 'known2'])
      send({ table, ranker }, { peer: known, job: { ...JOB, promptTokens: 100 }, atMs: 0 })
    let chosen = 0
    for (let i = 0; i < 400; i += 1) {
      for (const known of ['known1', 'known2']) {
        table.observe(known, { kind: 'ping', rttMs: 10 }, i * 50)
        table.observe(known, { kind: 'claims', claims: claims(100) }, i * 50)
        table.observe(known, { kind: 'load', load: load({ running: 1, queued: 1, tokensPerSecond: 50 }) }, i * 50)
        table.observe(known, well, i * 50)
      }
      chosen += choice(i * 50) === 'new' ? 1 : 0
    }
    return chosen / 400
  }

  it('is known to be treated by every rival in one of three ways', () => {
    expect([...FIRST, ...SOMETIMES, ...NEVER].sort()).toEqual(RIVALS.map(({ id }) => id).sort())
  })

  it.each(RIVALS.map((rival) => [rival.id, rival] as const))('gets from %s what its rule gives', (id, rival) => {
    const chosen = share(rival)
    const [least, most] = FIRST.includes(id) ? [0.95, 1] : NEVER.includes(id) ? [0, 0.01] : [0.0025, 0.94]
    expect(chosen).toBeGreaterThanOrEqual(least)
    expect(chosen).toBeLessThanOrEqual(most)
  })
})
