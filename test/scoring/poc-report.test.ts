import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { SeedMetrics, SeedResource } from '../../src/peer/seed-metrics.ts'
import { agreement } from '../../src/scoring/agreement.ts'
import { ALGORITHMS, type Algorithm, weightedSum, weightList } from '../../src/scoring/algorithms.ts'
import { FACTOR_IDS, type FactorId } from '../../src/scoring/factor.ts'
import { factorRow, judgeSeedMetrics } from '../../src/scoring/factors.ts'

interface PocPeer {
  readonly metrics: {
    readonly pingsMs: readonly number[]
    readonly online: string
    readonly connections: number
    readonly disconnections: number
    readonly resource: SeedResource
  }
  /** Age of the peer when an algorithm scored it; the other six do not look at the time. */
  readonly ageMs: { readonly 'reliability-optimized': number; readonly consensus: number }
  /** Overall, latency, uptime, performance, reliability. */
  readonly reported: Readonly<Record<string, readonly number[]>>
}

const report = JSON.parse(readFileSync(new URL('../fixtures/poc-report.json', import.meta.url), 'utf8')) as {
  readonly peers: Readonly<Record<string, PocPeer>>
}
const peers = Object.entries(report.peers)

function seedMetrics({ metrics }: PocPeer): SeedMetrics {
  const { pingsMs, online, ...rest } = metrics
  return {
    ...rest,
    pings: pingsMs.map((rttMs) => ({ rttMs, ok: true })),
    onlineRecords: [...online].map((mark) => mark === '1'),
    firstSeenMs: 0
  }
}

/** The four factors that the report shows, in the form that the algorithm uses. */
function shownFactors({ weights }: Algorithm): readonly FactorId[] {
  return FACTOR_IDS.slice(0, 8).filter((id) => weights[id] !== undefined)
}

/** What the proof of concept's report would say of a peer under an algorithm. */
function restate(peer: PocPeer, algorithm: Algorithm): readonly number[] {
  const row = factorRow()
  const nowMs = algorithm.id === 'reliability-optimized' ? peer.ageMs['reliability-optimized'] : peer.ageMs.consensus
  judgeSeedMetrics(seedMetrics(peer), nowMs, row)
  const shown = shownFactors(algorithm).map((id) => row.scores[FACTOR_IDS.indexOf(id)])
  return [weightedSum(weightList(algorithm), row), ...shown]
}

describe('the seed variant', () => {
  // One set of inputs for each peer: 11 peers × 8 algorithms × 5 figures, with no tolerance at all.
  const cases = peers.flatMap(([name, peer]) => ALGORITHMS.map((algorithm) => [name, algorithm.id, peer, algorithm] as const))

  it.each(cases)("gives the proof of concept's own doubles for %s under %s", (_name, id, peer, algorithm) => {
    expect(restate(peer, algorithm)).toStrictEqual(peer.reported[id])
  })

  it('covers the whole report', () => {
    expect(cases).toHaveLength(88)
    for (const [name, { reported }] of peers) expect(Object.keys(reported), name).toEqual(ALGORITHMS.map(({ id }) => id))
  })
})

describe('the report of the proof of concept', () => {
  const scores = Float64Array.from(ALGORITHMS.flatMap(({ id }) => peers.map(([, { reported }]) => reported[id][0])))
  const { choices, distinct, tau, meanTau } = agreement({ scores, arms: ALGORITHMS.length, count: peers.length })
  const pairs = tau.flatMap((row, a) => row.slice(a + 1))

  it('has one first place under all eight algorithms', () => {
    expect(distinct).toBe(1)
    expect(peers[choices[0]][0]).toBe('high_perf_2')
  })

  it('has rankings that hardly differ: the mean τ of the 28 pairs is 0.913', () => {
    expect(pairs).toHaveLength(28)
    expect(meanTau).toBeCloseTo(0.913, 3)
    expect(Math.min(...pairs.map((value) => value ?? NaN))).toBeCloseTo(0.782, 3)
    expect(pairs.filter((value) => value === 1)).toHaveLength(6)
  })
})
