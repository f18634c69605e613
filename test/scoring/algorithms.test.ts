import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ALGORITHMS,
  checkAlgorithm,
  NEUTRAL_SCORE,
  parseAlgorithms,
  progressiveScore,
  weightList,
  withAlgorithms
} from '../../src/scoring/algorithms.ts'
import { FACTOR_IDS } from '../../src/scoring/factor.ts'

describe('the eight algorithms', () => {
  it('are eight with weights that hold', () => {
    expect(ALGORITHMS.map(({ id }) => id)).toEqual([
      'standard',
      'latency-optimized',
      'throughput-optimized',
      'reliability-optimized',
      'geographic-proximity',
      'load-balanced',
      'economic',
      'consensus'
    ])
    for (const algorithm of ALGORITHMS) expect(checkAlgorithm(algorithm), algorithm.id).toBe(algorithm)
  })

  it('use every factor', () => {
    const used = new Set(ALGORITHMS.flatMap(({ weights }) => Object.keys(weights)))
    expect([...used].sort()).toEqual([...FACTOR_IDS].sort())
  })
})

describe('weight tables', () => {
  it.each([
    ['NaN', { latency: NaN, uptime: 1 }, /mine.*latency.*got NaN/],
    ['a negative weight', { latency: -0.5, uptime: 1.5 }, /mine.*latency.*got -0.5/],
    ['a weight that is no number', { latency: '1' }, /mine.*latency.*got "1"/],
    ['an unknown factor', { speed: 1 }, /mine.*speed.*1.*latency, latencyRecent/],
    ['a sum below 1', { latency: 0.5, uptime: 0.4 }, /mine.*sum to 1, got 0.9 \(latency 0.5, uptime 0.4\)/],
    ['a sum beyond rounding', { latency: 1 + 1e-8 }, /mine.*sum to 1/],
    ['no weights', {}, /mine.*sum to 1, got 0/]
  ])('with %s are refused by algorithm, factor and value', (_what, weights, message) => {
    expect(() => parseAlgorithms([{ id: 'mine', weights }])).toThrowError(
      expect.objectContaining({ code: 'ERR_INVALID_WEIGHTS', message: expect.stringMatching(message) as string })
    )
  })

  it.each([
    ['no list', { id: 'mine', weights: { latency: 1 } }],
    ['no object', ['mine']],
    ['no weights', [{ id: 'mine' }]],
    ['no id', [{ weights: { latency: 1 } }]],
    ['an empty id', [{ id: '', weights: { latency: 1 } }]],
    ['a title that is no text', [{ id: 'mine', title: 5, weights: { latency: 1 } }]],
    [
      'an id twice',
      [
        { id: 'mine', weights: { latency: 1 } },
        { id: 'mine', weights: { uptime: 1 } }
      ]
    ]
  ])('with %s are refused', (_what, json) => {
    expect(() => parseAlgorithms(json)).toThrowError(expect.objectContaining({ code: 'ERR_INVALID_WEIGHTS' }))
  })

  it('may miss a sum of 1 by rounding', () => {
    expect(parseAlgorithms([{ id: 'mine', title: 'Mine', weights: { latency: 0.1 + 0.2, uptime: 0.7 } }])).toHaveLength(1)
  })

  it('are put in the place of those with the same id, others after the base', () => {
    const mine = { id: 'mine', weights: { latency: 1 } }
    const standard = { id: 'standard', weights: { uptime: 1 } }
    const merged = withAlgorithms(ALGORITHMS, [mine, standard])
    expect(merged).toHaveLength(9)
    expect(merged[0]).toBe(standard)
    expect(merged[8]).toBe(mine)
  })
})

describe('progressive scoring', () => {
  const list = weightList(ALGORITHMS[0])
  const row = (scores: readonly number[], maturities: readonly number[]) => {
    const at = (values: readonly number[]) => Float64Array.from(FACTOR_IDS, (_, i) => values[list.factors.indexOf(i)] ?? 0)
    return { scores: at(scores), maturities: at(maturities) }
  }

  it('is the plain weighted mean when every factor is mature', () => {
    expect(progressiveScore(list, row([80, 60, 40, 20], [1, 1, 1, 1]))).toBeCloseTo(
      0.25 * 80 + 0.25 * 60 + 0.3 * 40 + 0.2 * 20,
      12
    )
  })

  it('hands the weight of a factor without evidence to the others', () => {
    expect(progressiveScore(list, row([80, 60, 0, 0], [1, 1, 0, 0]))).toBeCloseTo(70, 12)
  })

  it('is neutral when there is no evidence at all', () => {
    expect(progressiveScore(list, row([100, 100, 100, 100], [0, 0, 0, 0]))).toBe(NEUTRAL_SCORE)
  })

  it('lies between the worst and the best score that has evidence', () => {
    const four = (max: number) => fc.array(fc.double({ min: 0, max, noNaN: true }), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(four(100), four(1), (scores, maturities) => {
        fc.pre(maturities.some((maturity) => maturity > 1e-6))
        const known = scores.filter((_, i) => maturities[i] > 0)
        const score = progressiveScore(list, row(scores, maturities))
        expect(score).toBeGreaterThanOrEqual(Math.min(...known) - 1e-9)
        expect(score).toBeLessThanOrEqual(Math.max(...known) + 1e-9)
      })
    )
  })
})
