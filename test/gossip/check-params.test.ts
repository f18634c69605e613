import { describe, expect, it } from 'vitest'
import { topicScoreParams } from '../../src/gossip/calculator.ts'
import { checkParamsAgainst } from '../../src/gossip/check-params.ts'
import { GIST_PUBLISHED, gistDesign } from '../../src/gossip/gist.ts'
import type { TopicScoreParams } from '../../src/gossip/score-params.ts'
import { PUBLISHED } from '../fixtures/gossip/known-answers.ts'

const design = gistDesign('true')
const good = topicScoreParams(design)
const fieldsMissed = (params: Partial<TopicScoreParams>) => checkParamsAgainst(params, design).misses.map(({ field }) => field)

describe('a set against its design', () => {
  it.each([
    ['timeInMeshWeight', 0.0027, /brings up to 9\.72, and should bring 1/],
    ['firstMessageDeliveriesWeight', 0.5, /should be 0, and is 48\.6/],
    ['firstMessageDeliveriesCap', 1500, /119 times the 20 messages/],
    ['meshMessageDeliveriesWeight', -0.09, /costs 10000, and should cost 1000/],
    ['meshMessageDeliveriesCap', 400, /33\.33 times the 20 messages/],
    ['meshMessageDeliveriesThreshold', 200, /33\.33 times the 10 messages/],
    ['meshFailurePenaltyWeight', -0.25, /squared deficits/],
    ['meshFailurePenaltyDecay', 0.9, /wants 40\.6 % after 300 s/],
    ['invalidMessageDeliveriesWeight', -99.6, /3\.162 invalid messages cancel/],
    ['invalidMessageDeliveriesDecay', 0.9999, /is left/]
  ] as const)('names %s %d, what is wanted and why', (field, value, why) => {
    const { misses } = checkParamsAgainst({ ...good, [field]: value }, design)
    const miss = misses.find((each) => each.field === field && why.test(each.why))
    expect(miss?.came).toBe(value)
    expect(Math.abs((miss?.wanted ?? NaN) - good[field])).toBeLessThan(0.4 * Math.abs(good[field]))
  })

  it('names an activation that comes too early', () => {
    expect(fieldsMissed(good)).toEqual(['meshMessageDeliveriesActivation'])
    const later = { ...design, moment: 'after-decay', activationMs: 152_000 } as const
    expect(checkParamsAgainst(topicScoreParams(later), later).misses).toEqual([])
  })

  it('names what is missing, and says what it can of the rest', () => {
    const { topicWeight, meshMessageDeliveriesDecay, ...rest } = good
    const { misses, crossingShare } = checkParamsAgainst(rest, design)
    expect(misses).toMatchObject([
      { field: 'topicWeight', wanted: topicWeight },
      { field: 'meshMessageDeliveriesDecay', wanted: meshMessageDeliveriesDecay }
    ])
    expect(crossingShare).toBeUndefined()
  })

  it('has a tolerance, by time constants for decays', () => {
    const rounded = { ...good, firstMessageDeliveriesWeight: 0.4183, meshMessageDeliveriesThreshold: 333.33 }
    expect(fieldsMissed(rounded)).toEqual(['meshMessageDeliveriesActivation'])
    expect(checkParamsAgainst(rounded, design, { tolerance: 1e-9 }).misses.length).toBeGreaterThan(1)
    expect(fieldsMissed({ ...good, invalidMessageDeliveriesDecay: 0.99945 })).toContain('invalidMessageDeliveriesDecay')
    expect(() => checkParamsAgainst(good, design, { tolerance: NaN })).toThrow(/tolerance must be .*NaN/)
  })

  it('says where the score is 0 in the long run', () => {
    expect(checkParamsAgainst(good, design)).toMatchObject({ slips: [] })
    expect(checkParamsAgainst(good, design).crossingShare).toBeCloseTo(0.5, 9)
    expect(checkParamsAgainst(topicScoreParams(gistDesign('truncated')), design).crossingShare).toBeCloseTo(0.3049, 4)
  })

  it.each([
    ['firstMessageDeliveriesDecay', 1.5],
    ['meshMessageDeliveriesWeight', 1],
    ['topicWeight', -1]
  ] as const)('refuses %s %d', (field, value) => {
    expect(() => checkParamsAgainst({ [field]: value }, design)).toThrow(new RegExp(`${field} must be .*got ${value}`))
  })
})

describe('the published set', () => {
  it.each([
    ['as it is', GIST_PUBLISHED],
    ['without durations and caps of time', PUBLISHED],
    ['with the weight of invalid messages of the text', { ...PUBLISHED, invalidMessageDeliveriesWeight: -99.6 }]
  ])('is known %s, and has twelve slips', (_, params) => {
    const { slips, misses } = checkParamsAgainst(params, design)
    expect(slips).toHaveLength(12)
    expect(misses.map(({ field }) => field)).toEqual(
      expect.arrayContaining(['timeInMeshWeight', 'meshMessageDeliveriesWeight', 'topicWeight', 'meshMessageDeliveriesWindow'])
    )
  })

  it('is not known by what it is not', () => {
    expect(checkParamsAgainst({ ...GIST_PUBLISHED, timeInMeshWeight: 1 / 3600 }, design).slips).toEqual([])
    expect(checkParamsAgainst({ timeInMeshWeight: 0.0027 }, design).slips).toEqual([])
  })
})
