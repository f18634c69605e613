import { describe, expect, it } from 'vitest'
import type { Decision } from '../../src/job/decision.ts'
import { explain } from '../../src/selector/explain.ts'
import { job, teach, world } from './world.ts'

function decision(over: Partial<Decision>): Decision {
  const votes = [
    { arm: 'standard', peer: 'a', propensity: 0.2, expectedReward: 0.4 },
    { arm: 'per-token', peer: 'b', propensity: 0.795, expectedReward: 0.7 },
    { arm: 'economic', peer: 'c', propensity: 0.005, expectedReward: 0.1 }
  ]
  const base = { policy: 'thompson', workloadClass: 'batch', candidateCount: 3, excluded: {}, arm: 'per-token', peer: 'b' }
  return { ...base, armPropensity: 0.795, peerPropensity: 0.795, votes, ...over } as Decision
}

describe('an explanation', () => {
  it('says who chose the peer, with what chance, and who would have been chosen instead', () => {
    expect(explain(decision({ excluded: { cooling: 2, 'at-limit': 1 } }), (peer) => peer.toUpperCase())).toEqual([
      'B was chosen by "per-token" under policy "thompson", which follows that arm 80 % of the time for batch jobs.',
      '1 of 3 arms ranked it first (per-token); any of them leads here, so this peer had a chance of 80 %.',
      'Expected reward 0.70 of 1, among 3 eligible peers.',
      'Instead, with 20 %: A (standard), expected reward 0.40.',
      'Instead, with 0.50 %: C (economic), expected reward 0.10.',
      'Not eligible: 2 cooling, 1 at-limit.'
    ])
  })

  it('can be had of every decision', async () => {
    const w = await world()
    await teach(w, 'a', 10)
    expect(explain(w.selector.acquire(['a'], job()).decision)[0]).toMatch(/^a was chosen by "/)
  })
})

describe('a pool larger than a record', () => {
  it('is chosen from whole, and only those that an arm recommends are named', async () => {
    const w = await world()
    const peers = Array.from({ length: 200 }, (_, i) => `peer-${i}`)
    for (const peer of peers) await teach(w, peer, 10, 1)
    const { candidateCount, candidates, peer, votes } = w.selector.acquire(peers, job()).decision
    expect(candidateCount).toBe(200)
    expect(candidates).toEqual([...new Set(votes.map((vote) => vote.peer))])
    expect(candidates).toContain(peer)
  })
})
