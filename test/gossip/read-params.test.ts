import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { topicScoreParams } from '../../src/gossip/calculator.ts'
import { goName } from '../../src/gossip/fields.ts'
import { gistDesign } from '../../src/gossip/gist.ts'
import { goDurationSource, parseGoDuration } from '../../src/gossip/go-duration.ts'
import { readTopicScoreParams } from '../../src/gossip/read-params.ts'
import { target as goDurations } from '../fuzz/targets/go-duration.ts'
import { target as topicScoreParamsJson } from '../fuzz/targets/topic-score-params.ts'

const params = topicScoreParams(gistDesign('true'))
const read = (json: unknown) => readTopicScoreParams(json, 'set.json')

describe('a set in JSON', () => {
  it('has the names of JS or of Go, and durations as ms or as Go has them', () => {
    expect(read(JSON.parse(JSON.stringify(params)))).toEqual(params)
    const go = Object.fromEntries(Object.entries(params).map(([field, value]) => [goName(field), value]))
    expect(
      read({ ...go, TimeInMeshQuantum: '1s', MeshMessageDeliveriesWindow: '10ms', MeshMessageDeliveriesActivation: '0m30s' })
    ).toEqual(params)
  })

  it('may be the params of a whole answer, and have fields missing', () => {
    expect(read({ params: { topicWeight: 2 }, warnings: [] })).toEqual({ topicWeight: 2 })
  })

  it.each([
    ['no object', [1], /set\.json must be a JSON object.*got \[1\]/],
    ['nothing', null, /set\.json must be a JSON object.*got null/],
    ['no field', {}, /set\.json must have parameters.*got none/],
    ['an unknown field', { timeInMeshWieght: 1 }, /"timeInMeshWieght" is no parameter.*did you mean "timeInMeshWeight"\?/],
    ['a field that is like none', { colour: 1 }, /"colour" is no parameter of a topic's score$/],
    ['a field twice', { topicWeight: 1, TopicWeight: 2 }, /topicWeight is given twice, as topicWeight and as TopicWeight/],
    ['a text for a number', { topicWeight: '1' }, /set\.json: topicWeight must be a finite number, got "1"/],
    ['null', { topicWeight: null }, /topicWeight must be a finite number, got null/],
    ['a duration without a unit', { timeInMeshQuantum: '30' }, /timeInMeshQuantum must be a duration with units.*got "30"/],
    ['a negative duration', { timeInMeshQuantum: '-30s' }, /timeInMeshQuantum must be a duration with units/],
    ['parts of a ms', { timeInMeshQuantum: '1.5us' }, /timeInMeshQuantum must be a whole number of ms.*got "1\.5us"/],
    ['ns, as Go writes numbers', { TimeInMeshQuantum: 1e9 }, /TimeInMeshQuantum must be at most a week.*numbers are ms, not ns/],
    ['params that are none', { params: 3 }, /set\.json: params must be a JSON object/]
  ])('is refused with %s', (_, json, message) => {
    expect(() => read(json)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(message) as string })
    )
  })
})

describe('durations of Go', () => {
  it.each([
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['10ms', 10],
    ['250us', 0.25],
    ['250µs', 0.25],
    ['1ns', 0.000001],
    ['.5s', 500],
    ['1h0m0.001s', 3_600_001],
    ['0', 0],
    ['0s', 0]
  ])('%s is %d ms', (text, ms) => {
    expect(parseGoDuration('d', text)).toBe(ms)
  })

  it.each(['', '30', 's', '1 s', '-1s', '1s ', '1d', '1e3s', 's1', '1..5s', 'Infinitys', '9'.repeat(400)])(
    '%j is none',
    (text) => {
      expect(() => parseGoDuration('d', text)).toThrow(/d must be a duration with units/)
    }
  )

  it.each([
    [0, '0'],
    [1, 'time.Millisecond'],
    [10, '10 * time.Millisecond'],
    [1000, 'time.Second'],
    [1500, '1500 * time.Millisecond'],
    [30_000, '30 * time.Second'],
    [60_000, 'time.Minute'],
    [204_000, '204 * time.Second'],
    [21_600_000, '6 * time.Hour']
  ])('%d ms is %s in Go', (ms, source) => {
    expect(goDurationSource(ms)).toBe(source)
  })
})

describe.each([goDurations, topicScoreParamsJson])('fuzz of $name', (target) => {
  it('gives a value or an error with a code', async () => {
    await fc.assert(
      fc.asyncProperty(target.input, async (input) => {
        await target.check(input as never)
      }),
      { numRuns: 300 }
    )
  })
})
