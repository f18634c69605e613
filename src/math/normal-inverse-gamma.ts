import type { LocationScale } from './best-arm.ts'

/** Conjugate belief about a normal variable of unknown mean and variance. */
export interface NormalInverseGamma {
  /** Where the mean is expected. */
  readonly mu: number
  /** How many observations that expectation is worth, > 0. */
  readonly kappa: number
  /** Shape of the variance, > 0: half the degrees of freedom. */
  readonly a: number
  /** Rate of the variance, > 0: b / a is about the variance. */
  readonly b: number
}

/** What was observed, in the three figures that matter. */
export interface SampleSummary {
  /** Number of observations ≥ 0, which may be an effective one and not whole. */
  readonly count: number
  readonly mean: number
  /** Population variance. */
  readonly variance: number
}

/**
 * The belief after seeing a sample:
 * κₙ = κ₀ + n, μₙ = (κ₀μ₀ + n·x̄)/κₙ, aₙ = a₀ + n/2, bₙ = b₀ + n·s²/2 + κ₀n(x̄ − μ₀)²/(2κₙ).
 * @see Murphy 2007, "Conjugate Bayesian Analysis of the Gaussian Distribution", section 3
 */
export function updateNormalInverseGamma(
  prior: NormalInverseGamma,
  { count, mean, variance }: SampleSummary
): NormalInverseGamma {
  if (count === 0) return prior
  const kappa = prior.kappa + count
  return {
    mu: (prior.kappa * prior.mu + count * mean) / kappa,
    kappa,
    a: prior.a + count / 2,
    b: prior.b + (count * variance) / 2 + (prior.kappa * count * (mean - prior.mu) ** 2) / (2 * kappa)
  }
}

/** What that says of the mean alone: Student's t with 2a degrees of freedom, scale √(b / (a·κ)). */
export function meanBelief({ mu, kappa, a, b }: NormalInverseGamma): LocationScale {
  return { location: mu, scale: Math.sqrt(b / (a * kappa)), df: 2 * a }
}
