import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import { exponential, weibull } from '../../src/math/draw.ts'
import { logGamma } from '../../src/math/log-gamma.ts'
import { meanOf, quantileOfSorted, sortedCopy } from '../../src/math/quantile.ts'

const COUNT = 50_000

describe('weibull', () => {
  // The median is mean · (ln 2)^(1/k) / Γ(1 + 1/k); Γ(2) = 1, Γ(3) = 2, Γ(3/2) = √π/2.
  it.each([
    [1, Math.LN2],
    [0.5, Math.LN2 ** 2 / 2],
    [2, Math.sqrt(Math.LN2) / (Math.sqrt(Math.PI) / 2)]
  ])('of shape %d has the mean asked for, and the median %d of it', (shape, median) => {
    const rng = pcg32(1)
    const drawn = sortedCopy(Array.from({ length: COUNT }, () => weibull(rng, 7, shape)))
    expect(meanOf(drawn) / 7).toBeCloseTo(1, 1)
    expect(quantileOfSorted(drawn, 0.5) / 7 / median).toBeCloseTo(1, 1)
  })

  it('of shape 1 is exponential', () => {
    expect(weibull(pcg32(3), 7, 1)).toBe(exponential(pcg32(3), 7))
  })
})

describe('logGamma', () => {
  it.each([
    [1, 0],
    [2, 0],
    [5, Math.log(24)],
    [0.5, Math.log(Math.PI) / 2]
  ])('of %d is %d', (x, expected) => {
    expect(logGamma(x)).toBeCloseTo(expected, 13)
  })
})
