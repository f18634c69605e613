import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  groupBound,
  heardFromFriends,
  heardFromStrangers,
  type Report,
  strangerBound,
  type StrangerLimits
} from '../../src/reputation/opinion.ts'

const LIMITS: StrangerLimits = { share: 0.25, better: Math.log(4), worse: Math.log(1.5), groupShare: 0.25 }
const figure = fc.double({ min: -20, max: 20, noNaN: true })
const before = fc.record({ mean: figure, precision: fc.double({ min: 1e-3, max: 1e3, noNaN: true }) })
const precision = fc.oneof(fc.double({ min: 0, max: 10, noNaN: true }), fc.double({ min: 0, max: 1e12, noNaN: true }))
const report = (group: fc.Arbitrary<string>): fc.Arbitrary<Report> => fc.record({ mean: figure, precision, group })
const reports = fc.array(report(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')), { maxLength: 30 })
const share = fc.double({ min: 0, max: 0.95, noNaN: true })
const limits = fc.record({
  share,
  groupShare: fc.double({ min: 0, max: 1, noNaN: true }),
  better: fc.double({ min: 1e-3, max: 5, noNaN: true }),
  worse: fc.double({ min: 1e-3, max: 5, noNaN: true })
})
const ROUNDING = 1e-9

describe('strangers', () => {
  it('together move a belief by no more than the bound, whatever they say', () => {
    fc.assert(
      fc.property(before, reports, limits, (belief, all, within) => {
        const after = heardFromStrangers(belief, all, within)
        const moved = after.mean - belief.mean
        expect(moved).toBeLessThanOrEqual(within.share * within.worse + ROUNDING)
        expect(moved).toBeGreaterThanOrEqual(-within.share * within.better - ROUNDING)
        expect(Math.abs(moved)).toBeLessThanOrEqual(strangerBound(within) + ROUNDING)
        expect(after.precision).toBe(belief.precision)
      })
    )
  })

  it('of one group move it by no more than the bound of a group, whatever others say', () => {
    fc.assert(
      fc.property(
        before,
        reports,
        fc.array(report(fc.constant('swarm')), { maxLength: 50 }),
        limits,
        (belief, all, swarm, within) => {
          const [without, swarmed] = [all, [...all, ...swarm]].map((heard) => heardFromStrangers(belief, heard, within).mean)
          expect(Math.abs(swarmed - without)).toBeLessThanOrEqual(groupBound(within) + ROUNDING)
        }
      )
    )
  })

  it('are as many as they like: a thousand of one group count for no more than their group', () => {
    const belief = { mean: 3, precision: 1 }
    const loud = { mean: -5, precision: 1e9, group: 'one' }
    const one = heardFromStrangers(belief, [loud], LIMITS).mean
    const thousand = heardFromStrangers(belief, Array<Report>(1_000).fill(loud), LIMITS).mean
    expect(thousand).toBeCloseTo(one, 9)
    expect(belief.mean - thousand).toBeLessThanOrEqual(groupBound(LIMITS))
    const everywhere = Array.from({ length: 1_000 }, (_, i) => ({ ...loud, group: `g${i}` }))
    expect(belief.mean - heardFromStrangers(belief, everywhere, LIMITS).mean).toBeCloseTo(0.25 * Math.log(4), 9)
  })

  it('say nothing where their share is 0 or nobody speaks', () => {
    const belief = { mean: 3, precision: 1 }
    const loud = [{ mean: -5, precision: 1e9, group: 'one' }]
    expect(heardFromStrangers(belief, loud, { ...LIMITS, share: 0 })).toEqual(belief)
    expect(heardFromStrangers(belief, loud, { ...LIMITS, groupShare: 0 })).toEqual(belief)
    expect(heardFromStrangers(belief, [], LIMITS)).toEqual(belief)
    expect(heardFromStrangers(belief, [{ ...loud[0], precision: 0 }], LIMITS)).toEqual(belief)
  })
})

describe('friends', () => {
  it('move a belief by no more than their share of the reach', () => {
    fc.assert(
      fc.property(before, reports, limits, (belief, all, within) => {
        const after = heardFromFriends(belief, all, within)
        expect(after.mean - belief.mean).toBeLessThanOrEqual(within.share * within.worse + ROUNDING)
        expect(after.mean - belief.mean).toBeGreaterThanOrEqual(-within.share * within.better - ROUNDING)
        expect(after.precision).toBeLessThanOrEqual((belief.precision / (1 - within.share)) * (1 + ROUNDING))
      })
    )
  })

  it('are heard by their median: three liars of ten do not turn it', () => {
    const honest = [1.9, 2, 2.1, 2, 1.95, 2.05, 2].map((mean) => ({ mean, precision: 4, group: 'g' }))
    const lying = [9, 9, 9].map((mean) => ({ mean, precision: 4, group: 'g' }))
    const within = { share: 0.8, better: 3, worse: 3 }
    const alone = heardFromFriends({ mean: 3, precision: 1 }, honest, within)
    const lied = heardFromFriends({ mean: 3, precision: 1 }, [...honest, ...lying], within)
    expect(Math.abs(lied.mean - alone.mean)).toBeLessThanOrEqual(0.08 + ROUNDING)
  })
})
