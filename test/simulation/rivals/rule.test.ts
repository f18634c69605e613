import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import { peerTable } from '../../../src/peer/peer-table.ts'
import { betterOfTwo, cheapest, randomIndex, rouletteScore } from '../../../src/simulation/rivals/rule.ts'
import { peerStates } from '../../../src/simulation/rivals/seen.ts'
import { draws } from './world.ts'

/** How often each number comes. */
function frequencies(times: number, numbers: number, draw: () => number): number[] {
  const counts = Array.from({ length: numbers }, () => 0)
  for (let i = 0; i < times; i += 1) counts[draw()] += 1
  return counts.map((count) => count / times)
}

describe('the choice of two', () => {
  it('takes the cheaper of the two drawn, and the first drawn where they cost the same', () => {
    // First of three: index 1; second: one or two further, here index 0.
    expect(betterOfTwo(draws(0.4, 0.9), 3, (i) => [1, 2, 0][i])).toBe(0)
    expect(betterOfTwo(draws(0.4, 0.9), 3, (i) => [2, 1, 0][i])).toBe(1)
    expect(betterOfTwo(draws(0.4, 0.9), 3, () => 5)).toBe(1)
  })

  it('is the only one where there is but one', () => {
    expect(betterOfTwo(draws(0.9), 1, () => 5)).toBe(0)
  })

  it('draws every pair equally often, so that of three the dearest is never and the cheapest twice as often chosen', () => {
    const rng = pcg32(5n)
    const [cheap, middle, dear] = frequencies(6_000, 3, () => betterOfTwo(rng, 3, (i) => i))
    expect(cheap).toBeCloseTo(2 / 3, 1)
    expect(middle).toBeCloseTo(1 / 3, 1)
    expect(dear).toBe(0)
  })
})

describe('the cheapest of all', () => {
  it('is drawn evenly among equals, also where all cost Infinity', () => {
    const rng = pcg32(6n)
    for (const costs of [
      [1, 1, 2, 1],
      [-Infinity, -Infinity, 0, -Infinity],
      [Infinity, Infinity, Infinity, Infinity]
    ]) {
      const shares = frequencies(6_000, 4, () => cheapest(rng, 4, (i) => costs[i]))
      const equals = costs.filter((cost) => cost === costs[0]).length
      expect(shares[0], `first of ${costs.join(', ')}`).toBeCloseTo(1 / equals, 1)
      expect(shares[3], `last of ${costs.join(', ')}`).toBeCloseTo(1 / equals, 1)
    }
  })
})

describe('the roulette', () => {
  it('makes each candidate first with a probability in proportion to its weight', () => {
    const rng = pcg32(7n)
    const weights = [1, 0, 6, 3]
    const shares = frequencies(10_000, 4, () => {
      const scores = weights.map((weight) => rouletteScore(rng, weight))
      return scores.indexOf(Math.max(...scores))
    })
    expect(shares.map((share) => Math.round(share * 10))).toEqual([1, 0, 6, 3])
    expect(shares[1]).toBe(0)
  })

  it('goes to the heaviest under equal draws', () => {
    expect(rouletteScore(draws(0.5), 2)).toBeCloseTo(-Math.LN2 / 2, 12)
    expect(rouletteScore(draws(0.5), 3)).toBeGreaterThan(rouletteScore(draws(0.5), 2))
  })
})

describe('a random index', () => {
  it('reaches both ends', () => {
    expect([0, 0.49, 0.5, 0.999].map((u) => randomIndex(draws(u), 2))).toEqual([0, 0, 1, 1])
  })
})

describe('states of peers', () => {
  it('go with their peer', () => {
    const table = peerTable()
    table.add('stays', 0)
    table.add('goes', 0)
    const states = peerStates(table, () => ({ count: 0 }))
    states.of('stays').count = 1
    states.of('goes').count = 2
    table.remove('goes')
    expect(states.size).toBe(1)
    table.add('goes', 1)
    expect(states.find('goes')).toBeUndefined()
    expect(states.of('goes').count).toBe(0)
    expect(states.of('stays').count).toBe(1)
  })

  it('are forgotten when told to', () => {
    const table = peerTable()
    table.add('a', 0)
    const states = peerStates(table, () => ({ count: 0 }))
    states.of('a').count = 1
    states.forget('a')
    expect(states.find('a')).toBeUndefined()
  })
})
