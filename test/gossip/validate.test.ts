import {
  createPeerScoreParams,
  createPeerScoreThresholds,
  createTopicScoreParams,
  validateTopicScoreParams
} from '@libp2p/gossipsub/score'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { topicScoreParams } from '../../src/gossip/calculator.ts'
import { TOPIC_SCORE_FIELDS } from '../../src/gossip/fields.ts'
import { gistDesign } from '../../src/gossip/gist.ts'
import { checkPeerScoreParams, checkPeerScoreThresholds, checkTopicScoreParams } from '../../src/gossip/validate.ts'
import { designs } from './designs.ts'

const good = topicScoreParams(gistDesign('true'))
const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(message) as string }) as Error

describe('the check of a topic', () => {
  it.each(TOPIC_SCORE_FIELDS.flatMap((field) => [NaN, Infinity, -Infinity].map((value) => [field, value] as const)))(
    'refuses %s %d',
    (field, value) => {
      expect(() => checkTopicScoreParams({ ...good, [field]: value })).toThrow(
        refusal(new RegExp(`^${field} must be .*got ${value}$`))
      )
    }
  )

  it.each([
    ['topicWeight', -1, /at least 0/],
    ['timeInMeshWeight', -0.1, /at least 0/],
    ['timeInMeshQuantum', 0, /integer of at least 1/],
    ['timeInMeshQuantum', 0.5, /integer/],
    ['timeInMeshCap', 0, /above 0/],
    ['firstMessageDeliveriesWeight', -1, /at least 0/],
    ['firstMessageDeliveriesDecay', 0, /above 0 and below 1/],
    ['firstMessageDeliveriesDecay', 1, /above 0 and below 1/],
    ['firstMessageDeliveriesCap', 0, /above 0/],
    ['meshMessageDeliveriesWeight', 0.1, /at most 0/],
    ['meshMessageDeliveriesDecay', 1.5, /above 0 and below 1/],
    ['meshMessageDeliveriesThreshold', 0, /above 0/],
    ['meshMessageDeliveriesCap', 300, /at least the threshold, 333\.3/],
    ['meshMessageDeliveriesWindow', -1, /integer of at least 0/],
    ['meshMessageDeliveriesWindow', 1.5, /integer/],
    ['meshMessageDeliveriesActivation', 999, /integer of at least 1000/],
    ['meshFailurePenaltyWeight', 1, /at most 0/],
    ['meshFailurePenaltyDecay', 0, /above 0 and below 1/],
    ['invalidMessageDeliveriesWeight', 1, /at most 0/],
    ['invalidMessageDeliveriesDecay', 0, /above 0 and below 1/]
  ] as const)('refuses %s %d', (field, value, wanted) => {
    const message = new RegExp(`^topic\\.${field} must be .*${wanted.source}.*, got ${value}$`)
    expect(() => checkTopicScoreParams({ ...good, [field]: value }, 'topic')).toThrow(refusal(message))
  })

  it('takes 0 for what a weight of 0 switches off', () => {
    const off = {
      ...good,
      meshMessageDeliveriesWeight: 0,
      meshMessageDeliveriesDecay: 0,
      meshMessageDeliveriesThreshold: 0,
      meshMessageDeliveriesCap: 0,
      meshMessageDeliveriesActivation: 0,
      meshFailurePenaltyWeight: 0,
      meshFailurePenaltyDecay: 0,
      firstMessageDeliveriesWeight: 0,
      firstMessageDeliveriesDecay: 0,
      firstMessageDeliveriesCap: 0,
      timeInMeshWeight: 0,
      timeInMeshCap: 0
    }
    expect(checkTopicScoreParams(off)).toBe(off)
  })

  it('accepts no set that gossipsub refuses, and what the calculator makes gossipsub accepts', () => {
    const value = fc.oneof(fc.constantFrom(0, 1, -1, 0.5, 1000, NaN, Infinity), fc.double())
    const sets = fc.record(Object.fromEntries(TOPIC_SCORE_FIELDS.map((field) => [field, value]))) as fc.Arbitrary<typeof good>
    const changed = fc
      .tuple(fc.constantFrom(...TOPIC_SCORE_FIELDS), value)
      .map(([field, changedTo]) => ({ ...good, [field]: changedTo }))
    fc.assert(
      fc.property(fc.oneof(sets, changed), (params) => {
        const accepts = (check: (params: typeof good) => unknown) => {
          try {
            check(params)
            return true
          } catch {
            return false
          }
        }
        expect(accepts(checkTopicScoreParams) && !accepts(validateTopicScoreParams)).toBe(false)
      }),
      { numRuns: 1000 }
    )
    fc.assert(
      fc.property(designs, (design) => {
        validateTopicScoreParams(topicScoreParams(design))
      })
    )
  })

  it('accepts gossipsub’s own defaults', () => {
    expect(() => checkTopicScoreParams(createTopicScoreParams())).not.toThrow()
  })
})

describe('the check of a whole score', () => {
  const peer = createPeerScoreParams({ topics: { blocks: good } })

  it('accepts gossipsub’s own defaults', () => {
    expect(checkPeerScoreParams(peer)).toBe(peer)
  })

  it.each([
    [{ topicScoreCap: -1 }, /^topicScoreCap .*at least 0, got -1/],
    [{ appSpecificScore: 3 as never }, /^appSpecificScore must be a function, got 3/],
    [{ appSpecificWeight: NaN }, /^appSpecificWeight .*finite.*NaN/],
    [{ IPColocationFactorWeight: 1 }, /^IPColocationFactorWeight .*at most 0, got 1/],
    [{ IPColocationFactorThreshold: 0 }, /^IPColocationFactorThreshold .*at least 1, got 0/],
    [{ behaviourPenaltyWeight: NaN }, /^behaviourPenaltyWeight .*NaN/],
    [{ behaviourPenaltyThreshold: -1 }, /^behaviourPenaltyThreshold .*-1/],
    [{ behaviourPenaltyDecay: 1 }, /^behaviourPenaltyDecay .*got 1/],
    [{ decayInterval: 999 }, /^decayInterval .*at least 1000, got 999/],
    [{ decayToZero: 0 }, /^decayToZero .*got 0/],
    [{ retainScore: 0.5 }, /^retainScore .*got 0\.5/],
    [{ topics: { blocks: { ...good, topicWeight: -1 } } }, /^topics\["blocks"\]\.topicWeight .*got -1/]
  ])('refuses %j', (change, message) => {
    expect(() => checkPeerScoreParams({ ...peer, ...change })).toThrow(refusal(message))
  })
})

describe('the check of thresholds', () => {
  const thresholds = createPeerScoreThresholds({ gossipThreshold: -10, publishThreshold: -50, graylistThreshold: -80 })

  it('accepts them in order', () => {
    expect(checkPeerScoreThresholds(thresholds)).toBe(thresholds)
  })

  it.each([
    [{ gossipThreshold: 1 }, /^gossipThreshold .*at most 0, got 1/],
    [{ gossipThreshold: NaN }, /^gossipThreshold .*NaN/],
    [{ publishThreshold: -9 }, /^publishThreshold must be at most gossipThreshold, -10, got -9/],
    [{ graylistThreshold: -49 }, /^graylistThreshold must be at most publishThreshold, -50, got -49/],
    [{ graylistThreshold: -Infinity }, /^graylistThreshold .*-Infinity/],
    [{ acceptPXThreshold: -1 }, /^acceptPXThreshold .*-1/],
    [{ opportunisticGraftThreshold: NaN }, /^opportunisticGraftThreshold .*NaN/]
  ])('refuses %j', (change, message) => {
    expect(() => checkPeerScoreThresholds({ ...thresholds, ...change })).toThrow(refusal(message))
  })
})
