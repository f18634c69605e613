import { PeerbanditError } from '../../core/errors.ts'
import { meanOf, quantile } from '../../math/quantile.ts'

/**
 * Figures of predictions against what was measured. All take as many predictions as measurements, at least one, and throw
 * ERR_INVALID_OPTION otherwise.
 */
type Numbers = ArrayLike<number>

function checkSameLength(y: Numbers, predicted: Numbers): void {
  if (y.length === predicted.length && y.length > 0) return
  throw new PeerbanditError(
    'ERR_INVALID_OPTION',
    `predictions must be as many as measurements, at least one, got ${predicted.length} for ${y.length}`
  )
}

/** The mean over pairs. */
function meanOver(y: Numbers, predicted: Numbers, of: (y: number, predicted: number) => number): number {
  checkSameLength(y, predicted)
  return meanOf(Array.from(y, (value, i) => of(value, predicted[i])))
}

/** Sum of the absolute errors over the sum of the measurements. */
export function wape(y: Numbers, predicted: Numbers): number {
  return meanAbsoluteError(y, predicted) / meanOf(Array.from(y, Math.abs))
}

export function meanAbsoluteError(y: Numbers, predicted: Numbers): number {
  return meanOver(y, predicted, (value, p) => Math.abs(p - value))
}

export function rootMeanSquaredError(y: Numbers, predicted: Numbers): number {
  return Math.sqrt(meanOver(y, predicted, (value, p) => (p - value) ** 2))
}

/** Absolute errors over measurements, each of which counts as at least `floor`: a few tiny ones would be all of the mean. */
function percentageErrors(y: Numbers, predicted: Numbers, floor: number): number[] {
  checkSameLength(y, predicted)
  return Array.from(y, (value, i) => Math.abs(predicted[i] - value) / Math.max(Math.abs(value), floor))
}

/** Mean absolute percentage error, as a ratio. @param floor @default 1 */
export function mape(y: Numbers, predicted: Numbers, floor = 1): number {
  return meanOf(percentageErrors(y, predicted, floor))
}

/** A quantile of the absolute percentage errors, as a ratio: 0.5 for the median. */
export function apeQuantile(y: Numbers, predicted: Numbers, q: number): number {
  return quantile(percentageErrors(y, predicted, 0), q)
}

/** Mean absolute error of the natural logarithms of positive numbers. */
export function logMae(y: Numbers, predicted: Numbers): number {
  return meanOver(y, predicted, (value, p) => Math.abs(Math.log(p) - Math.log(value)))
}

/** Share of the variance that is explained; of logarithms, hand over logarithms. NaN where all measurements are equal. */
export function rSquared(y: Numbers, predicted: Numbers): number {
  const centre = meanOf(Array.from(y))
  const total = meanOf(Array.from(y, (value) => (value - centre) ** 2))
  return total === 0 ? NaN : 1 - meanOver(y, predicted, (value, p) => (p - value) ** 2) / total
}

/** Mean pinball loss of a quantile. @param level 0–1 */
export function pinball(y: Numbers, predicted: Numbers, level: number): number {
  return meanOver(y, predicted, (value, p) => Math.max(level * (value - p), (level - 1) * (value - p)))
}

/** Bounds between which a measurement is expected. */
export interface Bounds {
  readonly low: Numbers
  readonly high: Numbers
}

function meanOverBounds(y: Numbers, { low, high }: Bounds, of: (y: number, low: number, high: number) => number): number {
  checkSameLength(y, low)
  checkSameLength(y, high)
  return meanOf(Array.from(y, (value, i) => of(value, low[i], high[i])))
}

/** Share of the measurements that lie within their bounds (PICP). */
export function coverage(y: Numbers, bounds: Bounds): number {
  return meanOverBounds(y, bounds, (value, low, high) => Number(value >= low && value <= high))
}

/** Mean distance between the bounds (MPIW); of logarithms, the logarithm of the mean ratio. */
export function meanWidth({ low, high }: Bounds): number {
  return meanOverBounds(low, { low, high }, (_, l, h) => h - l)
}

/**
 * Width, and a penalty for what lies outside: proper for the quantiles of α/2 and 1 − α/2.
 * @param alpha probability of lying outside, 0–1. @default 0.2
 * @see Gneiting and Raftery 2007, "Strictly Proper Scoring Rules, Prediction, and Estimation", section 6.2
 */
export function intervalScore(y: Numbers, bounds: Bounds, alpha = 0.2): number {
  return meanOverBounds(y, bounds, (value, low, high) => {
    const outside = Math.max(0, low - value) + Math.max(0, value - high)
    return high - low + (2 / alpha) * outside
  })
}

/**
 * Where measurements lie among predicted quantiles: the share below the first, between each two, and above the last. Quantiles that are
 * right leave 10, 40, 40 and 10 % for the levels 10, 50 and 90 %.
 * @param quantiles of each level, rising from level to level
 */
export function pitHistogram(y: Numbers, quantiles: readonly Numbers[]): number[] {
  for (const each of quantiles) checkSameLength(y, each)
  const counts = new Array<number>(quantiles.length + 1).fill(0)
  Array.from(y, (value, i) => counts[quantiles.filter((each) => value > each[i]).length]++)
  return counts.map((count) => count / y.length)
}

/**
 * What is lost by taking the candidate that is predicted to be the best: 1 − what it gives over what the best gives, as a mean over
 * pools of candidates. Of equal predictions the first is taken.
 * @param pools positions in `y`, each of at least one
 */
export function topRegret(y: Numbers, predicted: Numbers, pools: readonly (readonly number[])[]): number {
  checkSameLength(y, predicted)
  return meanOf(
    pools.map((pool) => {
      const chosen = pool.reduce((best, i) => (predicted[i] > predicted[best] ? i : best))
      return 1 - y[chosen] / Math.max(...pool.map((i) => y[i]))
    })
  )
}
