import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { overRounds, spreadOf } from './statistics.ts'

describe('spreadOf', () => {
  it('knows the percentiles of 0 to 100', () => {
    const values = Array.from({ length: 101 }, (_, i) => 100 - i)
    expect(spreadOf(values)).toEqual({ count: 101, p50: 50, p99: 99, max: 100 })
  })

  it('says nothing of no values', () => {
    expect(spreadOf([])).toBeUndefined()
  })

  it('is in order whatever the values are', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: 0, max: 1e9 }), { minLength: 1 }), (values) => {
        const { p50, p99, max } = spreadOf(values)!
        expect(p50).toBeLessThanOrEqual(p99)
        expect(p99).toBeLessThanOrEqual(max)
        expect(max).toBe(Math.max(...values))
      })
    )
  })
})

describe('overRounds', () => {
  it('gives the median, the least and the most', () => {
    expect(overRounds([3, 1, 2, 10])).toEqual({ median: 2.5, low: 1, high: 10 })
  })

  it('leaves out rounds without the figure', () => {
    expect(overRounds([undefined, 4, undefined])).toEqual({ median: 4, low: 4, high: 4 })
    expect(overRounds([undefined])).toBeUndefined()
  })
})
