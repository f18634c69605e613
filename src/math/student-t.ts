import { logGamma } from './log-gamma.ts'

/** ln of the density of Student's t at 0: the part that depends on the degrees of freedom alone. */
export function logPeakOfStudentT(df: number): number {
  return logGamma((df + 1) / 2) - logGamma(df / 2) - 0.5 * Math.log(df * Math.PI)
}

const MAX_TERMS = 500
const TINY = 1e-300

const awayFromZero = (value: number) => (Math.abs(value) < TINY ? TINY : value)

/** Continued fraction of the incomplete beta function by Lentz's method. @see DLMF 8.17.22 */
function betaFraction(a: number, b: number, x: number): number {
  let c = 1
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1))
  let value = d
  for (let m = 1; m <= MAX_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / awayFromZero(1 + even * d)
    c = awayFromZero(1 + even / c)
    value *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / awayFromZero(1 + odd * d)
    c = awayFromZero(1 + odd / c)
    value *= d * c
    if (Math.abs(d * c - 1) < 1e-16) break
  }
  return value
}

/** P(X > x) for x ≥ 0: half the incomplete beta function, from whichever side its fraction converges fast. */
function upperTail(x: number, df: number): number {
  const square = x * x
  const a = df / 2
  const tail = df / (df + square)
  // ln of tail^a · (1 − tail)^½ / B(a, ½), where 1/B(a, ½) = peak · √df
  const front = Math.exp(logPeakOfStudentT(df) - a * Math.log1p(square / df)) * x * Math.sqrt(tail)
  if (tail < (a + 1) / (a + 2.5)) return (front * betaFraction(a, 0.5, tail)) / (2 * a)
  return 0.5 - front * betaFraction(0.5, a, 1 - tail)
}

/** P(X ≤ x) for Student's t distribution with df > 0 degrees of freedom. Relative error below 1e-13, also in the lower tail. */
export function studentTCdf(x: number, df: number): number {
  return x < 0 ? upperTail(-x, df) : 1 - upperTail(x, df)
}

/**
 * A point that P(X > x) ≤ tail holds for, from the power law that bounds the tail. A little further out than the true quantile.
 * @param tail 0 < tail < ½
 */
export function studentTReach(tail: number, df: number): number {
  return Math.exp((logPeakOfStudentT(df) + ((df - 1) / 2) * Math.log(df) - Math.log(tail)) / df)
}
