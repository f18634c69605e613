import { describe, expect, it } from 'vitest'
import * as metrics from '../../../src/training/evaluation/metrics.ts'
import { expectClose, knownAnswer } from '../../fixtures/known-answers.ts'

interface Inputs {
  readonly y: number[]
  readonly yhat: number[]
  readonly lo: number[]
  readonly hi: number[]
}

const { inputs, expected, tolerance } = knownAnswer<Inputs, Record<string, number>>('regression-metrics')
const { y, yhat, lo: low, hi: high } = inputs

describe('figures are those of scikit-learn', () => {
  it.each<[string, number]>([
    ['mape', metrics.mape(y, yhat, 0)],
    ['wape', metrics.wape(y, yhat)],
    ['r2', metrics.rSquared(y, yhat)],
    ['mae', metrics.meanAbsoluteError(y, yhat)],
    ['rmse', metrics.rootMeanSquaredError(y, yhat)],
    ['pinball_0_1', metrics.pinball(y, yhat, 0.1)],
    ['pinball_0_5', metrics.pinball(y, yhat, 0.5)],
    ['pinball_0_9', metrics.pinball(y, yhat, 0.9)],
    ['log_mae', metrics.logMae(y, yhat)],
    ['median_ape', metrics.apeQuantile(y, yhat, 0.5)],
    ['picp', metrics.coverage(y, { low, high })],
    ['mpiw', metrics.meanWidth({ low, high })],
    ['interval_score_a0_2', metrics.intervalScore(y, { low, high }, 0.2)]
  ])('%s', (name, actual) => {
    expectClose(actual, expected[name], tolerance, name)
  })
})

describe('figures by hand', () => {
  it('percentages of tiny measurements are of the floor', () => {
    expect(metrics.mape([0.5, 10], [1.5, 11])).toBeCloseTo((1 / 1 + 1 / 10) / 2, 12)
  })

  it('the 90 % quantile of the percentage error lies between its neighbours', () => {
    expect(metrics.apeQuantile([10, 10, 10], [11, 12, 16], 0.9)).toBeCloseTo(0.2 + 0.8 * 0.4, 12)
  })

  it('bounds are inside', () => {
    expect(metrics.coverage([1, 2, 3], { low: [1, 1, 1], high: [2, 2, 2] })).toBeCloseTo(2 / 3, 12)
  })

  it('the histogram counts below, between and above the quantiles', () => {
    const quantiles = [
      [1, 1, 1, 1],
      [2, 2, 2, 2],
      [3, 3, 3, 3]
    ]
    expect(metrics.pitHistogram([0.5, 1.5, 2, 9], quantiles)).toEqual([0.25, 0.5, 0, 0.25])
  })

  it('regret is what the best of each pool gives more', () => {
    const [given, predicted] = [
      [10, 20, 40, 5],
      [3, 9, 4, 9]
    ]
    // The second of 20 and 40 is chosen; the last of 10 and 5; and of equal predictions the first.
    expect(
      metrics.topRegret(given, predicted, [
        [1, 2],
        [0, 3],
        [1, 3]
      ])
    ).toBeCloseTo((0.5 + 0.5 + 0) / 3, 12)
  })

  it('of measurements that are all equal no variance is explained', () => {
    expect(metrics.rSquared([2, 2], [1, 3])).toBeNaN()
  })

  it.each([
    [[], []],
    [[1], [1, 2]]
  ])('refuses %j beside %j', (measured, predicted) => {
    expect(() => metrics.wape(measured, predicted)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })
})
