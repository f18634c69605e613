import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import { normal } from '../../src/math/draw.ts'
import { Slowdown } from '../../src/prediction/slowdown.ts'

/** Learns from a peer whose load changes every second. */
function taught(slowdown: number, { noise = 0, comparisons = 3_000 } = {}): Slowdown {
  const learned = new Slowdown()
  const rng = pcg32(5)
  const seenAt = (atMs: number) => {
    const running = 1 + Math.floor(6 * rng.next())
    return { log: Math.log(20 * (1 + slowdown * (running - 1))) + noise * normal(rng), running, atMs }
  }
  let before = seenAt(0)
  for (let i = 1; i <= comparisons; i++) {
    const after = seenAt(1_000 * i)
    learned.compare(before, after)
    before = after
  }
  return learned
}

describe('the slowdown by one more job', () => {
  it('is at first what was measured: four side by side give 2.8 times the tokens of one', () => {
    expect(4 / new Slowdown().factor(4)).toBeCloseTo(2.8, 1)
    expect(new Slowdown().factor(1)).toBe(1)
    expect(new Slowdown().factor(0.3)).toBe(1)
  })

  it.each([0, 0.05, 0.15, 0.4, 1])('is learned from peers at different loads: %f', (slowdown) => {
    expect(taught(slowdown).value).toBeCloseTo(slowdown, 1)
    expect(Math.abs(taught(slowdown, { noise: 0.1 }).value - slowdown)).toBeLessThan(0.03 + 0.1 * slowdown)
  })

  it('is not learned from a peer whose load stays, that was not seen for long, or that changed', () => {
    const learned = new Slowdown()
    learned.compare({ log: 3, running: 2, atMs: 0 }, { log: 3.5, running: 2.2, atMs: 1_000 })
    learned.compare({ log: 3, running: 1, atMs: 0 }, { log: 3.5, running: 4, atMs: 6_000 })
    learned.compare({ log: 3, running: 1, atMs: 0 }, { log: 4.6, running: 4, atMs: 1_000 })
    expect(learned.value).toBe(new Slowdown().value)
  })

  it('goes on from a snapshot', () => {
    const learned = new Slowdown()
    learned.restore(0.4)
    expect(learned.value).toBe(0.4)
    learned.compare({ log: 3, running: 1, atMs: 0 }, { log: 3 + Math.log(2.2), running: 4, atMs: 1_000 })
    expect(learned.value).toBeCloseTo(0.4, 6)
  })

  it('stays between 0 and 2, whatever is seen', () => {
    const seen = fc.record({
      log: fc.double({ min: -7, max: 14, noNaN: true }),
      running: fc.double({ min: 1, max: 64, noNaN: true }),
      atMs: fc.nat(100_000)
    })
    fc.assert(
      fc.property(fc.array(fc.tuple(seen, seen), { maxLength: 50 }), (pairs) => {
        const learned = new Slowdown()
        for (const [before, after] of pairs) learned.compare(before, after)
        expect(learned.value >= 0 && learned.value <= 2, `a slowdown of ${learned.value}`).toBe(true)
      })
    )
  })
})
