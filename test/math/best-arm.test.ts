import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bestArmProbabilities, type LocationScale } from '../../src/math/best-arm.ts'
import { normalCdf } from '../../src/math/normal.ts'
import { studentTCdf } from '../../src/math/student-t.ts'
import { expectClose, knownAnswer } from '../fixtures/known-answers.ts'

function probabilities(posteriors: readonly LocationScale[]): number[] {
  const into = new Float64Array(posteriors.length)
  bestArmProbabilities(posteriors, into)
  return [...into]
}

const cdf = ({ location, scale, df }: LocationScale, x: number) =>
  df > 30 ? normalCdf((x - location) / scale) : studentTCdf((x - location) / scale, df)

/** Slow and simple: the distribution function of the arm is the measure, on a grid as fine as the narrowest arm asks for. */
function bySteps(posteriors: readonly LocationScale[], reach: number): number[] {
  const step = Math.min(...posteriors.map(({ scale }) => scale)) / 100
  const low = Math.min(...posteriors.map(({ location, scale }) => location - reach * scale))
  const high = Math.max(...posteriors.map(({ location, scale }) => location + reach * scale))
  return posteriors.map((arm, k) => {
    let sum = 0
    for (let x = low; x < high; x += step) {
      const others = posteriors.reduce((product, other, i) => (i === k ? product : product * cdf(other, x + step / 2)), 1)
      sum += (cdf(arm, x + step) - cdf(arm, x)) * others
    }
    return sum
  })
}

const posterior = fc.record({
  location: fc.double({ min: 0, max: 1, noNaN: true }),
  scale: fc.double({ min: 0.001, max: 1, noNaN: true }),
  df: fc.oneof(fc.constant(Infinity), fc.double({ min: 4, max: 60, noNaN: true }))
})

describe('bestArmProbabilities', () => {
  const known = knownAnswer<{ scenarios: { means: number[]; sds: number[] }[] }, { p_best: number[][] }>(
    'thompson-propensity-gaussian'
  )

  it.each(known.inputs.scenarios.map((scenario, i) => ({ ...scenario, expected: known.expected.p_best[i] })))(
    'is exact to 1e-11 for normal arms of means $means and deviations $sds',
    ({ means, sds, expected }) => {
      const actual = probabilities(means.map((location, k) => ({ location, scale: sds[k], df: Infinity })))
      actual.forEach((p, k) => expect(Math.abs(p - expected[k]), `arm ${k}`).toBeLessThan(1e-11))
    }
  )

  it('is exact for two normal arms whose scales differ by 10,000', () => {
    const [first] = probabilities([
      { location: 0.5, scale: 0.0001, df: 100 },
      { location: 0.2, scale: 1, df: 100 }
    ])
    expectClose(first, normalCdf(0.3 / Math.hypot(0.0001, 1)), 1e-10, 'difference of two normals')
  })

  it.each([
    { name: 'alike', scales: [0.1, 0.12, 0.09], dfs: [4, 4, 4] },
    { name: 'of different tails', scales: [0.1, 0.1, 0.1], dfs: [4, 12, 100] },
    { name: 'of different widths', scales: [0.05, 0.2, 0.6], dfs: [6, 6, 6] }
  ])('agrees with a fine grid for Student arms $name', ({ scales, dfs }) => {
    const posteriors = scales.map((scale, k) => ({ location: 0.4 + 0.05 * k, scale, df: dfs[k] }))
    const expected = bySteps(posteriors, 60)
    probabilities(posteriors).forEach((p, k) => expectClose(p, expected[k], 2e-6, `arm ${k}`))
  })

  it('sums to 1, is symmetric and does not hang on the unit', () => {
    fc.assert(
      fc.property(fc.array(posterior, { minLength: 1, maxLength: 9 }), (posteriors) => {
        const p = probabilities(posteriors)
        expectClose(
          p.reduce((sum, value) => sum + value, 0),
          1,
          1e-12,
          'sum'
        )
        const backwards = probabilities([...posteriors].reverse()).reverse()
        const stretched = probabilities(
          posteriors.map(({ location, scale, df }) => ({ location: 7 * location, scale: 7 * scale, df }))
        )
        p.forEach((value, k) => {
          expectClose(backwards[k], value, 1e-9, `arm ${k} in reverse order`)
          expectClose(stretched[k], value, 1e-9, `arm ${k} in another unit`)
        })
      }),
      { numRuns: 200 }
    )
  })

  it('gives equal arms equal shares', () => {
    const arms = new Array<LocationScale>(9).fill({ location: 0.5, scale: 0.3, df: 4 })
    for (const p of probabilities(arms)) expectClose(p, 1 / 9, 1e-12, 'share')
  })

  it('gives 0 to an arm that cannot be best', () => {
    const [first, second] = probabilities([
      { location: 0.1, scale: 0.001, df: 100 },
      { location: 0.9, scale: 0.001, df: 100 }
    ])
    expect([first, second]).toEqual([0, 1])
  })

  it.each([
    { location: NaN, scale: 1, df: 5 },
    { location: 0, scale: 0, df: 5 },
    { location: 0, scale: NaN, df: 5 },
    { location: 0, scale: 1, df: NaN }
  ])('refuses $location, $scale, $df', (bad) => {
    expect(() => probabilities([{ location: 0, scale: 1, df: 5 }, bad])).toThrow(/a posterior must have/)
  })
})
