import { describe, expect, it } from 'vitest'
import type { Ranker } from '../../src/peer/ranker.ts'
import { predictiveRanker } from '../../src/prediction/predictive.ts'
import { job, load, predictorWorld, send, teach } from './support.ts'

const PEERS = ['fast', 'slow', 'middle']
const PACES = { fast: 10, slow: 80, middle: 30 } as const

const FALLBACK_SCORES = [1, 3, 2]

function ranked() {
  const w = predictorWorld({ exploration: 0 })
  for (const [peer, msPerToken] of Object.entries(PACES)) teach(w, peer, { msPerToken }, 5)
  const fallback: Ranker = {
    arms: ['fallback'],
    rank: ({ count }, _job, into) => {
      into.set(FALLBACK_SCORES.slice(0, count))
    }
  }
  const ranker = predictiveRanker(w.predicts, fallback)
  const rows = Int32Array.from(PEERS, (peer) => w.table.rowOf(peer))
  const rank = () => {
    const scores = new Float64Array(PEERS.length)
    ranker.rank({ table: w.table, rows, count: PEERS.length, atMs: w.clock.wall(), retries: 2, seed: 1 }, job(), scores)
    return [...scores]
  }
  return { w, ranker, rank }
}

describe('the predictive arm', () => {
  it('is one arm, which scores by what a job costs', () => {
    const { ranker, rank, w } = ranked()
    expect(ranker.arms).toEqual(['predictive'])
    expect(rank()).toEqual(w.costs(PEERS).map((cost) => -cost))
    const [fast, slow, middle] = rank()
    expect(fast).toBeGreaterThan(middle)
    expect(middle).toBeGreaterThan(slow)
  })

  it('leaves a fast peer for a slower one when it is busy', () => {
    const { rank, w } = ranked()
    for (let i = 0; i < 8; i++) send(w, 'fast', job({ id: `j${i}` }))
    const [fast, , middle] = rank()
    expect(middle).toBeGreaterThan(fast)
  })

  it('leaves the choice to the rule when that predicts better, and takes it back when it does not', () => {
    const { rank, w } = ranked()
    const run = (jobs: number, others: number, paceOf: (turn: number) => number) => {
      for (let turn = 0; turn < jobs; turn++) {
        w.hear('fast', load({ slots: 1, running: others }))
        teach(w, 'fast', { msPerToken: paceOf(turn) }, 1)
      }
    }
    expect(w.predicts.trusted).toBe(true)
    // Three are in the only slot and in line for it, by the peer's word; they never hold anything up.
    run(60, 3, () => PACES.fast)
    expect(w.predicts.trusted).toBe(false)
    expect(rank()).toEqual(FALLBACK_SCORES)
    // A pace that comes and goes: the rule's average is late, the predictor sees it in the tokens.
    run(600, 0, (turn) => PACES.fast * (turn % 40 < 20 ? 1 : 4))
    expect(w.predicts.trusted).toBe(true)
    expect(rank()).toEqual(w.costs(PEERS).map((cost) => -cost))
  })
})
