import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import { drawLength, drawWorkload, stepped } from '../../../src/simulation/workload/arrivals.ts'

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

function drawn(length: Parameters<typeof drawLength>[1], count = 20_000): number[] {
  const rng = pcg32(1)
  return Array.from({ length: count }, () => drawLength(rng, length))
}

describe('drawLength', () => {
  it.each([
    [7, 7],
    [{ kind: 'uniform', min: 2, max: 4 }, 3],
    [{ kind: 'exponential', mean: 30 }, 30],
    // µ + σ φ(1)/Φ(1) where σ = µ
    [{ kind: 'normal', mean: 100, deviation: 100 }, 128.8],
    [{ kind: 'quantiles', probabilities: [0, 0.8, 0.8, 1], values: [0, 10, 100, 200] }, 0.8 * 5 + 0.2 * 150]
  ] as const)('draws %j with the mean %d', (length, expected) => {
    expect(mean(drawn(length)) / expected).toBeCloseTo(1, 1)
  })

  it('draws whole numbers from min to max, each as often, and no normal number below 0', () => {
    const counts = Map.groupBy(drawn({ kind: 'uniform', min: 2, max: 4 }), (value) => value)
    expect([...counts.keys()].toSorted()).toEqual([2, 3, 4])
    expect(Math.min(...[...counts.values()].map((list) => list.length))).toBeGreaterThan(6000)
    expect(Math.min(...drawn({ kind: 'normal', mean: 1, deviation: 5 }))).toBeGreaterThanOrEqual(0)
  })
})

describe('drawWorkload', () => {
  it('lets jobs arrive evenly, or by chance', () => {
    const pauses = (arrivals: 'even' | 'poisson') => {
      const jobs = drawWorkload({ promptTokens: 0, outputTokens: 1, arrivals }, { jobs: 50, rng: pcg32(1) })
      return new Set(jobs.slice(1).map(({ arrivalMs }, i) => arrivalMs - jobs[i].arrivalMs))
    }
    expect(pauses('even')).toEqual(new Set([1]))
    expect(pauses('poisson').size).toBe(49)
  })

  it('lets every answer have a token', () => {
    const jobs = drawWorkload({ promptTokens: 0, outputTokens: 0 }, { jobs: 3, rng: pcg32(1) })
    expect(jobs.map(({ outputTokens }) => outputTokens)).toEqual([1, 1, 1])
  })
})

describe('stepped', () => {
  const jobs = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ arrivalMs: i * 10, promptTokens: 0, outputTokens: 1 }))

  it('keeps order, start and end', () => {
    const steps = fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), steps, (count, list) => {
        const times = stepped(jobs(count), list).map(({ arrivalMs }) => arrivalMs)
        expect(times[0]).toBeCloseTo(0, 9)
        expect(times.at(-1)).toBeCloseTo((count - 1) * 10, 6)
        expect(times.every((atMs, i) => i === 0 || atMs >= times[i - 1])).toBe(true)
      })
    )
  })

  it('lets three quarters come in the second half at three times the rate', () => {
    const times = stepped(jobs(401), [1, 3]).map(({ arrivalMs }) => arrivalMs)
    expect(times.filter((atMs) => atMs < 2000)).toHaveLength(100)
    expect(times[100]).toBeCloseTo(2000, 6)
  })
})
