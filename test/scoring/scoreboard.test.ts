import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { Observation } from '../../src/peer/observation.ts'
import { type PeerTable, peerTable } from '../../src/peer/peer-table.ts'
import { seedRecorder } from '../../src/peer/seed-metrics.ts'
import { ALGORITHMS, NEUTRAL_SCORE } from '../../src/scoring/algorithms.ts'
import { type Scoreboard, scoreboard, type ScoreboardOptions } from '../../src/scoring/scoreboard.ts'

const JOB = { id: 'j', model: 'm', workloadClass: 'batch', promptTokens: 0, expectedOutputTokens: 50, deadlineMs: 1e4 }
const CLAIMS = { models: ['llama3.2'], tokensPerSecond: 150, gpuModel: 'RTX 4090', vramGb: 24, loadRatio: 0.3 }

function rank(board: Scoreboard, table: PeerTable, rows: readonly number[], atMs: number): number[][] {
  const scores = new Float64Array(board.arms.length * rows.length)
  board.rank({ table, rows: Int32Array.from(rows), count: rows.length, atMs, retries: 2, seed: 0 }, JOB, scores)
  return board.arms.map((_, arm) => [...scores.subarray(arm * rows.length, (arm + 1) * rows.length)])
}

function tableOf(...observations: readonly (readonly [peer: string, observation: Observation])[]): PeerTable {
  const table = peerTable()
  for (const [peer, observation] of observations) table.observe(peer, observation, 0)
  return table
}

describe('scoreboard', () => {
  it('ranks under all algorithms at once, candidates in the order of the view', () => {
    const table = tableOf(['near', { kind: 'ping', rttMs: 10 }], ['far', { kind: 'ping', rttMs: 100 }])
    const board = scoreboard(table)
    expect(board.arms).toEqual(ALGORITHMS.map(({ id }) => id))
    for (const [arm, scores] of rank(board, table, [1, 0], 0).entries()) {
      expect(scores[0], board.arms[arm]).toBeCloseTo(50, 5)
      expect(scores[1], board.arms[arm]).toBeCloseTo(100, 5)
      expect(board.score(1, board.arms[arm], 0), board.arms[arm]).toBe(scores[0])
    }
  })

  it('scores a peer about which nothing is known in the middle', () => {
    const table = peerTable()
    table.add('new', 0)
    expect(rank(scoreboard(table), table, [0], 0).flat()).toEqual(Array(8).fill(NEUTRAL_SCORE))
  })

  it('judges again only when the evidence changed or the score grew old', () => {
    const table = tableOf(['a', { kind: 'ping', rttMs: 10 }], ['b', { kind: 'ping', rttMs: 20 }])
    const board = scoreboard(table, { maxAgeMs: 1000 })
    const evidence = vi.spyOn(table, 'evidence')
    const judged = (atMs: number) => {
      evidence.mockClear()
      rank(board, table, [0, 1], atMs)
      return evidence.mock.calls.map(([row]) => row)
    }
    expect(judged(0), 'at first').toEqual([0, 1])
    expect(judged(400), 'within half of maxAgeMs').toEqual([])
    table.observe('b', { kind: 'ping', rttMs: 30 }, 400)
    expect(judged(401), 'after an observation').toEqual([1])
    table.addInFlight(0, 1)
    expect(judged(402), 'after a job was sent').toEqual([0])
    expect(judged(1403), 'after more than maxAgeMs').toEqual([0, 1])
    expect(judged(100), 'after the clock went back').toEqual([0, 1])
  })

  it('never lets a score get older than maxAgeMs, and spreads the work', () => {
    const table = peerTable()
    const rows = Array.from({ length: 1000 }, (_, i) => table.add(`peer${i}`, 0))
    const board = scoreboard(table, { maxAgeMs: 1000 })
    const evidence = vi.spyOn(table, 'evidence')
    const lastJudgedMs = new Map<number, number>()
    for (let atMs = 0; atMs <= 5000; atMs += 50) {
      evidence.mockClear()
      rank(board, table, rows, atMs)
      for (const [row] of evidence.mock.calls) lastJudgedMs.set(row, atMs)
      const oldestMs = atMs - Math.min(...lastJudgedMs.values())
      expect(oldestMs, `age at ${atMs} ms`).toBeLessThan(1000)
      expect(evidence.mock.calls.length, `rows judged at ${atMs} ms`).toBeLessThanOrEqual(atMs === 0 ? 1000 : 200)
    }
  })

  it('judges every time with maxAgeMs 0', () => {
    const table = tableOf(['a', { kind: 'load', load: { slots: 4, running: 2, queued: 0, tokensPerSecond: 30 } }])
    const fresh = scoreboard(table, { maxAgeMs: 0 })
    const evidence = vi.spyOn(table, 'evidence')
    rank(fresh, table, [0], 0)
    rank(fresh, table, [0], 0)
    expect(evidence).toHaveBeenCalledTimes(2)
  })

  it('agrees with a board made afresh, whatever was observed between decisions', () => {
    const observation = fc.oneof(
      fc.nat(500).map((rttMs): Observation => ({ kind: 'ping', rttMs })),
      fc.constantFrom<Observation>({ kind: 'connected' }, { kind: 'disconnected' }, { kind: 'claims', claims: CLAIMS })
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), observation), { maxLength: 20 }), (events) => {
        const table = peerTable()
        for (const peer of ['0', '1', '2', '3']) table.add(peer, 0)
        const board = scoreboard(table)
        for (const [peer, seen] of events) {
          table.observe(String(peer), seen, 10)
          const scores = rank(board, table, [0, 1, 2, 3], 10)
          expect(scores).toEqual(rank(scoreboard(table), table, [0, 1, 2, 3], 10))
          expect(scores.flat().every((score) => score >= 0 && score <= 100)).toBe(true)
        }
      })
    )
  })

  it('follows a table that grows, and rows that are used again', () => {
    const table = tableOf(['a', { kind: 'ping', rttMs: 1000 }])
    const board = scoreboard(table)
    expect(board.score(0, 'standard', 0)).toBe(0)
    for (let i = 0; i < 100; i += 1) table.observe(`b${i}`, { kind: 'ping', rttMs: 10 }, 0)
    expect(board.score(100, 'standard', 0)).toBe(100)
    expect(board.score(0, 'standard', 0)).toBe(0)
    table.remove('a')
    expect(table.add('c', 0)).toBe(0)
    expect(board.score(0, 'standard', 0)).toBe(NEUTRAL_SCORE)
  })

  it('takes other weight tables', () => {
    const table = tableOf(['a', { kind: 'ping', rttMs: 100 }], ['a', { kind: 'connected' }])
    const algorithms = [{ id: 'latency-only', weights: { latency: 1 } }]
    const board = scoreboard(table, { algorithms })
    expect(board.arms).toEqual(['latency-only'])
    expect(board.score(0, 'latency-only', 1e9)).toBeCloseTo(50, 5)
  })

  it('explains a score by factors: shares sum to 1 under every algorithm, and give the score', () => {
    const table = tableOf(
      ['a', { kind: 'ping', rttMs: 70 }],
      ['a', { kind: 'connected' }],
      ['a', { kind: 'claims', claims: CLAIMS }]
    )
    const board = scoreboard(table)
    const factors = board.factors(0, 60_000)
    for (const { id } of ALGORITHMS) {
      expect(
        factors.reduce((sum, { shares }) => sum + shares[id], 0),
        id
      ).toBeCloseTo(1, 12)
      const score = factors.reduce((sum, { score: points, shares }) => sum + points * shares[id], 0)
      expect(score, id).toBeCloseTo(board.score(0, id, 60_000), 4)
    }
    expect(factors.find(({ factor }) => factor === 'proximity')?.maturity).toBe(0)
  })

  it('refuses another table than its own, and an algorithm that it does not have', () => {
    const board = scoreboard(peerTable())
    const invalid = expect.objectContaining({ code: 'ERR_INVALID_OPTION' }) as Error
    expect(() => rank(board, peerTable(), [], 0)).toThrowError(invalid)
    expect(() => board.score(0, 'best', 0)).toThrowError(invalid)
  })

  it.each<[string, ScoreboardOptions, string]>([
    ['maxAgeMs NaN', { maxAgeMs: NaN }, 'ERR_INVALID_OPTION'],
    ['maxAgeMs −1', { maxAgeMs: -1 }, 'ERR_INVALID_OPTION'],
    ['an unknown variant', { variant: 'better' as 'seed' }, 'ERR_INVALID_OPTION'],
    ['the seed variant without a recorder', { variant: 'seed' }, 'ERR_INVALID_OPTION'],
    ['bad weights', { algorithms: [{ id: 'a', weights: { latency: 2 } }] }, 'ERR_INVALID_WEIGHTS']
  ])('refuses %s', (_what, options, code) => {
    expect(() => scoreboard(peerTable(), options)).toThrowError(expect.objectContaining({ code }))
  })
})

describe('scoreboard: the seed variant', () => {
  it("scores as the proof of concept does: a claim is all it takes, and an unknown peer's score is 0", () => {
    const table = peerTable()
    const recorder = seedRecorder()
    table.subscribe(recorder.observe)
    table.observe('boaster', { kind: 'claims', claims: CLAIMS }, 0)
    table.observe('unknown', { kind: 'ping', rttMs: 5 }, 0)
    const board = scoreboard(table, { variant: 'seed', recorder })
    const [standard] = rank(board, table, [0, 1], 0)
    expect(standard[0]).toBeCloseTo(0.25 * 100 + 0.3 * (70 + 21), 4)
    expect(standard[1]).toBe(0)
    expect(board.factors(0, 0).find(({ factor }) => factor === 'performance')?.shares.standard).toBe(0.3)
    table.observe('boaster', { kind: 'ping', rttMs: 10 }, 0)
    expect(board.score(0, 'standard', 0)).toBeCloseTo(0.25 * 99 + 0.25 * 100 + 0.3 * (70 + 21), 4)
  })
})
