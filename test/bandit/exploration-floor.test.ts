import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addFloor, explorationFloor, resolveExplorationFloor } from '../../src/bandit/exploration-floor.ts'
import { expectClose, knownAnswer } from '../fixtures/known-answers.ts'

describe('addFloor', () => {
  it('gives the known probabilities', () => {
    const { inputs, expected, tolerance } = knownAnswer<{ w: number[]; floor: number }, { additive: number[] }>('additive-floor')
    const p = Float64Array.from(inputs.w)
    addFloor(p, inputs.floor)
    p.forEach((value, i) => {
      expectClose(value, expected.additive[i], tolerance, `arm ${i}`)
    })
  })

  it('keeps the order and guarantees the floor', () => {
    const weights = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(weights, fc.double({ min: 0, max: 1, noNaN: true }), (raw, share) => {
        const total = raw.reduce((sum, w) => sum + w, 0) + 1
        const p = Float64Array.from(raw, (w) => (w + 1 / raw.length) / total)
        const before = [...p]
        const floor = share / p.length
        addFloor(p, floor)
        p.forEach((value, i) => {
          expect(value, `floor of arm ${i}`).toBeGreaterThanOrEqual(floor)
          p.forEach((other, j) => {
            expect((value - other) * (before[i] - before[j]), `order of arms ${i} and ${j}`).toBeGreaterThanOrEqual(0)
          })
        })
        expectClose(
          p.reduce((sum, value) => sum + value, 0),
          1,
          1e-12,
          'sum'
        )
      })
    )
  })
})

describe('explorationFloor', () => {
  const defaults = resolveExplorationFloor({})

  it.each([
    [0, 9, 0.02],
    [500, 9, 0.015],
    [1500, 9, 0.005],
    [1e6, 9, 0.005],
    [0, 100, 0.01]
  ])('after %d outcomes with %d arms is %d', (rounds, arms, floor) => {
    expect(explorationFloor(rounds, arms, defaults)).toBeCloseTo(floor, 15)
  })

  it.each([{ minFloor: NaN }, { startFloor: 1.1 }, { floorRounds: 0 }, { floorRounds: NaN }])('refuses %o', (options) => {
    expect(() => resolveExplorationFloor(options)).toThrow(/must be/)
  })
})
