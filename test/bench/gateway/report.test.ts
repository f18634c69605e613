import { expect, it } from 'vitest'
import type { LoadResult } from './load.ts'
import type { Round } from './measure.ts'
import { gatewayBenchOptions } from './options.ts'
import { reportOf } from './report.ts'
import { resultsOf } from './results.ts'

const spread = (p50: number, p99: number) => ({ count: 100, p50, p99, max: p99 })

const load = (more: Partial<LoadResult>): LoadResult => ({
  ...{ answers: 100, failures: {}, seconds: 1, answersPerSecond: 100, tokensPerSecond: 0 },
  ...{ latencyMs: spread(1, 2), firstByteMs: spread(1, 2), tokenDelayUs: undefined },
  ...more
})

/** A round of a contestant that takes this long. */
const round = (ms: number): Round => ({
  alone: load({ latencyMs: spread(ms, 2 * ms) }),
  loaded: load({ answersPerSecond: 1000 / ms }),
  flood: load({ tokensPerSecond: 1e6 / (10 * ms) }),
  paced: load({ tokenDelayUs: spread(100 * ms, 200 * ms) })
})

const { plan } = gatewayBenchOptions(['--quick', '--requests', '1000000'])
const seen = (name: string, ...times: number[]) => ({ name, version: '1.2.3', setup: 'as it comes', rounds: times.map(round) })
const memory = (afterMb: number) => ({ requests: 1e6, answers: 1e6, beforeMb: 100, afterMb, cpuUsPerRequest: 500 })

const results = resultsOf(
  plan,
  [
    seen('direct', 1, 2, 1),
    { ...seen('portkey', 3, 5, 4), memory: memory(150) },
    { ...seen('litellm', 11, 12, 14), memory: memory(300) }
  ],
  [{ name: 'peerbandit', reason: 'it is not built' }]
)

it('subtracts going direct round by round', () => {
  const { figures } = results.contestants[1]
  expect(figures.addedP50Ms).toEqual({ median: 3, low: 2, high: 3 })
  expect(figures.addedP99Ms).toEqual({ median: 6, low: 4, high: 6 })
  expect(figures.addedUsPerToken!.median).toBeCloseTo(30)
  expect(figures.addedTokenDelayP50Us).toEqual({ median: 300, low: 200, high: 300 })
  expect(figures.requestsPerSecond!.median).toBeCloseTo(250)
})

it('prints a table, ratios, and who did not take part', () => {
  const report = reportOf(results)
  expect(report).toMatch(/\| +portkey \| 4\.00 \(3\.00 to 5\.00\) \| +3\.00 \(2\.00 to 3\.00\) \|/)
  expect(report).toMatch(/\| +direct \| 1\.00 \(1\.00 to 2\.00\) \| +– \|/)
  expect(report).toMatch(/\| +ratio \| portkey \/ litellm \|/)
  expect(report).toMatch(/\| +added p50 \| +0\.300 \|/)
  expect(report).toMatch(/\| +RSS after \| +0\.500 \|/)
  expect(report).toContain('not peerbandit: it is not built')
  expect(report).toContain('1,000,000 requests')
  expect(report).not.toContain('wrong')
})

it('says which answers were wrong, and gives no figure that there is not', () => {
  const nothing = load({ answers: 0, latencyMs: undefined, firstByteMs: undefined, failures: { 'status 500': 7 } })
  const failing = { ...seen('portkey'), rounds: [{ ...round(3), alone: nothing }] }
  const report = reportOf(resultsOf(plan, [seen('direct', 1), failing], []))
  expect(report).toContain('portkey: 7 answers were wrong: status 500')
  expect(report).toMatch(/\| portkey \| +– \| +– \|/)
  expect(report).not.toContain('ratio')
})
