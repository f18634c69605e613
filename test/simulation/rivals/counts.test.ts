import { describe, expect, it } from 'vitest'
import { random, roundRobin } from '../../../src/simulation/rivals/load-oblivious.ts'
import { leastOutstanding, p2c } from '../../../src/simulation/rivals/outstanding.ts'
import { weightedRoundRobin } from '../../../src/simulation/rivals/weighted-round-robin.ts'
import { alwaysHalf, draws, failure, load, world } from './world.ts'

const ABC = ['a', 'b', 'c']

describe('random', () => {
  it('gives everybody the same share', () => {
    const { tally } = world(random, ABC)
    for (const [peer, count] of Object.entries(tally(3_000))) expect(Math.abs(count - 1_000), peer).toBeLessThan(100)
  })
})

describe('round robin', () => {
  it('goes round from a random start', () => {
    const { choice } = world(roundRobin, ABC, { rng: draws(0.4) })
    expect([1, 2, 3, 4].map(() => choice())).toEqual(['c', 'a', 'b', 'c'])
  })

  it('passes over who is not eligible', () => {
    const { choice } = world(roundRobin, ABC, { rng: draws(0.9) })
    expect(choice()).toBe('a')
    expect(choice(0, ['c', 'a'])).toBe('c')
    expect(choice(0, ['b', 'c'])).toBe('b')
  })
})

describe('weighted round robin', () => {
  /** w = goodput / utilisation: (2·60) / (2/4) = 240 and (4·30) / (4/4) = 120. */
  function twoToOne() {
    const made = world(weightedRoundRobin, ['a', 'b'])
    made.table.observe('a', { kind: 'load', load: load({ running: 2, tokensPerSecond: 60 }) }, 0)
    made.table.observe('b', { kind: 'load', load: load({ running: 4, tokensPerSecond: 30 }) }, 0)
    return made
  }

  it('deals turns in proportion to goodput over utilisation', () => {
    expect(twoToOne().tally(30)).toEqual({ a: 20, b: 10 })
  })

  it('gives the mean of the others to who has no weight yet', () => {
    const { table, tally } = twoToOne()
    table.add('c', 0)
    // 240 : 120 : 180
    expect(tally(18)).toEqual({ a: 8, b: 4, c: 6 })
  })

  it('scales a weight by the share of successes', () => {
    const { table, tally } = twoToOne()
    table.observe('a', failure(10), 0)
    // 0.7 · 240 : 120 = 7 : 5
    expect(tally(24)).toEqual({ a: 14, b: 10 })
  })

  it('smooths: the newest report counts three tenths', () => {
    const { table, tally } = twoToOne()
    // Goodput 0.7 · 120 + 0.3 · 20 = 90, utilisation 0.7 · 0.5 + 0.3 · 0.5 = 0.5: 180 : 120
    table.observe('a', { kind: 'load', load: load({ running: 2, tokensPerSecond: 10 }) }, 0)
    expect(tally(20)).toEqual({ a: 12, b: 8 })
  })

  it('takes no weight from a peer that runs nothing', () => {
    const { table, tally } = twoToOne()
    table.observe('b', { kind: 'load', load: load({ running: 0, tokensPerSecond: 500 }) }, 0)
    expect(tally(30)).toEqual({ a: 20, b: 10 })
  })
})

describe('least outstanding', () => {
  it('scores by own jobs in flight', () => {
    const { setInFlight, scores } = world(leastOutstanding, ABC)
    setInFlight('a', 2)
    setInFlight('c', 1)
    expect(scores()).toEqual({ a: -2, b: -0, c: -1 })
  })
})

describe('the power of two choices', () => {
  it('takes the one with fewer jobs of the two drawn, and gives the others nothing', () => {
    // Index 1, then two further: index 0.
    const { setInFlight, scores } = world(p2c, ABC, { rng: draws(0.4, 0.9) })
    setInFlight('a', 1)
    setInFlight('b', 2)
    expect(scores()).toEqual({ a: 0, b: -Infinity, c: -Infinity })
  })

  it('never takes the busiest', () => {
    const { setInFlight, tally } = world(p2c, ABC)
    setInFlight('a', 1)
    setInFlight('b', 2)
    const { a, b, c } = tally(300)
    expect(b).toBe(0)
    expect(c).toBeGreaterThan(a)
    expect(a).toBeGreaterThan(0)
  })

  it('takes the only one', () => {
    expect(world(p2c, ['a'], { rng: alwaysHalf }).choice()).toBe('a')
  })
})
