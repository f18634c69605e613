import { describe, expect, it } from 'vitest'
import type { JobRow } from '../../src/experiment/comparison-types.ts'
import { comparisonReport } from '../../src/experiment/comparison.ts'
import { sampleInput, sampleRows } from './sample-run.ts'

function scaled(rows: readonly JobRow[], factor: number): readonly JobRow[] {
  return rows.map((row) => (row.side === 'static' ? row : { ...row, durationMs: row.durationMs * factor }))
}

/** Both sides the same, job by job. */
function twins(jobs: number): readonly JobRow[] {
  return sampleRows(jobs)
    .filter(({ side }) => side === 'static')
    .flatMap((row) => [row, { ...row, side: 'adaptive' as const }])
}

describe('comparisonReport', () => {
  it('is the same for the same rows in any order', () => {
    const input = sampleInput({ rows: sampleRows(300) })
    expect(comparisonReport({ ...input, rows: input.rows.toReversed() })).toEqual(comparisonReport(input))
  })

  it('compares the same jobs with each other', () => {
    const { comparison, adaptive, static: fixed } = comparisonReport(sampleInput({ rows: scaled(twins(300), 0.5) }))
    expect(comparison.meanRatio).toBeCloseTo(0.5, 12)
    expect(comparison.p99Ratio).toBeCloseTo(0.5, 12)
    expect(comparison.meanDifferenceMs.estimate).toBeCloseTo(adaptive.meanMs - fixed.meanMs, 6)
    expect(comparison.meanDifferenceMs.high).toBeLessThan(0)
    expect(comparison.verdict).toMatch(/^The adaptive side took 50\.0 % less time per job than static weights: /)
  })

  it.each([
    { rows: scaled(twins(300), 1.5), begins: 'The adaptive side took 50.0 % more time per job than static weights: ' },
    { rows: twins(300), begins: 'No clear difference: the mean job took ' }
  ])('says in its verdict: $begins', ({ rows, begins }) => {
    expect(comparisonReport(sampleInput({ rows })).comparison.verdict.startsWith(begins)).toBe(true)
  })

  it('leaves out and counts jobs that only one side finished', () => {
    const rows = sampleRows(100).filter(({ side, index }) => !(side === 'static' && index >= 90))
    const report = comparisonReport(sampleInput({ rows }))
    expect(report).toMatchObject({ jobs: 90, unpairedJobs: 10 })
    expect(report.adaptive.jobs).toBe(90)
    expect(report.rows).toHaveLength(180)
  })

  it('gives every job of the adaptive side to one arm and one peer', () => {
    const { arms, peers } = comparisonReport(sampleInput())
    expect(arms.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12)
    expect(peers.reduce((sum, { adaptiveShare }) => sum + adaptiveShare, 0)).toBeCloseTo(1, 12)
    expect(peers.reduce((sum, { staticShare }) => sum + staticShare, 0)).toBeCloseTo(1, 12)
  })

  it('pools what is believed of an arm over workload classes, by evidence', () => {
    const beliefs = [
      { arm: 'x', workloadClass: 'batch', mean: 0.2, weight: 30, spread: 0.1 },
      { arm: 'x', workloadClass: 'interactive', mean: 0.6, weight: 10, spread: Infinity },
      { arm: 'x', workloadClass: 'critical', mean: undefined, weight: 0, spread: Infinity },
      { arm: 'y', workloadClass: 'batch', mean: undefined, weight: 0, spread: Infinity }
    ]
    const arms = comparisonReport(sampleInput({ rows: twins(10), beliefs })).arms
    const [x, y] = arms
    expect(x.belief?.mean).toBeCloseTo(0.3, 12)
    // √(3² + 10²) / 40: an infinite spread counts as 1.
    expect(x.belief?.spread).toBeCloseTo(Math.sqrt(109) / 40, 12)
    expect(x.belief?.weight).toBe(40)
    expect(y).toEqual({ arm: 'y', share: 0, jobs: 0, meanReward: null, belief: null })
  })

  it('has no success ratio for a peer that got no job', () => {
    const peers = sampleInput().peers.map((peer) => ({ ...peer, name: `unused ${peer.name}` }))
    const report = comparisonReport(sampleInput({ rows: twins(10), peers }))
    expect(report.peers[0]).toMatchObject({ adaptiveShare: 0, adaptiveSuccess: null, staticSuccess: null })
  })

  it('puts incidents in order of time', () => {
    const incidents = [
      { atMs: 9, text: 'late' },
      { atMs: 3, text: 'early' }
    ]
    expect(comparisonReport(sampleInput({ rows: twins(10), incidents })).incidents.map(({ text }) => text)).toEqual([
      'early',
      'late'
    ])
  })

  it.each([
    { name: 'no rows', changes: { rows: [] }, message: 'rows must hold at least one job of both sides, got none' },
    {
      name: 'rows of one side',
      changes: { rows: sampleRows(5).filter(({ side }) => side === 'static') },
      message: 'rows must hold at least one job of both sides, got none'
    },
    {
      name: 'a job twice',
      changes: { rows: [...sampleRows(5), ...sampleRows(1)] },
      message: 'rows must hold each job once a side, got job 0 twice on adaptive'
    },
    {
      name: 'a job without a length',
      changes: { rows: sampleRows(1).map((row) => ({ ...row, durationMs: NaN })) },
      message: 'durationMs of job 0 (adaptive) must be a finite number above 0, got NaN'
    },
    { name: 'a run without a length', changes: { minutes: 0 }, message: 'minutes must be a finite number above 0, got 0' }
  ])('refuses $name', ({ changes, message }) => {
    expect(() => comparisonReport(sampleInput(changes))).toThrow(message)
  })
})
