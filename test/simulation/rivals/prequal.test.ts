import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import { hotColdChoice, type Probe, ProbePool } from '../../../src/simulation/rivals/probe-pool.ts'
import { prequal, prequalIdle, prequalRs, reuseBudget } from '../../../src/simulation/rivals/prequal.ts'
import { draws, failure, load, world } from './world.ts'

function probe(peer: string, figures: Partial<Probe> = {}): Probe {
  return { peer, atMs: 0, inFlight: 0, latency: 1, usesLeft: 2, ...figures }
}

function peersOf(pool: ProbePool): string[] {
  return pool.probes.map(({ peer }) => peer)
}

describe('the hot-cold choice', () => {
  const probes = [
    probe('hot', { inFlight: 10, latency: 1 }),
    probe('cold slow', { inFlight: 2, latency: 50 }),
    probe('cold fast', { inFlight: 5, latency: 20 })
  ]

  it('takes the fastest of those at or below the threshold', () => {
    expect(hotColdChoice(probes, 5)?.peer).toBe('cold fast')
    expect(hotColdChoice(probes, 4)?.peer).toBe('cold slow')
  })

  it('takes the least busy when all are above', () => {
    expect(hotColdChoice(probes, 1)?.peer).toBe('cold slow')
  })

  it('takes nothing of nothing', () => {
    expect(hotColdChoice([], 1)).toBeUndefined()
  })
})

describe('the pool of probes', () => {
  it('keeps the newest of each peer and drops the oldest of all when full', () => {
    const pool = new ProbePool(2)
    pool.add(probe('a', { atMs: 1 }))
    pool.add(probe('a', { atMs: 2 }))
    pool.add(probe('b', { atMs: 3 }))
    pool.add(probe('c', { atMs: 4 }))
    expect(peersOf(pool)).toEqual(['b', 'c'])
  })

  it('counts a use as a job there, and drops a probe that is used up', () => {
    const pool = new ProbePool(4)
    pool.add(probe('a', { inFlight: 1 }))
    pool.use(pool.probes[0])
    expect(pool.probes).toEqual([probe('a', { inFlight: 2, usesLeft: 1 })])
    pool.use(pool.probes[0])
    expect(pool.probes).toEqual([])
  })

  it('removes the hottest, or if none is hot the slowest', () => {
    const pool = new ProbePool(4)
    pool.add(probe('hot', { inFlight: 9, latency: 1 }))
    pool.add(probe('slow', { inFlight: 1, latency: 99 }))
    pool.add(probe('fast', { inFlight: 1, latency: 5 }))
    pool.removeWorst(5)
    expect(peersOf(pool)).toEqual(['slow', 'fast'])
    pool.removeWorst(5)
    expect(peersOf(pool)).toEqual(['fast'])
  })

  it('removes what is too old', () => {
    const pool = new ProbePool(4)
    pool.add(probe('old', { atMs: 99 }))
    pool.add(probe('new', { atMs: 100 }))
    pool.expire(100)
    expect(peersOf(pool)).toEqual(['new'])
  })
})

describe('the reuse budget', () => {
  it('is (1 + δ) / ((1 − m/n)·r_probe − r_remove), rounded at random', () => {
    // n = 32: 2 / (0.5 · 3 − 1) = 4; n = 48: 2 / (2/3 · 3 − 1) = 2; n = 40: 2 / (0.6 · 3 − 1) = 2.5
    expect(reuseBudget(draws(0.5), 32)).toBe(4)
    expect(reuseBudget(draws(0.5), 48)).toBe(2)
    expect([reuseBudget(draws(0.4), 40), reuseBudget(draws(0.6), 40)]).toEqual([2, 3])
  })

  it('is never below 1, and 16 where probes do not keep up with removals', () => {
    expect(reuseBudget(draws(0), 1_000_000)).toBe(1)
    expect(reuseBudget(draws(0), 10)).toBe(16)
  })
})

describe('Prequal', () => {
  const PEERS = ['a', 'b', 'c', 'd']
  const LOADS = { a: [1, 50], b: [0, 20], c: [2, 100], d: [7, 200] } as const

  function probed(rival = prequal, seed = 2n) {
    const made = world(rival, PEERS, { rng: pcg32(seed) })
    for (const [peer, [running, tokensPerSecond]] of Object.entries(LOADS)) {
      made.table.observe(peer, { kind: 'load', load: load({ running, tokensPerSecond }) }, 0)
    }
    return made
  }

  it('sends a job to the fastest peer that is not hot', () => {
    // 0, 1, 2, 7 in flight seen: the threshold is the 0.84-quantile, 4.6.
    expect(probed().choice()).toBe('c')
  })

  it('is random without probes that are young enough', () => {
    const { tally } = probed()
    const { a, b, c, d } = tally(400, 2_000)
    for (const count of [a, b, c, d]) expect(Math.abs(count - 100)).toBeLessThan(35)
  })

  it('chooses among the eligible only', () => {
    const { scores } = probed()
    // b is cold; d is hot, however fast.
    expect(scores(0, ['b', 'd'])).toEqual({ b: 0, d: -Infinity })
  })

  it('is random with a single probe of an eligible peer', () => {
    const chosen = Array.from({ length: 40 }, (_, seed) => {
      const made = world(prequal, ['a', 'b'], { rng: pcg32(BigInt(seed)) })
      made.table.observe('a', { kind: 'load', load: load({ tokensPerSecond: 50 }) }, 0)
      return made.choice()
    })
    expect(new Set(chosen)).toEqual(new Set(['a', 'b']))
  })

  it('counts the turns that a job would wait for a slot', () => {
    const { table, choice } = world(prequal, PEERS)
    // 10 ms a token for three turns, against 20 ms at once; a threshold of 10.6 keeps both cold.
    table.observe('a', { kind: 'load', load: load({ slots: 4, running: 4, queued: 7, tokensPerSecond: 100 }) }, 0)
    table.observe('b', { kind: 'load', load: load({ slots: 4, running: 3, queued: 0, tokensPerSecond: 50 }) }, 0)
    table.observe('c', { kind: 'load', load: load({ slots: 16, running: 11, queued: 0, tokensPerSecond: 1 }) }, 0)
    expect(choice()).toBe('b')
  })

  it('counts its own jobs since a probe, until the peer is hot', () => {
    const { choice } = probed()
    // c begins with 2 in flight; it is cold with up to 4, so it gets three jobs. One probe for three is removed: a's, the oldest.
    expect([1, 2, 3, 4].map(() => choice())).toEqual(['c', 'c', 'c', 'b'])
  })

  it('removes a probe for every three', () => {
    const { choice } = probed()
    expect(choice()).toBe('c')
    // a's is gone: it would be next best.
    expect(choice(0, ['a', 'b', 'd'])).toBe('b')
  })

  it('removes one probe a query, however many come in between', () => {
    const chosen = Array.from({ length: 20 }, (_, seed) => {
      const { table, choice } = probed(prequal, BigInt(seed))
      for (let round = 1; round <= 20; round += 1) {
        for (const [peer, [running, tokensPerSecond]] of Object.entries(LOADS)) {
          table.observe(peer, { kind: 'load', load: load({ running, tokensPerSecond }) }, round)
        }
      }
      choice(20)
      // 7 in flight are usual by now, so d is as cold as b, and faster; without probes either would do.
      return choice(20, ['b', 'd'])
    })
    expect(new Set(chosen)).toEqual(new Set(['d']))
  })

  it.each([
    // 0, 1, 2, 7 in flight: the 0.84-quantile is 4.6, the 0.6-quantile 1.8.
    [prequal, 'c'],
    [prequalRs, 'a']
  ])('takes a peer for hot above its quantile: %o', (rival, expected) => {
    expect(probed(rival).choice()).toBe(expected)
  })

  it('drops the probe of a peer that failed', () => {
    const { table, choice } = probed()
    table.observe('c', failure(10), 0)
    expect(choice()).toBe('a')
  })

  it.each([
    [prequal, 1_000],
    [prequalIdle, 10_000]
  ])('of %o forgets probes that are too old, and is random then', (rival, maxAgeMs) => {
    const chosenAt = (atMs: number) => Array.from({ length: 40 }, (_, seed) => probed(rival, BigInt(seed)).choice(atMs))
    expect(new Set(chosenAt(maxAgeMs))).toEqual(new Set(['c']))
    expect(new Set(chosenAt(maxAgeMs + 1))).toEqual(new Set(PEERS))
  })
})
