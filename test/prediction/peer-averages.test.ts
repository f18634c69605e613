import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { combined, PeerAverages, type Spread } from '../../src/prediction/peer-averages.ts'

const PRIOR: Spread = { mean: 3, variance: 1 }
const figure = fc.double({ min: -10, max: 20, noNaN: true })
const figures = fc.array(figure, { maxLength: 30 })

function averagesOf(values: readonly number[], priorCount = 2): PeerAverages {
  const averages = new PeerAverages(PRIOR, priorCount)
  for (const value of values) averages.replace(undefined, value)
  return averages
}

function expectSame(actual: PeerAverages, expected: PeerAverages): void {
  expect(actual.count).toBe(expected.count)
  expect(actual.expected().mean).toBeCloseTo(expected.expected().mean, 9)
  expect(actual.expected().variance).toBeCloseTo(expected.expected().variance, 7)
}

describe('averages over peers', () => {
  it('are the prior and its own uncertainty before any peer is known', () => {
    expect(averagesOf([], 2).expected()).toEqual({ mean: 3, variance: 1.5 })
  })

  it('are the mean and variance of the peers when there are many', () => {
    const values = Array.from({ length: 10_000 }, (_, i) => (i % 2 === 0 ? 5 : 7))
    const { mean, variance } = averagesOf(values).expected()
    expect(mean).toBeCloseTo(6, 2)
    expect(variance).toBeCloseTo(1, 2)
  })

  it('are shrunk to the prior as if it were so many peers', () => {
    const { mean, variance } = averagesOf([6], 2).expected()
    expect(mean).toBeCloseTo((6 + 2 * 3) / 3, 12)
    // (6 − 4)² of the one, 2 · 1 of the prior, over three; and the mean of three is uncertain by a third of that.
    expect(variance).toBeCloseTo(((4 + 2) / 3) * (1 + 1 / 3), 12)
  })

  it('do not depend on the order', () => {
    const shuffled = figures.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })))
    fc.assert(
      fc.property(shuffled, ([values, others]) => {
        expectSame(averagesOf(others), averagesOf(values))
      })
    )
  })

  it('count each peer once, with what it has last', () => {
    fc.assert(
      fc.property(figures, figure, figure, (values, before, after) => {
        const averages = averagesOf([...values, before])
        averages.replace(before, after)
        expectSame(averages, averagesOf([...values, after]))
      })
    )
  })

  it('keep no trace of peers that are gone', () => {
    fc.assert(
      fc.property(figures, figures, (values, gone) => {
        const averages = averagesOf([...values, ...gone])
        for (const value of gone) averages.replace(value, undefined)
        expectSame(averages, averagesOf(values))
      })
    )
  })

  it('do not change for a peer without the figure', () => {
    const averages = averagesOf([1, 2])
    averages.replace(undefined, undefined)
    expectSame(averages, averagesOf([1, 2]))
  })

  it('never have a variance of nothing or less', () => {
    fc.assert(
      fc.property(figures, (values) => {
        expect(averagesOf(values).expected().variance).toBeGreaterThan(0)
      })
    )
  })
})

describe('hints combined', () => {
  it('are the hint itself when there is one', () => {
    const { mean, variance } = combined([{ mean: 2, variance: 0.3 }])
    expect(mean).toBeCloseTo(2, 12)
    expect(variance).toBeCloseTo(0.3, 12)
  })

  it('count by their precision', () => {
    const { mean, variance } = combined([
      { mean: 0, variance: 1 },
      { mean: 4, variance: 1 / 3 }
    ])
    expect(mean).toBeCloseTo(3, 12)
    expect(variance).toBeCloseTo(1 / 4, 12)
  })

  it('lie between the hints and are surer than each of them', () => {
    const hint = fc.record({ mean: figure, variance: fc.double({ min: 0.01, max: 10, noNaN: true }) })
    fc.assert(
      fc.property(fc.array(hint, { minLength: 1, maxLength: 5 }), (hints) => {
        const { mean, variance } = combined(hints)
        expect(mean).toBeGreaterThanOrEqual(Math.min(...hints.map((each) => each.mean)) - 1e-9)
        expect(mean).toBeLessThanOrEqual(Math.max(...hints.map((each) => each.mean)) + 1e-9)
        expect(variance).toBeLessThanOrEqual(Math.min(...hints.map((each) => each.variance)) + 1e-12)
      })
    )
  })
})
