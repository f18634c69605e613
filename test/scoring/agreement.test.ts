import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agreement, agreementMeter, firstChoices, kendallTau } from '../../src/scoring/agreement.ts'

function rowsOf(...lists: readonly (readonly number[])[]) {
  return { scores: Float64Array.from(lists.flat()), arms: lists.length, count: lists[0].length }
}

function tau(a: readonly number[], b: readonly number[]): number | undefined {
  return kendallTau(Float64Array.from(a), Float64Array.from(b))
}

const lists = fc.integer({ min: 2, max: 12 }).chain((length) => {
  const list = fc.array(fc.nat(8), { minLength: length, maxLength: length })
  return fc.tuple(list, list)
})

describe('first choices', () => {
  it('are the best candidate of each arm, the earlier one of equals', () => {
    expect([...firstChoices(rowsOf([1, 3, 2], [5, 4, 5], [-3, -2, -1]))]).toEqual([1, 0, 2])
  })

  it('need a candidate', () => {
    expect(() => firstChoices({ scores: new Float64Array(0), arms: 2, count: 0 })).toThrowError(
      expect.objectContaining({ code: 'ERR_NO_ELIGIBLE_PEER' })
    )
  })
})

describe("Kendall's τ-b", () => {
  it.each([
    [[1, 2, 3, 4], [10, 20, 30, 40], 1],
    [[1, 2, 3, 4], [4, 3, 2, 1], -1],
    [[1, 2, 3, 4], [1, 2, 4, 3], 4 / 6],
    [[12, 2, 1, 12, 2], [1, 4, 7, 1, 0], -0.4714045207910316]
  ])('of %j and %j is %d', (a, b, expected) => {
    expect(tau(a, b)).toBeCloseTo(expected, 12)
  })

  it('does not exist where a list ties throughout', () => {
    expect(tau([1, 1, 1], [1, 2, 3])).toBeUndefined()
    expect(tau([1], [1])).toBeUndefined()
  })

  it('is symmetric, within −1 to 1, 1 with itself, and turns sign with one list reversed', () => {
    fc.assert(
      fc.property(lists, ([a, b]) => {
        fc.pre(new Set(a).size > 1 && new Set(b).size > 1)
        const value = tau(a, b)!
        expect(tau(b, a)).toBe(value)
        expect(Math.abs(value)).toBeLessThanOrEqual(1 + 1e-12)
        expect(tau(a, a)).toBeCloseTo(1, 12)
        expect(
          tau(
            a,
            b.map((score) => -score)
          )! + value
        ).toBeCloseTo(0, 12)
      })
    )
  })
})

describe('agreement', () => {
  it('counts different first choices and takes the mean τ of the pairs', () => {
    const { distinct, meanTau, tau: matrix } = agreement(rowsOf([3, 2, 1], [3, 1, 2], [1, 2, 3]))
    expect(distinct).toBe(2)
    expect(matrix[0][0]).toBe(1)
    expect(matrix[0][2]).toBe(-1)
    expect(meanTau).toBeCloseTo((1 / 3 - 1 - 1 / 3) / 3, 12)
  })

  it('has no mean τ where nothing can be ordered', () => {
    expect(agreement(rowsOf([1], [2])).meanTau).toBeUndefined()
    expect(agreement(rowsOf([1], [2])).distinct).toBe(1)
  })
})

describe('agreement meter', () => {
  it('says nothing before the first decision', () => {
    expect(agreementMeter().summary()).toEqual({
      decisions: 0,
      unanimousRatio: undefined,
      meanDistinct: undefined,
      meanTau: undefined
    })
  })

  it('adds up decisions by scores and by first choices', () => {
    const meter = agreementMeter()
    meter.add(rowsOf([2, 1], [2, 1]))
    meter.add(rowsOf([2, 1], [1, 2]))
    meter.addChoices(['a', 'a', 'b', 'c'])
    meter.addChoices(['a', 'a'])
    expect(meter.summary()).toEqual({ decisions: 4, unanimousRatio: 0.5, meanDistinct: 7 / 4, meanTau: 0 })
  })

  it('leaves τ out for more candidates than it is told', () => {
    const meter = agreementMeter({ maxTauCandidates: 1 })
    meter.add(rowsOf([2, 1], [2, 1]))
    expect(meter.summary()).toEqual({ decisions: 1, unanimousRatio: 1, meanDistinct: 1, meanTau: undefined })
  })

  it('refuses a limit that is no count', () => {
    for (const maxTauCandidates of [-1, 0.5, NaN]) {
      expect(() => agreementMeter({ maxTauCandidates }), String(maxTauCandidates)).toThrowError(
        expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
      )
    }
  })
})
