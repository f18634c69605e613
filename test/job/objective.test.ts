import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkJob, workTokens } from '../../src/job/job.ts'
import { checkObjective, DEFAULT_OBJECTIVE, type Objective, reward } from '../../src/job/objective.ts'
import type { Outcome } from '../../src/job/outcome.ts'

const size = { promptTokens: 0, inFlightAtDispatch: 0 }
const took = (durationMs: number, firstTokenMs = 0): Outcome => ({ ok: true, durationMs, firstTokenMs, outputTokens: 100 })

describe('the reward of an outcome', () => {
  it('is 1 at the best cost, 0 at the worst, one half in the middle of the logarithms', () => {
    expect(reward(DEFAULT_OBJECTIVE, size, took(300))).toBe(1)
    expect(reward(DEFAULT_OBJECTIVE, size, took(30_000))).toBe(0)
    expect(reward(DEFAULT_OBJECTIVE, size, took(3000))).toBeCloseTo(0.5, 12)
  })

  it('is 0 for every failure', () => {
    expect(reward(DEFAULT_OBJECTIVE, size, { ok: false, reason: 'timeout', durationMs: 1 })).toBe(0)
  })

  it.each([
    ['firstTokenMs', took(5000, 10), 1],
    ['durationMs', took(10), 1],
    ['durationMs', took(1000), 0]
  ] as const)('can want %s', (metric, outcome, wanted) => {
    expect(reward({ metric, bestMs: 10, worstMs: 1000 }, size, outcome)).toBe(wanted)
  })

  it('lies in [0, 1] and never rises with the time taken', () => {
    const ms = fc.double({ min: 0, max: 1e9, noNaN: true })
    fc.assert(
      fc.property(ms, ms, (a, b) => {
        const [fast, slow] = [
          reward(DEFAULT_OBJECTIVE, size, took(Math.min(a, b))),
          reward(DEFAULT_OBJECTIVE, size, took(Math.max(a, b)))
        ]
        return fast >= slow && fast <= 1 && slow >= 0
      })
    )
  })

  it('charges a job for those that it found at its peer, so that what is best for one is best for all', () => {
    const crowded = { ...size, inFlightAtDispatch: 3 }
    expect(reward(DEFAULT_OBJECTIVE, crowded, took(1000))).toBeCloseTo(reward(DEFAULT_OBJECTIVE, size, took(4000)), 12)
    const selfish = { ...DEFAULT_OBJECTIVE, congestion: 0 }
    expect(reward(selfish, crowded, took(1000))).toBe(reward(selfish, size, took(1000)))
  })

  it('does not hold the size of a job against the peer', () => {
    const small: Outcome = { ok: true, durationMs: 1000, firstTokenMs: 0, outputTokens: 10 }
    const large: Outcome = { ok: true, durationMs: 10_000, firstTokenMs: 0, outputTokens: 100 }
    expect(reward(DEFAULT_OBJECTIVE, size, small)).toBeCloseTo(reward(DEFAULT_OBJECTIVE, size, large), 12)
  })

  it.each<[Objective, string]>([
    [
      { metric: 'speed' as 'durationMs', bestMs: 1, worstMs: 2 },
      'chat.metric must be one of msPerWorkToken, firstTokenMs, durationMs, got speed'
    ],
    [{ metric: 'durationMs', bestMs: NaN, worstMs: 2 }, 'chat.bestMs must be a finite number above 0, got NaN'],
    [
      { metric: 'durationMs', bestMs: 1, worstMs: 2, congestion: NaN },
      'chat.congestion must be a finite number of at least 0, got NaN'
    ],
    [{ metric: 'durationMs', bestMs: 2, worstMs: 2 }, 'chat.worstMs must be a finite number above bestMs (2), got 2']
  ])('refuses %o', (objective, message) => {
    expect(() => checkObjective('chat', objective)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION', message }))
  })
})

describe('a job', () => {
  it('counts a prompt token as a twentieth of an output token, and is never empty', () => {
    expect(workTokens(200, 90)).toBe(100)
    expect(workTokens(0, 0)).toBe(1)
  })

  it('is refused with the name of the field that is wrong', () => {
    const good = { id: 'j', model: 'm', workloadClass: 'batch', promptTokens: 1, expectedOutputTokens: 1, deadlineMs: 1 }
    expect(checkJob(good)).toBe(good)
    for (const [field, value] of [
      ['id', ''],
      ['model', ''],
      ['promptTokens', -1],
      ['expectedOutputTokens', 0],
      ['deadlineMs', NaN]
    ] as const) {
      expect(() => checkJob({ ...good, [field]: value }), field).toThrow(`job.${field}`)
    }
  })
})
