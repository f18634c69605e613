import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LoadReport } from '../../src/job/outcome.ts'
import { OtherJobs } from '../../src/prediction/other-jobs.ts'

const START_MS = 1_700_000_000_000
const HOUR_MS = 3_600_000
const report = (running: number, queued = 0): LoadReport => ({ slots: 4, running, queued, tokensPerSecond: 0 })

/** Heard every `stepMs`, the last time at the moment that comes back. */
function heard(jobs: readonly number[], stepMs = 5_000) {
  const others = new OtherJobs()
  jobs.forEach((running, i) => {
    others.observe(report(running), 0, START_MS + i * stepMs)
  })
  return { others, nowMs: START_MS + (jobs.length - 1) * stepMs }
}

describe('the jobs of others at a peer', () => {
  it('are none before any report, for certain', () => {
    const others = new OtherJobs()
    expect(others.expected(START_MS)).toBe(0)
    expect(others.deviation(START_MS)).toBe(0)
  })

  it.each([
    ['running and queued, less our own', report(3, 2), 1, 4],
    ['none when all are our own', report(2), 2, 0],
    ['none when the peer does not know of ours yet', report(0), 3, 0]
  ])('are those %s', (_, load, own, expected) => {
    const others = new OtherJobs()
    others.observe(load, own, START_MS)
    expect(others.expected(START_MS)).toBe(expected)
    expect(others.deviation(START_MS)).toBe(0)
  })

  it('are what was last reported at first, and what is usual later', () => {
    const { others, nowMs } = heard([...Array<number>(60).fill(2), 8])
    expect(others.expected(nowMs)).toBe(8)
    const later = [5_000, 20_000, 60_000].map((ms) => others.expected(nowMs + ms))
    expect(later).toEqual([...later].sort((a, b) => b - a))
    const usual = others.expected(nowMs + HOUR_MS)
    expect(usual).toBeGreaterThan(2)
    expect(usual).toBeLessThan(2.6)
  })

  it('are the less certain the older the report, up to how much they vary', () => {
    const { others, nowMs } = heard(Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 1 : 5)))
    const deviations = [0, 2_000, 10_000, 60_000, HOUR_MS].map((ms) => others.deviation(nowMs + ms))
    expect(deviations).toEqual([...deviations].sort((a, b) => a - b))
    expect(deviations[0]).toBe(0)
    expect(deviations[4]).toBeGreaterThan(1.7)
    expect(deviations[4]).toBeLessThan(2.3)
  })

  it('are certain of a peer that never varies', () => {
    const { others, nowMs } = heard(Array<number>(200).fill(3))
    expect(others.expected(nowMs + HOUR_MS)).toBeCloseTo(3, 6)
    expect(others.deviation(nowMs + HOUR_MS)).toBeLessThan(0.4)
  })

  it('have a usual number that follows a change within minutes', () => {
    const { others, nowMs } = heard([...Array<number>(100).fill(1), ...Array<number>(100).fill(6)])
    expect(others.expected(nowMs + HOUR_MS)).toBeGreaterThan(5.8)
  })

  it('are finite, and never fewer than none, whatever is reported when', () => {
    const reports = fc.array(
      fc.record({
        running: fc.integer({ min: 0, max: 1e9 }),
        queued: fc.integer({ min: 0, max: 1e9 }),
        own: fc.nat({ max: 10 }),
        elapsedMs: fc.integer({ min: -60_000, max: HOUR_MS })
      }),
      { maxLength: 30 }
    )
    fc.assert(
      fc.property(reports, fc.integer({ min: -HOUR_MS, max: HOUR_MS }), (all, askedMs) => {
        const others = new OtherJobs()
        let nowMs = START_MS
        for (const { running, queued, own, elapsedMs } of all) {
          nowMs += elapsedMs
          others.observe(report(running, queued), own, nowMs)
        }
        for (const value of [others.expected(nowMs + askedMs), others.deviation(nowMs + askedMs)]) {
          expect(Number.isFinite(value)).toBe(true)
          expect(value).toBeGreaterThanOrEqual(0)
        }
      })
    )
  })
})
