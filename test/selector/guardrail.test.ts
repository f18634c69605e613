import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyGuardrail } from '../../src/selector/guardrail.ts'
import { teach, world } from './world.ts'

/** Peers that are known as well as can be. */
const known = (costs: readonly number[]) => costs.map((costMs) => ({ reward: 0.5, costMs, leastCostMs: costMs }))

const arms = fc
  .array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 1, max: 1e6, noNaN: true })), {
    minLength: 1,
    maxLength: 9
  })
  .filter((list) => list.some(([weight]) => weight > 1e-6))

function guarded(list: readonly (readonly [number, number])[], maxExpectedLoss: number) {
  const total = list.reduce((sum, [weight]) => sum + weight, 0)
  const before = list.map(([weight]) => weight / total)
  const after = Float64Array.from(before)
  const costs = list.map(([, cost]) => cost)
  applyGuardrail(after, known(costs), maxExpectedLoss)
  return { before, after, costs }
}

describe('the guardrail', () => {
  it('takes the probability of an arm that is expected to do much worse, and keeps the proportions of the others', () => {
    const propensities = Float64Array.of(0.5, 0.2, 0.2, 0.1)
    applyGuardrail(propensities, known([100, 105, 300, 109]), 0.1)
    for (const [i, wanted] of [0.625, 0.25, 0, 0.125].entries()) expect(propensities[i], `arm ${i}`).toBeCloseTo(wanted, 12)
  })

  it('lets an arm try a peer that may well be as good as the best', () => {
    const propensities = Float64Array.of(0.5, 0.5)
    applyGuardrail(
      propensities,
      [
        { reward: 0.6, costMs: 100, leastCostMs: 100 },
        { reward: 0.3, costMs: 400, leastCostMs: 105 }
      ],
      0.1
    )
    expect([...propensities]).toEqual([0.5, 0.5])
  })

  it('leaves a fixed arm alone, however bad its choice', () => {
    const propensities = Float64Array.of(0, 1, 0)
    applyGuardrail(propensities, known([100, 900, 500]), 0.1)
    expect([...propensities]).toEqual([0, 1, 0])
  })

  it('gives a distribution in which nobody beyond the margin has a share, unless nobody else has one', () => {
    fc.assert(
      fc.property(arms, fc.double({ min: 0, max: 1, noNaN: true }), (list, margin) => {
        const { before, after, costs } = guarded(list, margin)
        const most = Math.min(...costs) * (1 + margin)
        const within = before.filter((_, i) => costs[i] <= most).reduce((sum, p) => sum + p, 0)
        expect(after.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9)
        const beyond = [...after].filter((_, i) => costs[i] > most).reduce((sum, p) => sum + p, 0)
        expect(beyond > 0).toBe(within === 0)
      })
    )
  })

  it('changes nothing with an infinite margin', () => {
    fc.assert(
      fc.property(arms, (list) => {
        const { before, after } = guarded(list, Infinity)
        before.forEach((p, i) => {
          expect(after[i]).toBeCloseTo(p, 12)
        })
      })
    )
  })

  it('of a selector is refused when it is no number', async () => {
    await expect(world({ maxExpectedLoss: NaN })).rejects.toThrow('maxExpectedLoss must be a number of at least 0, got NaN')
    const w = await world({ maxExpectedLoss: Infinity })
    await teach(w, 'a', 10)
  })
})
