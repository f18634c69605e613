import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LinearBelief } from '../../src/math/linear-belief.ts'

const PRIOR = { means: [1, -0.5, 0], variances: [4, 0.25, 1] }

type Observation = readonly [precision: number, x: Float64Array, y: number]

const figures = fc.double({ min: -5, max: 5, noNaN: true })
const observation: fc.Arbitrary<Observation> = fc.tuple(
  fc.double({ min: 0.1, max: 10, noNaN: true }),
  fc.tuple(figures, figures, figures).map((x) => Float64Array.from(x)),
  figures
)
const observations = fc.array(observation, { maxLength: 15 })

function beliefOf(all: readonly Observation[]): LinearBelief {
  const belief = new LinearBelief(PRIOR)
  for (const [precision, x, y] of all) belief.add(precision, x, y)
  return belief
}

function expectSame(actual: LinearBelief, expected: LinearBelief, digits = 6): void {
  const x = Float64Array.of(0.3, -1, 2)
  expect(actual.mean(x)).toBeCloseTo(expected.mean(x), digits)
  expect(actual.variance(x)).toBeCloseTo(expected.variance(x), digits)
}

describe('a linear belief', () => {
  it('is the prior before any data', () => {
    const belief = new LinearBelief(PRIOR)
    expect([...belief.coefficients()]).toEqual(PRIOR.means)
    expect(belief.mean(Float64Array.of(2, 4, 0))).toBe(0)
    expect(belief.variance(Float64Array.of(2, 4, 0))).toBeCloseTo(2 * 2 * 4 + 4 * 4 * 0.25, 12)
  })

  it('of one coefficient is the normal posterior of the textbook', () => {
    const belief = new LinearBelief({ means: [1], variances: [4] })
    belief.add(2, Float64Array.of(1), 3)
    belief.add(0.5, Float64Array.of(1), 7)
    const precision = 1 / 4 + 2 + 0.5
    expect(belief.mean(Float64Array.of(1))).toBeCloseTo((1 / 4 + 2 * 3 + 0.5 * 7) / precision, 12)
    expect(belief.variance(Float64Array.of(1))).toBeCloseTo(1 / precision, 12)
  })

  it('is the same as by updates of rank one with the whole covariance', () => {
    fc.assert(
      fc.property(observations, (all) => {
        let mean = [...PRIOR.means]
        let covariance = PRIOR.variances.map((variance, i) => PRIOR.variances.map((_, j) => (i === j ? variance : 0)))
        for (const [precision, x, y] of all) {
          const px = covariance.map((row) => row.reduce((sum, value, j) => sum + value * x[j], 0))
          const total = px.reduce((sum, value, i) => sum + value * x[i], 1 / precision)
          const innovation = y - mean.reduce((sum, value, i) => sum + value * x[i], 0)
          mean = mean.map((value, i) => value + (px[i] / total) * innovation)
          covariance = covariance.map((row, i) => row.map((value, j) => value - (px[i] * px[j]) / total))
        }
        const coefficients = beliefOf(all).coefficients()
        mean.forEach((value, i) => {
          expect(coefficients[i]).toBeCloseTo(value, 6)
        })
      })
    )
  })

  it('does not depend on the order, and forgets what is withdrawn', () => {
    fc.assert(
      fc.property(observations, observation, (all, more) => {
        const belief = beliefOf(all)
        expectSame(beliefOf([...all].reverse()), belief)
        const [precision, x, y] = more
        belief.add(precision, x, y)
        belief.add(-precision, x, y)
        expectSame(belief, beliefOf(all))
      })
    )
  })

  it('fades to what the data would say with less precision, and at last to the prior', () => {
    fc.assert(
      fc.property(observations, (all) => {
        const belief = beliefOf(all)
        belief.fade(0.5)
        expectSame(belief, beliefOf(all.map(([precision, x, y]) => [precision / 2, x, y])))
        belief.fade(0)
        expectSame(belief, new LinearBelief(PRIOR))
      })
    )
  })

  it('keeps a coefficient within its range, and the others as likely as can be then', () => {
    const belief = new LinearBelief({ means: [0, 0], variances: [1, 1] }, { index: 0, min: 0, max: 0.5 })
    belief.add(100, Float64Array.of(1, 1), 2)
    const [first, second] = belief.coefficients()
    expect(first).toBe(0.5)
    // The posterior of the second if the first is known to be 0.5.
    expect(second).toBeCloseTo((100 * 1.5) / 101, 12)
    belief.add(1_000, Float64Array.of(1, 0), -3)
    expect(belief.coefficients()[0]).toBeCloseTo(0, 12)
  })

  it('goes on from its state, and stays where it is if the state is impossible', () => {
    fc.assert(
      fc.property(observations, (all) => {
        const belief = beliefOf(all)
        const restored = new LinearBelief(PRIOR)
        restored.restore(belief.state())
        expectSame(restored, belief, 12)
        expect(() => {
          restored.restore({ information: [-5, 0, 0, 0, 0, 0], moments: [0, 0, 0] })
        }).toThrow('positive definite')
        expectSame(restored, belief, 12)
      })
    )
  })
})
