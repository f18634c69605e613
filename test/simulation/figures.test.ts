import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimateOf } from '../../src/simulation/figures.ts'
import { giniOf } from '../../src/simulation/gini.ts'

describe('the 95 % interval over seeds', () => {
  // t with 1, 2, 4, 9 and 29 degrees of freedom: any table of Student's distribution.
  it.each([
    [2, 12.7062],
    [3, 4.30265],
    [5, 2.77645],
    [10, 2.26216],
    [30, 2.04523]
  ])('of %i runs reaches %d standard errors', (runs, t) => {
    const values = Array.from({ length: runs }, (_, i) => i)
    const { mean, low, high } = estimateOf(values)
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (runs - 1))
    expect((Number(high) - mean) / (deviation / Math.sqrt(runs))).toBeCloseTo(t, 3)
    expect(mean - Number(low)).toBeCloseTo(Number(high) - mean, 10)
  })

  it('of one run is not known', () => {
    expect(estimateOf([3])).toEqual({ mean: 3, low: null, high: null })
  })
})

describe('the Gini index', () => {
  it.each([
    ['nothing', [], 0],
    ['idle peers', [0, 0], 0],
    ['equal loads', [2, 2, 2], 0],
    ['one that has everything', [0, 0, 0, 5], 0.75],
    ['a known example', [1, 2, 3, 4], 0.25]
  ])('of %s', (_what, values, expected) => {
    expect(giniOf(values)).toBeCloseTo(expected, 12)
  })

  it('is between 0 and 1, and the same at any scale and in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1 }), (values) => {
        const gini = giniOf(values)
        expect(gini).toBeGreaterThanOrEqual(-1e-12)
        expect(gini).toBeLessThan(1)
        expect(giniOf(values.map((value) => value * 7).reverse())).toBeCloseTo(gini, 10)
      })
    )
  })
})
