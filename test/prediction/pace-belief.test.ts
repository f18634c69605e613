import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import {
  advancePace,
  meanPaceOver,
  newPaceBelief,
  observePace,
  type PaceBelief,
  variancePace
} from '../../src/prediction/pace-belief.ts'
import type { Spread } from '../../src/prediction/peer-averages.ts'

// Restated from the comments of the code.
const PASSING_MS = 20_000
const LASTING_MS = 1_200_000
const VAR_PASSING = 0.1
const SURPRISE = 3
const LASTING_SHARE = 0.25

const START_MS = 1_700_000_000_000
const HOME: Spread = { mean: Math.log(20), variance: 0.6 }

type Step = { readonly elapsedMs: number } | { readonly logPace: number; readonly noise: number }

const advances = fc.record({ elapsedMs: fc.double({ min: -10_000, max: 7_200_000, noNaN: true }) })
const observations = fc.record({
  logPace: fc.double({ min: -7, max: 15, noNaN: true }),
  noise: fc.double({ min: 0.005, max: 10, noNaN: true })
})
const steps = fc.array(fc.oneof(advances, observations), { maxLength: 40 })

function follow(belief: PaceBelief, all: readonly Step[]): PaceBelief {
  for (const step of all) {
    if ('elapsedMs' in step) advancePace(belief, belief.atMs + step.elapsedMs)
    else observePace(belief, step.logPace, step.noise)
  }
  return belief
}

type Vector = readonly [number, number]
type Matrix = readonly [Vector, Vector]

const times = (a: Matrix, b: Matrix): Matrix => [
  [a[0][0] * b[0][0] + a[0][1] * b[1][0], a[0][0] * b[0][1] + a[0][1] * b[1][1]],
  [a[1][0] * b[0][0] + a[1][1] * b[1][0], a[1][0] * b[0][1] + a[1][1] * b[1][1]]
]
const plus = (a: Matrix, b: Matrix): Matrix => [
  [a[0][0] + b[0][0], a[0][1] + b[0][1]],
  [a[1][0] + b[1][0], a[1][1] + b[1][1]]
]
const transposed = ([[a, b], [c, d]]: Matrix): Matrix => [
  [a, c],
  [b, d]
]
const diagonal = (a: number, b: number): Matrix => [
  [a, 0],
  [0, b]
]

/** The textbook's Kalman filter with whole matrices, the covariance in Joseph's form. */
class DenseFilter {
  state: Vector = [HOME.mean, 0]
  covariance: Matrix = diagonal(HOME.variance, VAR_PASSING)

  advance(elapsedMs: number): void {
    const [a, b] = [Math.exp(-elapsedMs / LASTING_MS), Math.exp(-elapsedMs / PASSING_MS)]
    this.state = [HOME.mean + a * (this.state[0] - HOME.mean), b * this.state[1]]
    const moved = times(times(diagonal(a, b), this.covariance), diagonal(a, b))
    this.covariance = plus(moved, diagonal(HOME.variance * (1 - a * a), VAR_PASSING * (1 - b * b)))
  }

  observe(observed: number, noise: number): void {
    const innovation = observed - this.state[0] - this.state[1]
    const square = innovation ** 2
    if (square > SURPRISE ** 2 * (this.#total() + noise)) {
      const variance = this.covariance[0][0]
      const homeNoise = (variance * HOME.variance) / (variance - HOME.variance)
      if (variance > HOME.variance) this.#update([1, 0], HOME.mean, homeNoise)
      this.covariance = plus(this.covariance, diagonal(LASTING_SHARE * square, square))
    }
    this.#update([1, 1], observed, noise)
  }

  /** @param of what of the two parts is observed */
  #update(of: Vector, observed: number, noise: number): void {
    const innovation = observed - of[0] * this.state[0] - of[1] * this.state[1]
    const [[a, b], [c, d]] = this.covariance
    const [first, second] = [a * of[0] + b * of[1], c * of[0] + d * of[1]]
    const total = of[0] * first + of[1] * second + noise
    const [k, l] = [first / total, second / total]
    this.state = [this.state[0] + k * innovation, this.state[1] + l * innovation]
    const rest: Matrix = [
      [1 - k * of[0], -k * of[1]],
      [-l * of[0], 1 - l * of[1]]
    ]
    const gained: Matrix = [
      [k * noise * k, k * noise * l],
      [l * noise * k, l * noise * l]
    ]
    this.covariance = plus(times(times(rest, this.covariance), transposed(rest)), gained)
  }

  #total(): number {
    return this.covariance.flat().reduce((sum, value) => sum + value, 0)
  }
}

const near = (actual: number, expected: number, name: string) => {
  expect(Math.abs(actual - expected) <= 1e-6 * (1 + Math.abs(expected)), `${name}: got ${actual}, expected ${expected}`).toBe(
    true
  )
}

describe('the belief of a pace', () => {
  it('is what a Kalman filter with whole matrices comes to', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const belief = follow(newPaceBelief(HOME, START_MS), all)
        const dense = new DenseFilter()
        for (const step of all) {
          if ('logPace' in step) dense.observe(step.logPace, step.noise)
          else dense.advance(Math.max(0, step.elapsedMs))
        }
        near(belief.lasting, dense.state[0], 'lasting')
        near(belief.passing, dense.state[1], 'passing')
        near(belief.varLasting, dense.covariance[0][0], 'variance of lasting')
        near(belief.covariance, dense.covariance[0][1], 'covariance')
        near(belief.varPassing, dense.covariance[1][1], 'variance of passing')
      })
    )
  })

  it('starts from what is expected, and is that again when all is forgotten', () => {
    const belief = newPaceBelief(HOME, START_MS)
    expect(meanPaceOver(belief, 0)).toBe(HOME.mean)
    expect(variancePace(belief)).toBeCloseTo(HOME.variance + VAR_PASSING, 12)
    for (let i = 0; i < 5; i++) observePace(belief, 6, 0.01)
    advancePace(belief, START_MS + 40 * LASTING_MS)
    expect(meanPaceOver(belief, 0)).toBeCloseTo(HOME.mean, 12)
    expect(variancePace(belief)).toBeCloseTo(HOME.variance + VAR_PASSING, 12)
  })

  it('takes in a first observation by precision', () => {
    const belief = newPaceBelief(HOME, START_MS)
    observePace(belief, HOME.mean + 1, 0.3)
    // 0.6 + 0.1 + 0.3 = 1: six tenths of the error last, one tenth passes, three are noise.
    expect(belief.lasting - HOME.mean).toBeCloseTo(0.6, 12)
    expect(belief.passing).toBeCloseTo(0.1, 12)
    expect(belief.varLasting).toBeCloseTo(0.6 - 0.36, 12)
    expect(belief.covariance).toBeCloseTo(-0.06, 12)
    expect(belief.varPassing).toBeCloseTo(0.1 - 0.01, 12)
  })

  it('keeps its variances positive and everything finite, whatever comes', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const belief = follow(newPaceBelief(HOME, START_MS), all)
        expect(belief.varLasting).toBeGreaterThan(0)
        expect(belief.varPassing).toBeGreaterThan(0)
        expect(variancePace(belief)).toBeGreaterThan(0)
        expect(Math.abs(meanPaceOver(belief, 1_000))).toBeLessThan(100)
        expect([belief.lasting, belief.passing, belief.covariance].every(Number.isFinite)).toBe(true)
      })
    )
  })

  it('stays near what was seen of a peer that is fast and slow by turns', () => {
    const [fast, slow] = [Math.log(3), Math.log(300)]
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const rng = pcg32(seed)
        const belief = newPaceBelief(HOME, START_MS)
        let isSlow = false
        for (let i = 0; i < 500; i++) {
          if (rng.next() < 0.05) isSlow = !isSlow
          advancePace(belief, belief.atMs + 200 * rng.next())
          observePace(belief, (isSlow ? slow : fast) + 1.5 * (rng.next() - 0.5), 0.012)
          // The two parts may not drift apart where their sum does not tell: a long job would be expected to take years.
          expect(belief.lasting).toBeGreaterThan(fast - 4)
          expect(belief.lasting).toBeLessThan(slow + 4)
        }
      }),
      { numRuns: 50 }
    )
  })

  it('never knows more for waiting than what there is to know in the long run', () => {
    fc.assert(
      fc.property(steps, fc.double({ min: 0, max: 1e7, noNaN: true }), (all, elapsedMs) => {
        const belief = follow(newPaceBelief(HOME, START_MS), all)
        const { varLasting, varPassing } = belief
        advancePace(belief, belief.atMs + elapsedMs)
        expect(belief.varLasting).toBeGreaterThanOrEqual(Math.min(varLasting, HOME.variance) - 1e-12)
        expect(belief.varPassing).toBeGreaterThanOrEqual(Math.min(varPassing, VAR_PASSING) - 1e-12)
      })
    )
  })

  it('comes to the same in two steps of time as in one', () => {
    const ms = fc.double({ min: 0, max: 5_000_000, noNaN: true })
    fc.assert(
      fc.property(steps, ms, ms, (all, firstMs, secondMs) => {
        const [one, two] = [0, 1].map(() => follow(newPaceBelief(HOME, START_MS), all))
        const startMs = one.atMs
        advancePace(one, startMs + firstMs)
        advancePace(one, startMs + firstMs + secondMs)
        advancePace(two, startMs + firstMs + secondMs)
        for (const name of ['lasting', 'passing', 'varLasting', 'covariance', 'varPassing', 'atMs'] as const) {
          near(one[name], two[name], name)
        }
      })
    )
  })

  it('stays where it is when asked for an earlier moment, or for none', () => {
    const belief = follow(newPaceBelief(HOME, START_MS), [{ logPace: 4, noise: 0.1 }, { elapsedMs: 5_000 }])
    const before = { ...belief }
    for (const atMs of [START_MS, START_MS - 1e9, belief.atMs, NaN]) advancePace(belief, atMs)
    expect(belief).toEqual(before)
  })

  it('minds the order of observations that are far apart: the last one counts for more', () => {
    const after = (first: number, last: number) =>
      meanPaceOver(
        follow(newPaceBelief(HOME, START_MS), [
          { logPace: first, noise: 0.05 },
          { elapsedMs: 3 * LASTING_MS },
          { logPace: last, noise: 0.05 }
        ]),
        0
      )
    expect(after(2.5, 3.5)).toBeGreaterThan(3.2)
    expect(after(3.5, 2.5)).toBeLessThan(2.8)
  })

  it('converges on a steady pace, and takes all of it for lasting', () => {
    const belief = newPaceBelief(HOME, START_MS)
    for (let i = 1; i <= 300; i++) {
      advancePace(belief, START_MS + i * 2_000)
      observePace(belief, 3.7, 0.01)
    }
    expect(belief.lasting).toBeCloseTo(3.7, 1)
    expect(meanPaceOver(belief, 0)).toBeCloseTo(3.7, 2)
    expect(variancePace(belief)).toBeLessThan(0.01)
    expect(belief.varLasting).toBeLessThan(0.05)
  })

  it.each([Math.log(4), -Math.log(4), Math.log(30)])('follows a change by %f within a few observations', (change) => {
    const belief = newPaceBelief(HOME, START_MS)
    const observeFor = (count: number, logPace: number) => {
      for (let i = 0; i < count; i++) {
        advancePace(belief, belief.atMs + 1_000)
        observePace(belief, logPace, 0.01)
      }
    }
    observeFor(60, 3)
    observeFor(3, 3 + change)
    expect(Math.abs(meanPaceOver(belief, 0) - 3 - change)).toBeLessThan(0.1)
    observeFor(120, 3 + change)
    expect(Math.abs(belief.lasting - 3 - change), 'and comes to believe that it lasts').toBeLessThan(0.15)
  })

  it('lets a passing deviation fade over the time that a job takes', () => {
    const belief = { ...newPaceBelief(HOME, START_MS), passing: 0.8 }
    expect(meanPaceOver(belief, 0)).toBe(HOME.mean + 0.8)
    for (const forMs of [1_000, 5_000, 10_000, 20_000]) {
      const x = forMs / PASSING_MS
      const exactly = HOME.mean + (0.8 * (1 - Math.exp(-x))) / x
      expect(Math.abs(meanPaceOver(belief, forMs) - exactly), `${forMs} ms`).toBeLessThan(0.04 * 0.8)
    }
    expect(meanPaceOver(belief, 1e12)).toBeCloseTo(HOME.mean, 6)
  })
})
