import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { completion, type Line, sharedWork, type Sharing } from '../../src/prediction/sharing.ts'
import { completionsMs } from '../../src/simulation/rivals/omniscient.ts'

const work = fc.double({ min: 0.5, max: 2_000, noNaN: true })
const backlog = fc.array(work, { maxLength: 30 })
const sharing: fc.Arbitrary<Sharing> = fc.record({
  slots: fc.integer({ min: 1, max: 8 }),
  slowdown: fc.double({ min: 0, max: 1, noNaN: true })
})

const lineOf = (jobs: readonly number[]): Line => ({ work: Float64Array.from(jobs), count: jobs.length })

function completionOf(jobs: readonly number[], own: number, how: Sharing) {
  const into = { waiting: NaN, running: NaN }
  completion(lineOf(jobs), own, how, into)
  return { ...into, whole: into.waiting + into.running }
}

/** Event by event, as the bounds of the simulation have it, in units of the time of one token. */
function replayed(jobs: readonly number[], own: number, how: Sharing): number {
  return completionsMs([...jobs, own], how, 1000).at(-1) ?? NaN
}

const near = (actual: number, expected: number) => Math.abs(actual - expected) <= 1e-9 * (1 + Math.abs(expected))

describe('completion under processor sharing', () => {
  it('is what a replay event by event comes to', () => {
    fc.assert(
      fc.property(backlog, work, sharing, (jobs, own, how) => {
        expect(near(completionOf(jobs, own, how).whole, replayed(jobs, own, how))).toBe(true)
      }),
      { numRuns: 500 }
    )
  })

  it('is that for more slots than there was room for, and for few again afterwards', () => {
    const jobs = Array.from({ length: 100 }, (_, i) => 1 + ((i * 37) % 101))
    for (const slots of [40, 3, 90, 1]) {
      const how = { slots, slowdown: 0.15 }
      expect(completionOf(jobs, 50, how).whole, `${slots} slots`).toBeCloseTo(replayed(jobs, 50, how), 6)
    }
  })

  it('has the waiting end when a slot falls free', () => {
    fc.assert(
      fc.property(backlog, work, sharing, (jobs, own, how) => {
        const { waiting, running } = completionOf(jobs, own, how)
        expect(waiting > 0).toBe(jobs.length >= how.slots)
        // What waits is not slowed; what has a slot is slowed by full slots at most.
        expect(running).toBeGreaterThanOrEqual(own)
        expect(running).toBeLessThanOrEqual(own * (1 + how.slowdown * (how.slots - 1)) * (1 + 1e-12))
      })
    )
  })

  it('takes longer the more work there is, its own or that before it', () => {
    fc.assert(
      fc.property(backlog, work, sharing, fc.double({ min: 0, max: 500, noNaN: true }), (jobs, own, how, more) => {
        const { whole } = completionOf(jobs, own, how)
        const least = whole - 1e-9 * whole
        expect(completionOf(jobs, own + more, how).whole).toBeGreaterThanOrEqual(least)
        expect(completionOf([...jobs, more + 0.5], own, how).whole).toBeGreaterThanOrEqual(least)
        const heavier = jobs.map((left, i) => (i === jobs.length - 1 ? left + more : left))
        expect(completionOf(heavier, own, how).whole).toBeGreaterThanOrEqual(least)
      })
    )
  })

  it('is a sum without waiting: its own work, and what it does beside each of the others', () => {
    expect(completionOf([], 100, { slots: 4, slowdown: 0.15 })).toEqual({ waiting: 0, running: 100, whole: 100 })
    const { waiting, running } = completionOf([30, 200], 100, { slots: 4, slowdown: 0.2 })
    expect(waiting).toBe(0)
    expect(running).toBeCloseTo(100 + 0.2 * (30 + 100), 12)
  })

  it('is a sum of all the work with one slot', () => {
    expect(completionOf([30, 200, 5], 100, { slots: 1, slowdown: 0.7 })).toEqual({ waiting: 235, running: 100, whole: 335 })
  })

  it('leaves the line as it was', () => {
    const line = lineOf([5, 4, 3, 2, 1])
    completion(line, 7, { slots: 2, slowdown: 0.5 }, { waiting: 0, running: 0 })
    expect([...line.work]).toEqual([5, 4, 3, 2, 1])
  })

  it('counts only the jobs that count', () => {
    const line: Line = { work: Float64Array.of(10, 20, 999, 999), count: 2 }
    expect(sharedWork(line, 15)).toBe(25)
    const into = { waiting: NaN, running: NaN }
    completion(line, 15, { slots: 2, slowdown: 0 }, into)
    expect(into).toEqual({ waiting: 10, running: 15 })
  })
})

describe('jobs side by side', () => {
  it('take from each other what a replay with and without one of them shows', () => {
    fc.assert(
      fc.property(fc.array(work, { maxLength: 7 }), work, fc.double({ min: 0, max: 1, noNaN: true }), (jobs, own, slowdown) => {
        const how = { slots: 8, slowdown }
        const sumOf = (line: readonly number[]) => completionsMs(line, how, 1000).reduce((sum, ms) => sum + ms, 0)
        const others = sumOf([...jobs, own]) - replayed(jobs, own, how)
        expect(near(others - sumOf(jobs), slowdown * sharedWork(lineOf(jobs), own))).toBe(true)
      })
    )
  })

  it('take from each other the same', () => {
    fc.assert(
      fc.property(work, work, (a, b) => {
        expect(sharedWork(lineOf([a]), b)).toBe(sharedWork(lineOf([b]), a))
      })
    )
  })
})
