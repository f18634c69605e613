import { validatePeerScoreParams, validatePeerScoreThresholds } from '@libp2p/gossipsub/score'
import { describe, expect, it } from 'vitest'
import { lotusPreset } from '../../src/gossip/presets/lotus.ts'
import type { BeaconInputs } from '../../src/gossip/presets/preset.ts'
import { SCORE_PRESETS, scorePreset, type ScorePresetName } from '../../src/gossip/presets/presets.ts'
import { LODESTAR } from '../fixtures/gossip/known-answers.ts'
import { expectClose } from './close-to.ts'

const GOLDEN_TOLERANCE = 5e-5
const topicsOf = (name: ScorePresetName, inputs: BeaconInputs = {}) => scorePreset(name, inputs).params.topics

describe('Lodestar', () => {
  it.each(Object.entries(LODESTAR))('has the golden values of %s on a mature chain', (topic, golden) => {
    expectClose(topicsOf('lodestar', { currentSlot: 10_000 })[topic], golden, GOLDEN_TOLERANCE)
  })

  it.each(Object.entries(LODESTAR))('has those of %s at genesis, when deficits do not count', (topic, golden) => {
    const params = topicsOf('lodestar', { currentSlot: 0 })[topic]
    expectClose(params, { ...golden, meshMessageDeliveriesWeight: 0, meshMessageDeliveriesThreshold: 0 }, GOLDEN_TOLERANCE)
  })

  it('caps topics at half of the most positive score, and has misbehaviour lead to the gossip threshold', () => {
    const { params, thresholds } = scorePreset('lodestar')
    expectClose(params, { topicScoreCap: 55, IPColocationFactorWeight: -55, behaviourPenaltyWeight: -15.8793 }, 1e-4)
    expect(params).toMatchObject({ IPColocationFactorThreshold: 3, decayInterval: 12_000, retainScore: 38_400_000 })
    expect(thresholds).toEqual({
      gossipThreshold: -4000,
      publishThreshold: -8000,
      graylistThreshold: -16_000,
      acceptPXThreshold: 100,
      opportunisticGraftThreshold: 5
    })
  })

  it('forgets subnets that have a burst an epoch more slowly', () => {
    const few = topicsOf('lodestar', { activeValidators: 8192 })['beacon_attestation']
    expectClose(few, { firstMessageDeliveriesDecay: 0.01 ** (1 / 128), meshMessageDeliveriesDecay: 0.01 ** (1 / 512) }, 1e-12)
    expect(few.meshMessageDeliveriesActivation).toBe(384_000)
  })
})

describe('Lighthouse', () => {
  it('differs from Lodestar in what deficits cost, the window, IPs and the topics that there are', () => {
    const { params } = scorePreset('lighthouse')
    expectClose(params, { topicScoreCap: 53.75, IPColocationFactorWeight: -53.75, IPColocationFactorThreshold: 8 }, 1e-9)
    expect(Object.keys(params.topics)).not.toContain('bls_to_execution_change')
    expectClose(
      params.topics['beacon_block'],
      {
        ...LODESTAR.beacon_block,
        invalidMessageDeliveriesWeight: -215,
        meshMessageDeliveriesWeight: -0.5,
        meshFailurePenaltyWeight: -0.5,
        meshMessageDeliveriesWindow: 2000
      },
      GOLDEN_TOLERANCE
    )
    expect(topicsOf('lighthouse', { activeValidators: 8192 })['beacon_attestation'].meshMessageDeliveriesActivation).toBe(
      1_152_000
    )
  })

  it('counts parts of aggregates', () => {
    const inputs = { activeValidators: 20_001 }
    const cap = (name: ScorePresetName) => topicsOf(name, inputs)['beacon_aggregate_and_proof'].firstMessageDeliveriesCap
    expect(cap('lighthouse')).toBeGreaterThan(cap('lodestar'))
  })
})

describe('Prysm', () => {
  it('has constants for blocks, and deficits that are not scored', () => {
    const { params } = scorePreset('prysm')
    expect(params).toMatchObject({
      topicScoreCap: 32.72,
      IPColocationFactorWeight: -35.11,
      IPColocationFactorThreshold: 10,
      behaviourPenaltyWeight: -15.92
    })
    expect(params.topics['beacon_block']).toMatchObject({
      topicWeight: 0.8,
      firstMessageDeliveriesWeight: 1,
      firstMessageDeliveriesCap: 23,
      meshMessageDeliveriesCap: 160,
      meshMessageDeliveriesThreshold: 16,
      meshMessageDeliveriesActivation: 1_536_000,
      invalidMessageDeliveriesWeight: -140.4475
    })
    for (const topic of Object.values(params.topics)) {
      expect([topic.meshMessageDeliveriesWeight, topic.meshFailurePenaltyWeight]).toEqual([0, 0])
    }
  })

  it('expects a ninetieth of the aggregates, and takes the most positive score, 155, for an invalid one', () => {
    const topic = topicsOf('prysm')['beacon_aggregate_and_proof']
    const decay = 0.01 ** (1 / 32)
    expectClose(
      topic,
      {
        invalidMessageDeliveriesWeight: -155 / 0.5,
        meshMessageDeliveriesThreshold: (decay * (64 / 90)) / (1 - decay),
        firstMessageDeliveriesCap: 16 / (1 - decay),
        firstMessageDeliveriesWeight: (40 * (1 - decay)) / 16
      },
      1e-9
    )
  })

  it('forgets subnets the other way round than the others', () => {
    const decayOf = (name: ScorePresetName, activeValidators: number) =>
      topicsOf(name, { activeValidators })['beacon_attestation'].firstMessageDeliveriesDecay
    expect(decayOf('prysm', 16_384)).toBeCloseTo(decayOf('lodestar', 8192), 12)
    expect(decayOf('prysm', 8192)).toBeCloseTo(decayOf('lodestar', 16_384), 12)
  })

  it('has no rates for a mesh that is larger than twice the messages', () => {
    expect(() => scorePreset('prysm', { meshDegree: 1000 })).toThrow(/meshDegree must be at most \d+.*got 1000/)
  })
})

describe('Lotus', () => {
  it('is all constants, without deficits', () => {
    const { params, thresholds } = scorePreset('lotus')
    expect(Object.keys(params.topics)).toEqual(['blocks', 'messages', 'drand'])
    expect(params.topics['drand']).toMatchObject({
      topicWeight: 0.5,
      timeInMeshCap: 1,
      firstMessageDeliveriesCap: 25,
      meshMessageDeliveriesWeight: 0,
      meshFailurePenaltyWeight: 0,
      invalidMessageDeliveriesWeight: -1000
    })
    expect(params).toMatchObject({ IPColocationFactorThreshold: 5, IPColocationFactorWeight: -100, retainScore: 21_600_000 })
    expect(thresholds).toMatchObject({ gossipThreshold: -500, opportunisticGraftThreshold: 3.5 })
  })

  it('caps drand at what comes in an hour: two a minute end at 26.1', () => {
    const { drand } = topicsOf('lotus')
    expect(1 / 30 / (1 - drand.firstMessageDeliveriesDecay)).toBeCloseTo(26.07, 1)
  })

  it('thinks well of bootstrappers', () => {
    const { params } = lotusPreset({
      roleOf: (peer) => (peer === 'a' ? 'bootstrapper' : peer === 'b' ? 'drand-bootstrapper' : undefined)
    })
    expect(['a', 'b', 'c'].map(params.appSpecificScore)).toEqual([2500, 1500, 0])
    expect(lotusPreset().params.appSpecificScore('a')).toBe(0)
  })

  it('takes no inputs', () => {
    expect(() => scorePreset('lotus', { slotMs: 12_000 })).toThrow(/lotus is all constants and takes no slotMs, got 12000/)
  })
})

describe('every preset', () => {
  it.each(SCORE_PRESETS)('of %s is accepted by gossipsub itself', (name) => {
    const { params, thresholds } = scorePreset(name)
    validatePeerScoreParams(params)
    validatePeerScoreThresholds(thresholds)
    expect(params.appSpecificScore('anybody')).toBe(0)
  })

  it.each([
    ['slotMs', 999],
    ['slotMs', NaN],
    ['slotsPerEpoch', 0],
    ['meshDegree', 1.5],
    ['activeValidators', 100],
    ['activeValidators', Infinity],
    ['currentSlot', -1]
  ])('refuses %s %d', (input, value) => {
    expect(() => scorePreset('lodestar', { [input]: value })).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_OPTION',
        message: expect.stringMatching(new RegExp(`^${input} .*got ${value}$`)) as string
      })
    )
  })

  it('has a name that is known', () => {
    expect(() => scorePreset('teku' as ScorePresetName)).toThrow(
      /preset must be one of lodestar, lighthouse, prysm, lotus, got "teku"/
    )
  })
})
