import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pairedRatio } from '../../src/simulation/paired-ratio.ts'

const times = fc.double({ min: 0.1, max: 1000, noNaN: true })
const pairs = fc.array(fc.tuple(times, times), { minLength: 2, maxLength: 30 })

describe('the paired ratio of two policies', () => {
  it.each([
    ['clearly less is a win', [1, 2, 3], [2, 4.1, 6], 'win'],
    ['clearly more is a loss', [2, 4.1, 6], [1, 2, 3], 'loss'],
    ['now less and now more is a tie', [1, 4], [2, 2], 'tie'],
    ['the same is a tie', [3, 5], [3, 5], 'tie'],
    ['one seed is a tie: nothing is known of its interval', [1], [100], 'tie']
  ] as const)('%s', (_what, ours, theirs, outcome) => {
    expect(pairedRatio(ours, theirs).outcome).toBe(outcome)
  })

  it('is the geometric mean, with the interval of the mean logarithm', () => {
    // Logarithms 0 and ln 4: mean ln 2, standard error ln 2, and t with one degree of freedom is 12.7062.
    const { ratio, low, high } = pairedRatio([1, 4], [1, 1])
    expect(ratio).toBeCloseTo(2, 12)
    expect(Math.log(high!) / Math.LN2).toBeCloseTo(1 + 12.7062, 3)
    expect(Math.log(low!) / Math.LN2).toBeCloseTo(1 - 12.7062, 3)
  })

  it('is turned over when the two change places', () => {
    const opposite = { win: 'loss', tie: 'tie', loss: 'win' }
    fc.assert(
      fc.property(pairs, (seeds) => {
        const [ours, theirs] = [seeds.map(([a]) => a), seeds.map(([, b]) => b)]
        const [one, other] = [pairedRatio(ours, theirs), pairedRatio(theirs, ours)]
        expect(one.ratio * other.ratio).toBeCloseTo(1, 9)
        expect(Math.log(one.low!)).toBeCloseTo(-Math.log(other.high!), 6)
        expect(other.outcome).toBe(opposite[one.outcome])
      })
    )
  })

  it('does not depend on the unit', () => {
    fc.assert(
      fc.property(pairs, (seeds) => {
        const ours = seeds.map(([a]) => a)
        const theirs = seeds.map(([, b]) => b)
        const scaled = pairedRatio(
          ours.map((value) => 8 * value),
          theirs.map((value) => 8 * value)
        )
        expect(scaled).toEqual(pairedRatio(ours, theirs))
      })
    )
  })
})
