import type { Rng } from '../core/rng.ts'
import { logGamma } from './log-gamma.ts'

/** A standard normal number (Box and Muller 1958). */
export function normal(rng: Rng): number {
  // 1 - u is in (0, 1], so the logarithm is finite.
  return Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
}

/**
 * A gamma number with mean `shape`, shape > 0.
 * @see Marsaglia and Tsang 2000, "A simple method for generating gamma variables"; for shapes below 1, section 6
 */
export function gamma(rng: Rng, shape: number): number {
  if (shape < 1) return gamma(rng, shape + 1) * (1 - rng.next()) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normal(rng)
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - rng.next()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v
  }
}

/** An exponential number, mean > 0. */
export function exponential(rng: Rng, mean: number): number {
  return -mean * Math.log(1 - rng.next())
}

/** A Weibull number with this mean, mean and shape > 0; exponential for shape 1. */
export function weibull(rng: Rng, mean: number, shape: number): number {
  const draw = exponential(rng, 1)
  return shape === 1 ? mean * draw : (mean / Math.exp(logGamma(1 + 1 / shape))) * draw ** (1 / shape)
}
