import { describe, expect, it } from 'vitest'
import type { Observation } from '../../src/peer/observation.ts'
import { peerTable } from '../../src/peer/peer-table.ts'
import { perTokenRanker } from '../../src/scoring/per-token.ts'

const JOB = { id: 'j', model: 'm', workloadClass: 'batch', promptTokens: 0, expectedOutputTokens: 50, deadlineMs: 1e4 }

function success(durationMs: number, inFlightAtDispatch = 0): Observation {
  const outcome = { ok: true, durationMs, firstTokenMs: 0, outputTokens: 50 } as const
  return { kind: 'outcome', promptTokens: 0, expectedOutputTokens: 50, inFlightAtDispatch, outcome }
}

describe('the per-token rule', () => {
  const table = peerTable()
  table.observe('slow', success(5000), 0)
  table.observe('fast', success(1000), 0)
  table.observe('busy', success(1300, 2), 0)
  table.add('unseen', 0)
  table.addInFlight(table.rowOf('fast'), 1)
  table.addInFlight(table.rowOf('unseen'), 1)

  it('scores −x·(n + 1), x corrected for own jobs at dispatch, and tries the unseen first', () => {
    const ranker = perTokenRanker()
    const scores = new Float64Array(4)
    ranker.rank({ table, rows: Int32Array.of(0, 1, 2, 3), count: 4, atMs: 0, retries: 2, seed: 0 }, JOB, scores)
    expect(ranker.arms).toEqual(['per-token'])
    expect([...scores].map((score) => Math.round(score * 1e3) / 1e3)).toEqual([-100, -40, -20, 0])
    expect(Object.is(scores[3], 0)).toBe(true)
  })

  it('moves 30 % of the way to each new success', () => {
    const moving = peerTable()
    moving.observe('peer', success(1000), 0)
    moving.observe('peer', success(2000), 1)
    expect(moving.msPerWorkToken(0)).toBeCloseTo(26, 5)
  })
})
