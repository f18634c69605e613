import { checkRatio } from '../../core/check.ts'
import type { LogQuantiles } from './model.ts'

/** How far outside its interval a measurement lies; below 0 inside. */
export function conformityScore(y: number, { q10, q90 }: LogQuantiles): number {
  return Math.max(q10 - y, y - q90)
}

/**
 * What both ends of the intervals have to move by, so that `coverage` of what comes next lies inside: the ⌈(n + 1)·coverage⌉-th smallest
 * score. Below 0 where the intervals are too wide; Infinity where there are too few scores to say.
 * @param scores of rows that the model has not learned from
 * @param coverage 0–1. @default 0.8
 * @see Romano, Patterson and Candès 2019, "Conformalized Quantile Regression"
 */
export function conformalOffset(scores: readonly number[], coverage = 0.8): number {
  const rank = Math.ceil((scores.length + 1) * checkRatio('coverage', coverage))
  const sorted = Float64Array.from(scores).sort()
  return rank < 1 ? -Infinity : rank > sorted.length ? Infinity : sorted[rank - 1]
}

/** The quantiles with both ends moved out, or in, but never past the median. */
export function widened({ q10, q50, q90 }: LogQuantiles, offset: number): LogQuantiles {
  return { q10: Math.min(q50, q10 - offset), q50, q90: Math.max(q50, q90 + offset) }
}
