import { describe, expect, it } from 'vitest'
import { rankCorrelation } from '../../src/math/rank-correlation.ts'

describe('rankCorrelation', () => {
  it.each([
    [[1, 2, 3, 4], [10, 20, 30, 99], 1],
    [[1, 2, 3, 4], [9, 5, 4, 1], -1],
    // Ranks 0, 1.5, 1.5, 3 and 0, 2, 1, 3: covariance 4.5/4, variances 4.5/4 and 5/4.
    [[1, 2, 2, 3], [1, 3, 2, 4], 4.5 / Math.sqrt(4.5 * 5)]
  ])('of %j and %j is %d', (a, b, expected) => {
    expect(rankCorrelation(a, b)).toBeCloseTo(expected, 12)
  })
})
