import { describe, expect, it } from 'vitest'
import { bitswap } from '../../../src/simulation/rivals/bitswap.ts'
import { crowdllamaMain, sedClaimed } from '../../../src/simulation/rivals/claimed-speed.ts'
import { gieWeighted } from '../../../src/simulation/rivals/gie.ts'
import { livepeer } from '../../../src/simulation/rivals/livepeer.ts'
import { petals } from '../../../src/simulation/rivals/petals.ts'
import { pyrsia } from '../../../src/simulation/rivals/pyrsia.ts'
import { seedRoulettes } from '../../../src/simulation/rivals/seed-roulette.ts'
import { storj } from '../../../src/simulation/rivals/storj.ts'
import { scoreboard } from '../../../src/scoring/scoreboard.ts'
import { alwaysHalf, claims, draws, failure, load, success, world } from './world.ts'

const ABC = ['a', 'b', 'c']

describe('CrowdLlama main', () => {
  it('scores claimed speed / (1 + claimed load), whatever was seen', () => {
    const { table, setInFlight, scores } = world(crowdllamaMain, ABC)
    table.observe('a', { kind: 'claims', claims: claims(150, 0.5) }, 0)
    table.observe('b', { kind: 'claims', claims: claims(90, 0) }, 0)
    table.observe('a', failure(10), 0)
    setInFlight('a', 9)
    expect(scores()).toEqual({ a: 100, b: 90, c: 0 })
  })
})

describe('shortest expected delay on claimed speed', () => {
  it('scores −(n + 1) / claimed, a claim of nothing being 1 token/s', () => {
    const { table, setInFlight, scores } = world(sedClaimed, ABC)
    table.observe('a', { kind: 'claims', claims: claims(150) }, 0)
    table.observe('b', { kind: 'claims', claims: claims(50) }, 0)
    setInFlight('a', 2)
    expect(scores()).toEqual({ a: -0.02, b: -0.02, c: -1 })
  })
})

describe('Petals', () => {
  it('adds the round trip, 18 ms, and the work at the claimed speed', () => {
    const { table, scores } = world(petals, ABC)
    table.observe('a', { kind: 'ping', rttMs: 40 }, 0)
    table.observe('a', { kind: 'claims', claims: claims(50) }, 0)
    table.observe('b', { kind: 'ping', rttMs: 40 }, 0)
    table.observe('b', { kind: 'ping', rttMs: 90 }, 0)
    const { a, b, c } = scores()
    expect(a).toBeCloseTo(-(0.04 + 0.018 + 2), 12)
    // 0.8 · 40 + 0.2 · 90 = 50 ms; 300 tokens/s where none is claimed
    expect(b).toBeCloseTo(-(0.05 + 0.018 + 1 / 3), 12)
    expect(c).toBeCloseTo(-(0.3 + 0.018 + 1 / 3), 12)
  })

  it('adds 10 s where every slot is taken, and 5 s each way where a ping failed', () => {
    const { table, scores } = world(petals, ABC)
    table.observe('a', { kind: 'load', load: load({ slots: 4, running: 4 }) }, 0)
    table.observe('b', { kind: 'load', load: load({ slots: 4, running: 3 }) }, 0)
    table.observe('c', { kind: 'ping', rttMs: 40 }, 0)
    table.observe('c', { kind: 'ping-failed' }, 0)
    const { a, b, c } = scores()
    expect(a - b).toBeCloseTo(-10, 12)
    expect(c).toBeCloseTo(-(10 + 0.018 + 1 / 3), 12)
  })

  it('begins anew after a failed ping, and forgets pings after 300 s', () => {
    const { table, scores } = world(petals, ABC)
    const unknown = scores().c
    table.observe('a', { kind: 'ping-failed' }, 0)
    table.observe('a', { kind: 'ping', rttMs: 40 }, 0)
    expect(scores().a).toBeCloseTo(-(0.04 + 0.018 + 1 / 3), 12)
    expect(scores(300_001).a).toBe(unknown)
  })
})

describe('Bitswap', () => {
  it('treats peers that never delivered alike', () => {
    const { tally } = world(bitswap, ['a', 'b', 'c', 'd'])
    for (const [peer, count] of Object.entries(tally(1_000))) expect(Math.abs(count - 250), peer).toBeLessThan(60)
  })

  it('prefers who delivered, and still tries who did not', () => {
    const { table, tally } = world(bitswap, ['known', 'unknown'])
    table.observe('known', success({ durationMs: 1_000 }), 0)
    table.observe('unknown', failure(1_000), 0)
    const { known, unknown } = tally(1_000)
    expect(known / 1_000).toBeCloseTo(2 / 3, 1)
    expect(unknown).toBeGreaterThan(0)
  })

  it('chooses in proportion to what was delivered', () => {
    const { table, tally } = world(bitswap, ABC)
    const delivered = { a: 100, b: 600, c: 300 }
    for (const [peer, count] of Object.entries(delivered)) {
      for (let i = 0; i < count; i += 1) table.observe(peer, success({ durationMs: 1_000 }), 0)
    }
    for (const [peer, count] of Object.entries(tally(1_000))) {
      expect(Math.abs(count - delivered[peer as keyof typeof delivered]), peer).toBeLessThan(60)
    }
  })
})

describe('Storj', () => {
  /** Successes of ten; both drawn, so the better one is chosen. */
  function two(a: number, b: number) {
    const made = world(storj, ['a', 'b'])
    for (const [peer, successes] of [
      ['a', a],
      ['b', b]
    ] as const) {
      for (let i = 0; i < 10; i += 1) made.table.observe(peer, i < successes ? success({ durationMs: 500 }) : failure(500), 0)
    }
    return made
  }

  it('takes the higher share of successes of two', () => {
    expect(two(7, 8).tally(20)).toEqual({ a: 0, b: 20 })
    expect(two(1, 0).tally(20)).toEqual({ a: 20, b: 0 })
  })

  it('prefers a peer without outcomes to one that never failed', () => {
    const { table, tally } = two(10, 10)
    table.add('new', 0)
    const { a, b, new: fresh } = tally(300)
    // Drawn two times of three.
    expect(fresh / 300).toBeCloseTo(2 / 3, 1)
    expect(a + b).toBe(300 - fresh)
  })

  it('forgets a ten-minute generation after an hour and ten minutes', () => {
    const { table, tally } = two(10, 0)
    const lastMs = 7 * 600_000 - 1
    table.observe('a', failure(1), lastMs)
    expect(tally(20, lastMs)).toEqual({ a: 20, b: 0 })
    // Now a has one failure and b nothing, which is better.
    expect(tally(20, lastMs + 1)).toEqual({ a: 0, b: 20 })
  })
})

describe('Livepeer', () => {
  it('stays with the best known session that is idle and good enough', () => {
    const { table, tally } = world(livepeer, ABC)
    table.observe('a', success({ durationMs: 5_000 }), 0)
    table.observe('b', success({ durationMs: 4_000 }), 0)
    expect(tally(20)).toEqual({ a: 0, b: 20, c: 0 })
  })

  it('tries an unknown one when the known ones are in use or too slow', () => {
    const { table, setInFlight, choice } = world(livepeer, ABC)
    table.observe('a', success({ durationMs: 5_000 }), 0)
    // 1.5 s a token
    table.observe('b', success({ durationMs: 150_000 }), 0)
    expect(choice()).toBe('a')
    setInFlight('a', 1)
    expect(choice()).toBe('c')
    setInFlight('c', 1)
    expect(choice()).toBe('b')
  })

  it('draws among sessions in use when none is idle, and among unknown ones', () => {
    const { setInFlight, tally } = world(livepeer, ABC)
    for (const [peer, count] of Object.entries(tally(300))) expect(Math.abs(count - 100), `${peer} unknown`).toBeLessThan(30)
    for (const peer of ABC) setInFlight(peer, 1)
    for (const [peer, count] of Object.entries(tally(300))) expect(Math.abs(count - 100), `${peer} in use`).toBeLessThan(30)
  })

  it('knows nothing any more of a session that failed', () => {
    const { table, choice } = world(livepeer, ['a', 'b'])
    table.observe('a', success({ durationMs: 1_000 }), 0)
    table.observe('b', success({ durationMs: 5_000 }), 0)
    table.observe('a', failure(10), 0)
    expect(choice()).toBe('b')
  })
})

describe('the gateway API inference extension', () => {
  it('adds twice the scaled queue and twice the free share', () => {
    const { table, scores } = world(gieWeighted, ['a', 'b', 'c', 'unscraped'])
    table.observe('a', { kind: 'load', load: load({ running: 4, queued: 4 }) }, 0)
    table.observe('b', { kind: 'load', load: load({ running: 4, queued: 1 }) }, 0)
    table.observe('c', { kind: 'load', load: load({ running: 1, queued: 0 }) }, 0)
    expect(scores()).toEqual({ a: 0, b: 1.5, c: 3.5, unscraped: 4 })
    // All queues alike: the full score for everybody.
    expect(scores(0, ['a'])).toEqual({ a: 2 })
  })

  it('does not see what comes with replies', () => {
    const { table, scores } = world(gieWeighted, ABC)
    table.observe('a', { kind: 'load', load: load({ running: 2 }) }, 0)
    table.observe('a', success({ durationMs: 1_000, load: load({ running: 0 }) }), 0)
    expect(scores().a).toBe(3)
  })
})

describe('Pyrsia', () => {
  it('takes the first below the threshold in random order', () => {
    const { table, choice } = world(pyrsia, ABC, { rng: draws(0.2, 0.7, 0.9) })
    table.observe('a', { kind: 'load', load: load() }, 0)
    table.observe('b', { kind: 'load', load: load() }, 0)
    table.observe('c', { kind: 'load', load: load({ running: 1 }) }, 0)
    expect(choice()).toBe('b')
  })

  it('takes the lowest metric when nobody is idle, and who never reported last', () => {
    const { table, scores } = world(pyrsia, ABC)
    table.observe('a', { kind: 'load', load: load({ running: 2, queued: 1 }) }, 0)
    table.observe('b', { kind: 'load', load: load({ running: 1 }) }, 0)
    expect(scores()).toEqual({ a: -6, b: -2, c: -Number.MAX_VALUE })
  })
})

describe('the roulettes on the weightings', () => {
  it.each(seedRoulettes.map((rival) => [rival.id, rival] as const))('%s weighs peers by their scores', (id, rival) => {
    const { table, scores } = world(rival, ABC, { rng: alwaysHalf })
    table.observe('a', { kind: 'ping', rttMs: 20 }, 0)
    table.observe('b', success({ durationMs: 1_000, firstTokenMs: 100 }), 0)
    table.observe('c', failure(10), 0)
    const board = scoreboard(table)
    for (const [peer, score] of Object.entries(scores())) {
      const weight = board.score(table.rowOf(peer), id.replace('-roulette', ''), 0)
      expect(Math.log(0.5) / score, peer).toBeCloseTo(weight, 3)
    }
  })
})
