import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalCdf } from '../../src/math/normal.ts'

/** erfc(−x/√2)/2 by the C library, which is exact to the last digit or two. */
const VALUES: readonly (readonly [x: number, cdf: number])[] = [
  [-37, 5.725571222525139e-300],
  [-30, 4.906713927148764e-198],
  [-20, 2.7536241186063314e-89],
  [-10, 7.619853024160593e-24],
  [-8, 6.220960574271819e-16],
  [-5.7, 5.990371401063533e-9],
  [-5.6, 1.0717590258310968e-8],
  [-5, 2.866515718791946e-7],
  [-3, 0.0013498980316300957],
  [-1, 0.15865525393145707],
  [-0.7, 0.24196365222307306],
  [-0.67, 0.25142889509531013],
  [-0.5, 0.3085375387259869],
  [0, 0.5],
  [0.3, 0.6179114221889526],
  [1.96, 0.9750021048517795],
  [4, 0.9999683287581669]
]

describe('normalCdf', () => {
  it.each(VALUES)('has the value at %d to twelve digits and more', (x, cdf) => {
    expect(Math.abs(normalCdf(x) / cdf - 1)).toBeLessThan(1e-12)
  })

  it('is 0 and 1 at the ends', () => {
    expect([normalCdf(-Infinity), normalCdf(Infinity)]).toEqual([0, 1])
  })

  it('rises and is symmetric', () => {
    fc.assert(
      fc.property(fc.double({ min: -8, max: 8, noNaN: true }), (x) => {
        expect(Math.abs(normalCdf(x) + normalCdf(-x) - 1)).toBeLessThan(1e-15)
        expect(normalCdf(x + 1e-3)).toBeGreaterThanOrEqual(normalCdf(x))
      })
    )
  })
})
