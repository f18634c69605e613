import { describe, expect, it } from 'vitest'
import { meanBelief, type NormalInverseGamma, updateNormalInverseGamma } from '../../src/math/normal-inverse-gamma.ts'
import { expectClose, knownAnswer } from '../fixtures/known-answers.ts'

interface Inputs {
  readonly prior: NormalInverseGamma
  readonly data: readonly number[]
  readonly split?: number
}

function summary(data: readonly number[]) {
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length
  return { count: data.length, mean, variance: data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length }
}

function readPrior({ mu, kappa, a, b }: NormalInverseGamma): NormalInverseGamma {
  return { mu, kappa, a, b }
}

function expectBelief(actual: NormalInverseGamma, expected: readonly number[], tolerance: number): void {
  const figures = [actual.mu, actual.kappa, actual.a, actual.b]
  figures.forEach((figure, i) => expectClose(figure, expected[i], tolerance, ['mu', 'kappa', 'a', 'b'][i]))
}

describe('updateNormalInverseGamma', () => {
  it.each(['nig-posterior', 'nig-posterior-small'])('gives the known posterior %s', (id) => {
    const { inputs, expected, tolerance } = knownAnswer<Inputs, { posterior: number[] }>(id)
    expectBelief(updateNormalInverseGamma(readPrior(inputs.prior), summary(inputs.data)), expected.posterior, tolerance)
  })

  it('gives the same in two steps as in one', () => {
    const { inputs, expected, tolerance } = knownAnswer<Inputs & { split: number }, { posterior: number[]; router_A: number[] }>(
      'nig-posterior'
    )
    const first = updateNormalInverseGamma(readPrior(inputs.prior), summary(inputs.data.slice(0, inputs.split)))
    expectBelief(first, expected.router_A, tolerance)
    expectBelief(updateNormalInverseGamma(first, summary(inputs.data.slice(inputs.split))), expected.posterior, tolerance)
  })

  it('keeps the prior when nothing was seen', () => {
    const prior = { mu: 0.5, kappa: 1, a: 2, b: 0.2 }
    expect(updateNormalInverseGamma(prior, { count: 0, mean: NaN, variance: NaN })).toBe(prior)
  })
})

describe('meanBelief', () => {
  it('has the known degrees of freedom and scale', () => {
    const { expected, tolerance } = knownAnswer<Inputs, { posterior: number[]; t_df: number; t_scale: number }>('nig-posterior')
    const [mu, kappa, a, b] = expected.posterior
    const belief = meanBelief({ mu, kappa, a, b })
    expect(belief.location).toBe(mu)
    expectClose(belief.df, expected.t_df, tolerance, 'df')
    expectClose(belief.scale, expected.t_scale, tolerance, 'scale')
  })
})
