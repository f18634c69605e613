import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import { normal } from '../../../src/math/draw.ts'
import { conformalOffset, conformityScore, COVERED } from '../../../src/throughput/calibration.ts'
import { widened } from '../../../src/training/evaluation/conformal.ts'
import { pointQuantiles } from '../../../src/training/evaluation/model.ts'

describe('conformal calibration', () => {
  it('takes the ⌈(n + 1)·0.8⌉-th smallest score', () => {
    expect(conformalOffset([5, 1, 3, 2, 4, 9, 8, 7, 6], COVERED)).toBe(8)
    expect(conformalOffset([1, 2, 3], COVERED)).toBe(Infinity)
    expect(conformalOffset([1, 2, 3, 4], COVERED)).toBe(4)
  })

  it('narrows intervals that are too wide, and never past the median', () => {
    const wide = { q10: -10, q50: 0, q90: 10 }
    expect(conformityScore(wide.q10, wide.q90, 1)).toBe(-9)
    expect(widened(wide, -9)).toEqual({ q10: -1, q50: 0, q90: 1 })
    expect(widened(wide, -99)).toEqual({ q10: 0, q50: 0, q90: 0 })
  })

  it('covers 80 % of what comes next, of numbers and of wrong intervals', () => {
    const rng = pcg32(5)
    const draws = Array.from({ length: 4_000 }, () => normal(rng))
    for (const predicted of [pointQuantiles(0.3), { q10: -0.2, q50: 0, q90: 3 }]) {
      const offset = conformalOffset(
        draws.slice(0, 2_000).map((y) => conformityScore(predicted.q10, predicted.q90, y)),
        COVERED
      )
      const { q10, q90 } = widened(predicted, offset)
      const covered = draws.slice(2_000).filter((y) => y >= q10 && y <= q90).length / 2_000
      expect(Math.abs(covered - 0.8)).toBeLessThan(0.03)
    }
  })
})
