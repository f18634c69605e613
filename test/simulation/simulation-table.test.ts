import { describe, expect, it } from 'vitest'
import { CONTESTANTS } from '../../src/simulation/contestant.ts'
import type { PolicyResult } from '../../src/simulation/head-to-head.ts'
import { simulationTable } from '../../src/simulation/simulation-table.ts'

const estimate = (mean: number, half = mean / 10) => ({ mean, low: mean - half, high: mean + half })

function result(policy: string, factor = 1): PolicyResult {
  return {
    policy,
    meanMs: estimate(3300 * factor),
    p50Ms: estimate(2500 * factor),
    p95Ms: estimate(7600 * factor),
    p99Ms: estimate(12_000 * factor),
    successRatio: estimate(0.99996, 0),
    attempts: estimate(1.064),
    loadGini: estimate(0.267),
    decisionMicros: estimate(159),
    ratioMean: estimate(1.02, 0.012),
    ratioP99: estimate(1.2, 1.23)
  }
}

const longestName = CONTESTANTS.map(({ id }) => id).reduce((longest, id) => (id.length > longest.length ? id : longest))

describe('the table of a simulation', () => {
  it('fits into 100 columns with the longest name that there is', () => {
    const lines = simulationTable([result(longestName), result('thompson')]).split('\n')
    for (const line of lines) expect([...line].length, line).toBeLessThanOrEqual(100)
  })

  it('tells half an interval beside ratios, and never rounds success up to 100 %', () => {
    const [legend, , head, row] = simulationTable([result('b8')]).split('\n')
    expect(legend).toMatch(/^times in s;/)
    expect(head.split(/ {2,}|(?<!×) (?=p)/)).toEqual([
      'policy',
      '× mean',
      '× p99',
      'mean',
      'p50',
      'p95',
      'p99',
      'ok %',
      'tries',
      'gini',
      'µs'
    ])
    expect(row.split(/ +/)).toEqual([
      'b8',
      '1.020±.012',
      '1.200±1.23',
      '3.30',
      '2.50',
      '7.60',
      '12.0',
      '99.9',
      '1.06',
      '0.27',
      '159'
    ])
  })

  it('tells short times in ms', () => {
    expect(simulationTable([result('b8', 0.001)])).toMatch(/^times in ms;.*\n\n.*\nb8 .* 3\.30 2\.50 7\.60 12\.0 /)
  })

  it('has no interval for a single seed', () => {
    const single = { mean: 1, low: null, high: null }
    expect(simulationTable([{ ...result('b8'), ratioMean: single }])).toMatch(/\nb8 +1\.000 /)
  })
})
