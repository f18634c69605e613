import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import { normal } from '../../src/math/draw.ts'
import { conformalOffset, conformityScore, COVERED } from '../../src/throughput/calibration.ts'

describe('a score', () => {
  it.each([
    ['below', 2, 3, 1.5, 0.5],
    ['above', 2, 3, 5, 2],
    ['in the middle', 2, 3, 2.5, -0.5],
    ['on the edge', 2, 3, 3, 0]
  ])('is how far a value lies outside: %s', (_, ...[lower, upper, value, score]) => {
    expect(conformityScore(lower, upper, value)).toBe(score)
  })
})

describe('the offset of split-conformal intervals', () => {
  it.each<[scores: number[], level: number, offset: number]>([
    // ⌈(n + 1)·level⌉: 8th of 9, 9th of 10, 5th of 4.
    [[9, 1, 8, 2, 7, 3, 6, 4, 5], 0.8, 8],
    [[10, 9, 1, 8, 2, 7, 3, 6, 4, 5], 0.8, 9],
    [[4, 3, 2, 1], 0.8, 4],
    [[3, 2, 1], 0.8, Infinity],
    [[], 0.8, Infinity],
    [[-3, -2, -1, 0], 0.4, -2],
    // (14 + 1)·0.6 is 9.000000000000002 if it is rounded badly.
    [Array.from({ length: 14 }, (_, i) => i + 1), 0.6, 9],
    [[5], 0, 5],
    [[5], 1, Infinity]
  ])('is the known one: %j at %d', (scores, level, offset) => {
    expect(conformalOffset(scores, level)).toBe(offset)
  })

  it('covers new values as often as it promises, whatever the intervals were', () => {
    const rng = pcg32(5)
    const score = () => conformityScore(-0.3, 0.9, 2 * normal(rng))
    let covered = 0
    for (let round = 0; round < 4_000; round++) {
      const offset = conformalOffset(Float64Array.from({ length: 49 }, score), COVERED)
      if (score() <= offset) covered += 1
    }
    // 40 of 50, with a standard deviation of 0.6 %.
    expect(Math.abs(covered / 4_000 - COVERED)).toBeLessThan(0.02)
  })

  it('never falls with the level', () => {
    const scores = fc.array(fc.double({ noNaN: true }), { maxLength: 40 })
    const level = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(scores, level, level, (all, a, b) => {
        expect(conformalOffset(all, Math.min(a, b))).toBeLessThanOrEqual(conformalOffset(all, Math.max(a, b)))
      })
    )
  })

  it.each<[defect: string, scores: number[], level: number]>([
    ['level must be between 0 and 1, got NaN', [1], NaN],
    ['level must be between 0 and 1, got 80', [1], 80],
    ['scores must be numbers, got NaN', [1, NaN, 2], 0.8]
  ])('%s', (defect, scores, level) => {
    expect(() => conformalOffset(scores, level)).toThrow(defect)
  })
})
