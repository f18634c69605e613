import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JobRow } from '../../src/experiment/comparison-types.ts'
import { summariseSide } from '../../src/experiment/side-summary.ts'

const DEADLINE_MS = 10_000

function row(changes: Partial<JobRow> = {}): JobRow {
  return {
    side: 'adaptive',
    index: 0,
    arrivalMs: 0,
    durationMs: 1000,
    firstTokenMs: 200,
    ok: true,
    attempts: 1,
    peer: 'falcon',
    arm: 'standard',
    workloadClass: 'interactive',
    promptTokens: 100,
    outputTokens: 50,
    decisionMicros: 20,
    reward: 0.5,
    ...changes
  }
}

function failed(job: JobRow): JobRow {
  return { ...job, ok: false, failure: 'timeout', durationMs: DEADLINE_MS, firstTokenMs: null, outputTokens: 0, reward: 0 }
}

const jobs = fc
  .array(
    fc.record({
      arrivalMs: fc.integer({ min: 0, max: 60_000 }),
      durationMs: fc.integer({ min: 1, max: DEADLINE_MS }),
      outputTokens: fc.integer({ min: 0, max: 500 })
    }),
    { minLength: 1, maxLength: 150 }
  )
  .map((list) => list.map((changes, index) => row({ ...changes, index, firstTokenMs: changes.durationMs / 2 })))

describe('summariseSide', () => {
  it('gives the figures of a side', () => {
    const rows = [
      row({ index: 0, arrivalMs: 1000, durationMs: 1000, firstTokenMs: 100, outputTokens: 40 }),
      row({ index: 1, arrivalMs: 2000, durationMs: 3000, firstTokenMs: 300, outputTokens: 60, attempts: 2 }),
      failed(row({ index: 2, arrivalMs: 1000, attempts: 3 }))
    ]
    expect(summariseSide(rows)).toEqual({
      jobs: 3,
      meanMs: 14_000 / 3,
      p50Ms: 3000,
      p95Ms: 9300,
      p99Ms: 9860,
      successRatio: 2 / 3,
      // 100 tokens from 1 s, the first arrival, to 11 s, the deadline of the job that failed.
      tokensPerSecond: 10,
      attempts: 6,
      firstTokenP50Ms: 200,
      first100MeanMs: 14_000 / 3
    })
  })

  it('takes the first hundred jobs by their index, in whatever order they ended', () => {
    const rows = Array.from({ length: 150 }, (_, index) => row({ index, durationMs: index < 100 ? 100 : 900 }))
    expect(summariseSide(rows.toReversed()).first100MeanMs).toBe(100)
  })

  it('has no time to first token when no job had one', () => {
    expect(summariseSide([failed(row())]).firstTokenP50Ms).toBeNull()
  })

  it('does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(jobs, (rows) => {
        expect(summariseSide(rows.toReversed())).toEqual(summariseSide(rows))
      })
    )
  })

  it('never looks faster for a job that fails', () => {
    fc.assert(
      fc.property(jobs, fc.nat(), (rows, at) => {
        const position = at % rows.length
        const before = summariseSide(rows)
        const after = summariseSide(rows.with(position, failed(rows[position])))
        for (const figure of ['meanMs', 'p50Ms', 'p95Ms', 'p99Ms', 'first100MeanMs'] as const) {
          expect(after[figure], figure).toBeGreaterThanOrEqual(before[figure])
        }
        expect(after.tokensPerSecond).toBeLessThanOrEqual(before.tokensPerSecond)
        expect(after.successRatio).toBeLessThan(before.successRatio)
      })
    )
  })

  it('refuses to summarise nothing', () => {
    expect(() => summariseSide([])).toThrow('values must hold at least one number')
  })
})
