import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { updateNormalInverseGamma } from '../../../src/math/normal-inverse-gamma.ts'
import { LinearModel } from '../../../src/simulation/rivals/linear-model.ts'

const figure = fc.double({ min: -100, max: 100, noNaN: true })
const sample = fc.record({ features: fc.tuple(figure, figure), value: figure })

describe('the linear model', () => {
  it('is the mean of a normal variable where there is but one feature, which is 1', () => {
    fc.assert(
      fc.property(fc.array(figure, { minLength: 1, maxLength: 20 }), (values) => {
        // Worth 4 observations of 5, and 2 of a noise of 3.
        const model = new LinearModel({ weights: [5], variances: [1 / 4], noise: 3, noiseWeight: 2, keep: 1 })
        let belief = { mu: 5, kappa: 4, a: 1, b: 9 }
        for (const value of values) {
          model.observe([1], value)
          belief = updateNormalInverseGamma(belief, { count: 1, mean: value, variance: 0 })
        }
        expect(model.mean([1])).toBeCloseTo(belief.mu, 8)
        expect(1 / model.relativeVariance([1])).toBeCloseTo(belief.kappa, 8)
        expect(model.noise.shape).toBeCloseTo(belief.a, 8)
        expect(model.noise.rate / belief.b).toBeCloseTo(1, 8)
      })
    )
  })

  it('finds the weights of a line', () => {
    const model = new LinearModel({ weights: [0, 0], variances: [1e6, 1e6], noise: 1, noiseWeight: 1, keep: 0.99 })
    for (let i = 0; i < 200; i += 1) model.observe([1, i % 7], 30 + 4 * (i % 7))
    expect(model.mean([1, 0])).toBeCloseTo(30, 3)
    expect(model.mean([1, 10])).toBeCloseTo(70, 3)
  })

  it('follows a change sooner the more it forgets', () => {
    const after = (keep: number) => {
      const model = new LinearModel({ weights: [0, 0], variances: [10, 10], noise: 1, noiseWeight: 1, keep })
      for (let i = 0; i < 400; i += 1) model.observe([1, i % 3], i < 200 ? 10 : 50)
      return model.mean([1, 1])
    }
    expect(after(0.95)).toBeCloseTo(50, 1)
    expect(after(1)).toBeCloseTo(30, 0)
  })

  it('is never less certain than at the start, nor beyond what can be drawn', () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 200 }), (samples) => {
        const model = new LinearModel({ weights: [1, 1], variances: [4, 9], noise: 2, noiseWeight: 2, keep: 0.9 })
        for (const { features, value } of samples) model.observe(features, value)
        expect(model.relativeVariance([1, 0])).toBeLessThanOrEqual(4 + 1e-9)
        expect(model.relativeVariance([0, 1])).toBeLessThanOrEqual(9 + 1e-9)
        expect(model.noise.shape).toBeGreaterThan(0)
        expect(model.noise.rate).toBeGreaterThan(0)
        expect(Number.isFinite(model.mean([1, 1]))).toBe(true)
      })
    )
  })
})
