import { describe, expect, it } from 'vitest'
import { pcg32, type Rng } from '../../src/core/rng.ts'
import { designTopicScore } from '../../src/gossip/calculator.ts'
import { chanceLoss, longRunScore } from '../../src/gossip/long-run.ts'
import type { TopicScoreParams } from '../../src/gossip/score-params.ts'
import type { TopicDesign } from '../../src/gossip/topic-design.ts'

/** Knuth's: events of a unit of time. */
function poisson(rng: Rng, mean: number): number {
  const least = Math.exp(-mean)
  let events = 0
  for (let product = rng.next(); product > least; product *= rng.next()) events++
  return events
}

/** The mean loss by deficits after decays, of messages that come at random. */
function simulatedLoss(params: TopicScoreParams, perTick: number, ticks: number): number {
  const rng = pcg32(7)
  let counter = perTick / (1 - params.meshMessageDeliveriesDecay)
  let sum = 0
  for (let tick = 0; tick < ticks; tick++) {
    counter = (counter + poisson(rng, perTick)) * params.meshMessageDeliveriesDecay
    sum += Math.max(0, params.meshMessageDeliveriesThreshold - counter) ** 2
  }
  return (-params.meshMessageDeliveriesWeight * sum) / ticks
}

const quiet: TopicDesign = {
  messagesPerSecond: 40,
  meshDegree: 8,
  meshDegreeHigh: 12,
  convention: 'decay-to-zero',
  moment: 'after-decay'
}

describe('what chance costs a peer that delivers as expected', () => {
  it.each([
    ['a quiet topic', quiet],
    ['a longer decay', { ...quiet, meshDeliveryDecay: { timeMs: 300_000 } }],
    ['a threshold before decays', { ...quiet, moment: 'before-decay' }],
    ['a busy topic', { ...quiet, messagesPerSecond: 120, convention: 'one-part-in-n' }]
  ] as const)('is as in a simulation of %s', (_, design) => {
    const { params, deliveriesPerTick } = designTopicScore(design)
    const simulated = simulatedLoss(params, deliveriesPerTick.low, 400_000)
    expect(chanceLoss(params, deliveriesPerTick.low) / simulated).toBeGreaterThan(0.9)
    expect(chanceLoss(params, deliveriesPerTick.low) / simulated).toBeLessThan(1.15)
  })

  it('is warned of where it is more than a hundredth of the bound', () => {
    const codes = (design: TopicDesign) => designTopicScore({ ...design, activationMs: 600_000 }).warnings.map(({ code }) => code)
    expect(codes(quiet)).toEqual(['chance'])
    expect(codes({ ...quiet, meshDeliveryDecay: { timeMs: 300_000 } })).toEqual([])
  })

  it('is nothing where deficits are off', () => {
    const { params } = designTopicScore(quiet)
    const off = { ...params, meshMessageDeliveriesWeight: 0 }
    expect(chanceLoss(off, 3)).toBe(0)
    expect(longRunScore(off, 3)).toBeGreaterThan(0)
  })
})
