import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { meanOf, quantile, quantileOfSorted, sortedCopy } from '../../src/math/quantile.ts'

const values = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 50 })
const ratio = fc.double({ min: 0, max: 1, noNaN: true })

describe('quantile', () => {
  // Worked by hand from (n − 1)·q.
  it.each([
    { of: [7], q: 0.99, is: 7 },
    { of: [1, 2], q: 0.5, is: 1.5 },
    { of: [4, 1, 3, 2], q: 0.25, is: 1.75 },
    { of: [10, 20, 30, 40, 50], q: 0.95, is: 48 },
    { of: [3, 1, 2], q: 0, is: 1 },
    { of: [3, 1, 2], q: 1, is: 3 }
  ])('of $of at $q is $is', ({ of, q, is }) => {
    expect(quantile(of, q)).toBeCloseTo(is, 12)
  })

  it('does not depend on the order of the values', () => {
    fc.assert(
      fc.property(values, ratio, (list, q) => {
        expect(quantile(list.toReversed(), q)).toBe(quantile(list, q))
      })
    )
  })

  it('lies between the least and the greatest value and never falls as q rises', () => {
    fc.assert(
      fc.property(values, ratio, ratio, (list, p, q) => {
        const sorted = sortedCopy(list)
        const [low, high] = [quantileOfSorted(sorted, Math.min(p, q)), quantileOfSorted(sorted, Math.max(p, q))]
        expect(low).toBeLessThanOrEqual(high)
        expect(low).toBeGreaterThanOrEqual(Math.min(...list))
        expect(high).toBeLessThanOrEqual(Math.max(...list))
      })
    )
  })

  it('never falls when a value is replaced by a greater one', () => {
    fc.assert(
      fc.property(values, ratio, fc.nat(), fc.double({ min: 0, max: 1e9, noNaN: true }), (list, q, at, more) => {
        const raised = list.with(at % list.length, list[at % list.length] + more)
        expect(quantile(raised, q)).toBeGreaterThanOrEqual(quantile(list, q))
      })
    )
  })

  it('leaves the values as they were', () => {
    const list = [3, 1, 2]
    quantile(list, 0.5)
    expect(list).toEqual([3, 1, 2])
  })

  it.each([-0.1, 1.1, NaN])('refuses q = %s', (q) => {
    expect(() => quantile([1], q)).toThrow(`q must be between 0 and 1, got ${q}`)
  })

  it('refuses to make a figure of nothing', () => {
    expect(() => quantile([], 0.5)).toThrow('values must hold at least one number, got none')
    expect(() => meanOf([])).toThrow('values must hold at least one number, got none')
  })
})

describe('meanOf', () => {
  it('is the sum over the count', () => {
    expect(meanOf([1, 2, 6])).toBe(3)
  })
})
