import { checkRatio } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'

/** The interval that most of the figures here are about: between the first and the ninth decile. */
export const COVERED = 0.8

/** From the first to the ninth decile of a normal distribution, in standard deviations. */
export const DECILE_SPAN = 2.5631

/** How far a value lies outside an interval, or, below 0, inside of it: what widening by this much would just cover. */
export function conformityScore(lower: number, upper: number, value: number): number {
  return Math.max(lower - value, value - upper)
}

/** Which of n sorted scores covers a new one with this probability: ⌈(n + 1)·level⌉; above n where none of them does. */
export function conformalRank(count: number, level: number): number {
  // (n + 1)·level is often whole, and then off by a rounding error.
  return Math.max(1, Math.ceil((count + 1) * level - 1e-9))
}

/**
 * By how much to widen intervals on both sides so that they cover a new value with this probability, whatever the distribution is: the
 * ⌈(n + 1)·level⌉-th smallest score. Infinity where there are too few of them to say. Negative where the intervals were too wide.
 * @param scores of {@link conformityScore}, of values that the intervals were not made from
 * @param level 0–1
 * @throws ERR_INVALID_OPTION for a level out of range and for NaN
 * @see Romano, Patterson and Candès 2019, "Conformalized Quantile Regression"
 */
export function conformalOffset(scores: ArrayLike<number>, level: number): number {
  checkRatio('level', level)
  const sorted = Float64Array.from(scores).sort()
  // NaN sorts last.
  if (Number.isNaN(sorted.at(-1))) throw new PeerbanditError('ERR_INVALID_OPTION', 'scores must be numbers, got NaN')
  const rank = conformalRank(sorted.length, level)
  return rank > sorted.length ? Infinity : sorted[rank - 1]
}
