import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUCKET_MS, LatencyWindow } from '../../src/dashboard/latency-window.ts'
import type { Outcome } from '../../src/job/outcome.ts'
import { quantile } from '../../src/math/quantile.ts'

const success = (durationMs: number): Outcome => ({ ok: true, durationMs, firstTokenMs: durationMs / 2, outputTokens: 1 })
const failure: Outcome = { ok: false, reason: 'engine', durationMs: 1 }
const START_MS = 1_000 * BUCKET_MS

const ended = fc.record({ durationMs: fc.double({ min: 0, max: 1e6, noNaN: true }), ok: fc.boolean(), waitMs: fc.nat(20_000) })

describe('the window of latencies', () => {
  it('has the exact percentiles of the latest thousand successes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 2500, size: 'max' }),
        (durations) => {
          const window = new LatencyWindow()
          for (const durationMs of durations) window.add(success(durationMs), START_MS)
          const latest = durations.slice(-1000)
          const { p50Ms, p95Ms, windowSize } = window.percentiles()
          expect([p50Ms, p95Ms, windowSize]).toEqual([quantile(latest, 0.5), quantile(latest, 0.95), latest.length])
        }
      ),
      { numRuns: 30 }
    )
  })

  it('counts each end of the last five minutes in one bucket', () => {
    fc.assert(
      fc.property(fc.array(ended, { maxLength: 200 }), (ends) => {
        const window = new LatencyWindow()
        let atMs = START_MS
        const times = ends.map(({ durationMs, ok, waitMs }) => {
          atMs += waitMs
          window.add(ok ? success(durationMs) : failure, atMs)
          return { atMs, ok }
        })
        const shown = times.filter((end) => Math.floor(end.atMs / BUCKET_MS) * BUCKET_MS > atMs - 60 * BUCKET_MS)
        const buckets = window.buckets(atMs)
        expect(buckets.reduce((sum, { successes }) => sum + successes, 0)).toBe(shown.filter(({ ok }) => ok).length)
        expect(buckets.reduce((sum, { failures }) => sum + failures, 0)).toBe(shown.filter(({ ok }) => !ok).length)
        expect(buckets.length).toBeLessThanOrEqual(60)
      })
    )
  })

  it('goes on when the clock is set back', () => {
    const window = new LatencyWindow()
    window.add(success(10), START_MS)
    window.add(success(20), START_MS - 3_600_000)
    expect(window.buckets(START_MS)).toMatchObject([{ atMs: START_MS, successes: 2 }])
  })

  it('knows nothing before the first success', () => {
    const window = new LatencyWindow()
    window.add(failure, START_MS)
    expect(window.percentiles()).toEqual({ p50Ms: null, p95Ms: null, windowSize: 0 })
    expect(window.buckets(START_MS)).toEqual([
      { atMs: START_MS, successes: 0, failures: 1, medianMs: null, p95Ms: null, firstTokenMs: null }
    ])
  })
})
