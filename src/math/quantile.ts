import { checkRatio } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'

/**
 * Exact quantile of values that are sorted in ascending order, by the linear rule: the value at position (n − 1)·q, interpolated
 * between its two neighbours.
 * @param q 0–1
 * @throws ERR_INVALID_OPTION for no values or q out of range
 * @see Hyndman and Fan 1996, "Sample Quantiles in Statistical Packages", definition 7 (the default of R and NumPy)
 */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  checkRatio('q', q)
  const last = sorted.length - 1
  const position = last * q
  const below = sorted[Math.floor(position)]
  const above = sorted[Math.ceil(position)]
  if (below === undefined || above === undefined) {
    throw new PeerbanditError('ERR_INVALID_OPTION', 'values must hold at least one number, got none')
  }
  // The weighted mean of two neighbours can leave their interval by a rounding error.
  return Math.min(above, Math.max(below, below + (above - below) * (position - Math.floor(position))))
}

/** Values in ascending order, as a copy. */
export function sortedCopy(values: Iterable<number>): Float64Array {
  return Float64Array.from(values).sort()
}

/** Exact quantile of values in any order; see {@link quantileOfSorted}. Sorts a copy: for several quantiles, sort once. */
export function quantile(values: Iterable<number>, q: number): number {
  return quantileOfSorted(sortedCopy(values), q)
}

/**
 * Arithmetic mean.
 * @throws ERR_INVALID_OPTION for no values
 */
export function meanOf(values: Iterable<number>): number {
  let sum = 0
  let count = 0
  for (const value of values) {
    sum += value
    count += 1
  }
  if (count === 0) throw new PeerbanditError('ERR_INVALID_OPTION', 'values must hold at least one number, got none')
  return sum / count
}
