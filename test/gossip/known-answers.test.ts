import { describe, expect, it } from 'vitest'
import { designTopicScore, topicScoreParams } from '../../src/gossip/calculator.ts'
import { gistSlips } from '../../src/gossip/gist-slips.ts'
import { GIST_PUBLISHED, gistDesign } from '../../src/gossip/gist.ts'
import { longRunScore } from '../../src/gossip/long-run.ts'
import { ARITHMETIC_FIXED, PUBLISHED, TRUE_STEADY_STATE } from '../fixtures/gossip/known-answers.ts'
import { expectClose } from './close-to.ts'

describe('the design of the gist', () => {
  it('has the set as it is published', () => {
    expect(GIST_PUBLISHED).toEqual({
      ...PUBLISHED,
      timeInMeshQuantum: 1000,
      timeInMeshCap: 3600,
      meshMessageDeliveriesActivation: 30_000
    })
  })

  it('gives the set with the arithmetic fixed', () => {
    expectClose(topicScoreParams(gistDesign('truncated')), ARITHMETIC_FIXED, 1e-4)
  })

  it('gives the set of the true steady state', () => {
    expectClose(topicScoreParams(gistDesign('true')), TRUE_STEADY_STATE, 1e-4)
  })

  it('has no steady state at the sums of the gist: half of the deliveries has +356 after a decay, and is never pruned', () => {
    const fixed = designTopicScore(gistDesign('truncated'))
    expect(longRunScore(fixed.params, 5, 'after-decay')).toBeCloseTo(356.18, 2)
    expect(fixed.warnings.map(({ code }) => code)).toEqual(['long-run', 'activation'])
  })

  it('has a peer that delivers as expected at 193.7 when it is activated, and says what would mend it', () => {
    const { activation, warnings, meshDeliveries } = designTopicScore(gistDesign('true'))
    expect(activation).toMatchObject({ ticks: 30, reached: false, alternatives: { activationMs: 152_000 } })
    expect(activation.counterAfterDecay).toBeCloseTo(193.674, 3)
    expect(activation.alternatives.threshold).toBe(activation.counterAfterDecay)
    expect([meshDeliveries.steadyBeforeDecay, meshDeliveries.steadyAfterDecay].map((each) => each.toFixed(2))).toEqual([
      '33.33',
      '32.33'
    ])
    expect(warnings.map(({ code }) => code)).toEqual(['activation', 'after-decay'])
    expect(warnings[0].message).toMatch(
      /at 193\.7 of threshold 333\.3 and loses 175\.5: activate at 152 s, or lower .* to 193\.7/
    )
  })

  it('needs a gossip threshold of -1000, and of -2000 where P3 goes on beside P3b', () => {
    const { gossipThreshold } = designTopicScore(gistDesign('true'))
    expectClose(gossipThreshold, { js: -1000, go: -2000 }, 1e-9)
  })
})

describe('the slips of the gist', () => {
  const slips = gistSlips()

  it('are twelve, in order', () => {
    expect(slips.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  })

  it.each([
    [1, { timeInMeshWeight: 0.0027 }, { timeInMeshWeight: 0.00027778 }, /1\/3660 is 0\.0002732.*9\.72 and not 1/],
    [2, { squaredDeficitAtHalf: 1000 }, { squaredDeficitAtHalf: 10_000 }, /100² is 10000/],
    [3, { largestSquaredDeficit: 4000 }, { largestSquaredDeficit: 40_000 }, /200² is 40000/],
    [4, { meshMessageDeliveriesWeight: -0.25 }, { meshMessageDeliveriesWeight: -0.025 }, /costs 10000.*it is -0\.009/],
    [
      5,
      { firstMessageDeliveriesWeight: 0.664 },
      { firstMessageDeliveriesWeight: 0.664 },
      /-2241 and not 0.*32\.17 \(83\.92 %.*0\.4183/
    ],
    [6, { meshFailurePenaltyWeight: -0.25 }, { meshFailurePenaltyWeight: -0.025 }, /squared deficits already/],
    [7, { gossipThreshold: -1000 }, { gossipThreshold: -10_000, gossipThresholdGo: -20_000 }, /-20000 and -2000/],
    [8, { invalidMessageDeliveriesWeight: -99 }, { invalidMessageDeliveriesWeight: -9.96 }, /3\.162 messages cancel.*996.*9960/],
    [
      9,
      { firstDeliveryMultiplier: 75, meshDeliveryMultiplier: 20, meshMessageDeliveriesThreshold: 200 },
      { firstDeliveryMultiplier: 119.0476, meshDeliveryMultiplier: 33.3333, meshMessageDeliveriesThreshold: 333.3333 },
      /75\.79 and 19\.97.*118 and 32\.33.*356\.2/
    ],
    [
      10,
      { firstMessageDeliveriesDecay: 0.9916, invalidMessageDeliveriesDecay: 0.9994 },
      {
        firstMessageDeliveriesDecay: 0.9624,
        meshMessageDeliveriesDecay: 0.8577,
        meshFailurePenaltyDecay: 0.9848,
        invalidMessageDeliveriesDecay: 0.99745
      },
      /545\.9 s, 151\.2 s, 1533 s, 7673 s/
    ],
    [
      11,
      { meshMessageDeliveriesDecay: 0.97, meshFailurePenaltyDecay: 0.997 },
      {
        firstMessageDeliveriesDecay: 0.99167,
        meshMessageDeliveriesDecay: 0.96667,
        meshFailurePenaltyDecay: 0.99667,
        invalidMessageDeliveriesDecay: 0.99944
      },
      /1 in 33, 0\.997 is 1 in 333, 0\.9994 is 1 in 1667/
    ]
  ])('%i: printed, right and why', (number, printed, right, why) => {
    const slip = slips[number - 1]
    expect(slip.printed).toMatchObject(printed)
    expectClose(slip.right, right, 1e-4)
    expect(slip.why).toMatch(why)
  })

  it('12: has no topic weight and no window', () => {
    expect(slips[11].printed).toEqual({ topicWeight: null, meshMessageDeliveriesWindow: null })
    expect(slips[11].right).toEqual({ topicWeight: 1, meshMessageDeliveriesWindow: 10 })
  })
})
