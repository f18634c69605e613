import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pcg32, type Rng } from '../../src/core/rng.ts'
import { normal } from '../../src/math/draw.ts'
import { type AdaptiveCoverage, adaptiveCoverage } from '../../src/throughput/adaptive-coverage.ts'
import { conformityScore } from '../../src/throughput/calibration.ts'

/** Half the width of an interval that covers 80 % of a standard normal. */
const DECILE = 1.2816

/** Peers of which nothing is known but an interval, which is right at first: as wide as they differ. */
class Fleet {
  readonly logs: number[]
  readonly #spread: number
  readonly #rng: Rng

  constructor(rng: Rng, spread: number, peers = 60) {
    this.#rng = rng
    this.#spread = spread
    this.logs = Array.from({ length: peers }, () => spread * 0.9 * normal(rng))
  }

  /** A third of the peers becomes half as fast. */
  drift(): void {
    for (let i = 0; i < this.logs.length; i += 3) this.logs[i] -= Math.LN2
  }

  score(): number {
    const peer = Math.floor(this.#rng.next() * this.logs.length)
    const half = DECILE * this.#spread
    return conformityScore(-half, half, this.logs[peer] + this.#spread * 0.44 * normal(this.#rng))
  }
}

/** Share that was covered while the outcomes came. */
function coverageOver(count: number, fleet: Fleet, adaptive: AdaptiveCoverage): number {
  let covered = 0
  for (let i = 0; i < count; i++) {
    const score = fleet.score()
    if (score <= adaptive.offset) covered += 1
    adaptive.observe(score)
  }
  return covered / count
}

describe('adaptive coverage', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'holds between 75 and 85 % over the 500 outcomes after a third of the peers halve their speed (%d)',
    (seed) => {
      const rng = pcg32(seed, 4)
      const fleet = new Fleet(rng, 0.15 + 0.3 * rng.next())
      const adaptive = adaptiveCoverage()
      coverageOver(600, fleet, adaptive)
      fleet.drift()
      const after = coverageOver(500, fleet, adaptive)
      expect(after).toBeGreaterThanOrEqual(0.75)
      expect(after).toBeLessThanOrEqual(0.85)
      expect(adaptive.healthy).toBe(true)
    }
  )

  it('is what makes the difference: without it, the coverage of narrow intervals falls below 75 %', () => {
    const fleet = new Fleet(pcg32(1), 0.2)
    fleet.drift()
    const covered = Array.from({ length: 500 }, () => fleet.score()).filter((score) => score <= 0).length
    expect(covered / 500).toBeLessThan(0.75)
  })

  it('misses as often as the theorem allows at most, whatever comes', () => {
    // |mean of misses − (1 − target)| ≤ (max(α, 1 − α) + γ) / (γ·T), proposition 4.1 of Gibbs and Candès; the first twenty are left alone.
    const scores = fc.array(fc.double({ min: -2.9, max: 2.9, noNaN: true }), { minLength: 400, maxLength: 600 })
    fc.assert(
      fc.property(scores, (all) => {
        const adaptive = adaptiveCoverage({ outcomes: 1_000 })
        for (const score of all) adaptive.observe(score)
        const bound = (1 + 2 * 0.02) / (0.02 * all.length)
        expect(Math.abs(adaptive.coverage! - 0.8)).toBeLessThanOrEqual(bound)
      }),
      { numRuns: 50 }
    )
  })

  it('leaves intervals alone until it has seen enough', () => {
    const adaptive = adaptiveCoverage()
    expect(adaptive.coverage).toBeUndefined()
    for (let i = 0; i < 19; i++) adaptive.observe(1)
    expect(adaptive.offset).toBe(0)
    adaptive.observe(1)
    expect(adaptive.offset).toBe(3)
    expect(adaptive.coverage).toBe(0)
  })

  it('moves the level by γ(α − err)', () => {
    const adaptive = adaptiveCoverage({ rate: 0.1 })
    adaptive.observe(1)
    expect(adaptive.state().miss).toBeCloseTo(0.2 + 0.1 * (0.2 - 1), 12)
    adaptive.observe(-1)
    expect(adaptive.state().miss).toBeCloseTo(0.12 + 0.1 * 0.2, 12)
  })

  it('is bounded either way: by the most where the level is above 1, by nothing left where it is below 0', () => {
    const missing = adaptiveCoverage()
    for (let i = 0; i < 200; i++) missing.observe(10)
    expect(missing.state().miss).toBeLessThan(0)
    expect(missing.offset).toBe(3)
    const covering = adaptiveCoverage({ mostOffset: 0.5 })
    covering.restore({ ...covering.state(), miss: 1.01, scores: Array.from({ length: 50 }, (_, i) => i) })
    expect(covering.offset).toBe(-0.5)
  })

  it('is not healthy once the last hundred were covered too seldom, until they are again', () => {
    const adaptive = adaptiveCoverage()
    for (let i = 0; i < 99; i++) adaptive.observe(10)
    expect(adaptive.healthy).toBe(true)
    adaptive.observe(10)
    expect(adaptive.healthy).toBe(false)
    for (let i = 0; i < 72; i++) adaptive.observe(-1)
    expect([adaptive.coverage, adaptive.healthy]).toEqual([0.72, false])
    adaptive.observe(-1)
    expect([adaptive.coverage, adaptive.healthy]).toEqual([0.73, true])
  })

  it('seldom fails where nothing changes', () => {
    const failures = Array.from({ length: 30 }, (_, seed) => {
      const fleet = new Fleet(pcg32(seed, 9), 0.3)
      const adaptive = adaptiveCoverage()
      return Array.from({ length: 1_000 }, () => {
        adaptive.observe(fleet.score())
        return adaptive.healthy
      }).includes(false)
    })
    expect(failures.filter(Boolean)).toEqual([])
  })

  it('goes on after a restart as if there had been none', () => {
    fc.assert(
      fc.property(fc.nat(700), fc.nat(), (count, seed) => {
        const fleet = new Fleet(pcg32(seed), 0.3)
        const adaptive = adaptiveCoverage({ window: 300 })
        coverageOver(count, fleet, adaptive)
        const restored = adaptiveCoverage({ window: 300 })
        restored.restore(JSON.parse(JSON.stringify(adaptive.state())))
        const scores = Array.from({ length: 150 }, () => fleet.score())
        const follow = (one: AdaptiveCoverage) =>
          scores.map((score) => {
            one.observe(score)
            return [one.offset, one.coverage, one.healthy]
          })
        expect(follow(restored)).toEqual(follow(adaptive))
      }),
      { numRuns: 20 }
    )
  })

  it.each([NaN, Infinity])('takes no score of %d', (score) => {
    expect(() => {
      adaptiveCoverage().observe(score)
    }).toThrow('score must be a finite number')
  })

  it.each([
    ['target', { target: 80 }],
    ['rate', { rate: 0 }],
    ['window', { window: 0 }],
    ['mostOffset', { mostOffset: NaN }],
    ['outcomes', { outcomes: 0.5 }],
    ['least', { least: -1 }]
  ])('checks its option %s', (name, options) => {
    expect(() => adaptiveCoverage(options)).toThrow(`${name} must be`)
  })

  it.each([
    ['nothing', undefined, 'got vundefined, expected v1'],
    ['another version', { version: 2 }, 'got v2, expected v1'],
    ['a part', { version: 1, miss: 0.2 }, 'are missing or of another kind'],
    ['text', { version: 1, miss: 0.2, healthy: true, scores: ['1'], covered: [] }, 'are missing or of another kind']
  ])('does not go on from %s', (_, state, message) => {
    expect(() => {
      adaptiveCoverage().restore(state)
    }).toThrow(message)
  })
})
