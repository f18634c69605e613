import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import { epsilonGreedy1, epsilonGreedy5 } from '../../../src/simulation/rivals/epsilon-greedy.ts'
import { peerThompson } from '../../../src/simulation/rivals/peer-thompson.ts'
import { draws, failure, success, world } from './world.ts'

const ABC = ['a', 'b', 'c']

describe('ε-greedy', () => {
  it('explores with a probability of 1 % and 5 %', () => {
    for (const [rival, percent] of [
      [epsilonGreedy1, 1],
      [epsilonGreedy5, 5]
    ] as const) {
      const { table, tally } = world(rival, ABC, { rng: pcg32(4n) })
      for (const peer of ABC) table.observe(peer, success({ durationMs: peer === 'a' ? 1_000 : 5_000 }), 0)
      // A third of the exploration finds the best one.
      const { b, c } = tally(6_000)
      expect(Math.abs(b + c - 40 * percent), rival.id).toBeLessThan(8 * percent)
    }
  })

  it('takes the highest mean reward, and who had no job as perfect', () => {
    const { table, choice } = world(epsilonGreedy1, ABC, { rng: pcg32(4n) })
    table.observe('a', success({ durationMs: 1_000 }), 0)
    table.observe('b', success({ durationMs: 5_000 }), 0)
    expect(choice()).toBe('c')
    table.observe('c', failure(10), 0)
    expect(choice()).toBe('a')
    // Mean of a good job and a failure: below b's.
    table.observe('a', failure(10), 0)
    expect(choice()).toBe('b')
  })

  it('draws anybody when it explores', () => {
    const { table, choice } = world(epsilonGreedy1, ABC, { rng: draws(0.005, 0.5) })
    for (const peer of ABC) table.observe(peer, success({ durationMs: peer === 'a' ? 1_000 : 5_000 }), 0)
    expect(choice()).toBe('b')
  })
})

describe('Thompson sampling per peer', () => {
  /** Mean of the drawn logarithms of ms per token. */
  function meanDrawn(durationsMs: readonly number[], failures: number): number {
    const { table, scores } = world(peerThompson, ['a'])
    for (const durationMs of durationsMs) table.observe('a', success({ durationMs }), 0)
    for (let i = 0; i < failures; i += 1) table.observe('a', failure(10), 0)
    let sum = 0
    for (let i = 0; i < 20_000; i += 1) sum -= scores().a
    return sum / 20_000
  }

  it.each([
    ['nothing', [], 0, Math.log(30)],
    ['30 and 120 ms a token', [3_000, 12_000], 0, (2 * Math.log(30) + Math.log(120)) / 3],
    ['a failure, as 30 s', [3_000], 1, (2 * Math.log(30) + Math.log(300)) / 3]
  ])('draws around the believed mean after %s', (_name, durationsMs, failures, expected) => {
    expect(Math.abs(meanDrawn(durationsMs, failures) - expected)).toBeLessThan(0.05)
  })

  it('settles on the faster of two', () => {
    const { table, tally } = world(peerThompson, ['fast', 'slow'])
    for (let i = 0; i < 50; i += 1) {
      table.observe('fast', success({ durationMs: 1_000 + i }), 0)
      table.observe('slow', success({ durationMs: 2_000 + i }), 0)
    }
    expect(tally(500).slow).toBeLessThan(5)
  })
})
