export interface LinearModelOptions {
  /** Weights expected before anything was seen, one a feature. */
  readonly weights: readonly number[]
  /** Their variances, over that of the noise: 0 for certain, large for unknown. */
  readonly variances: readonly number[]
  /** Standard deviation of the noise that is expected, and how many observations that is worth, > 0. */
  readonly noise: number
  readonly noiseWeight: number
  /** What an observation counts after the next one, above 0 and at most 1. */
  readonly keep: number
}

/**
 * Bayesian linear regression that learns one observation at a time and forgets (recursive least squares). What is not observed any
 * more becomes as uncertain as at the start, and not more.
 * @see Murphy 2007, "Conjugate Bayesian Analysis of the Gaussian Distribution"; Russac et al. 2019, "Weighted Linear Bandits for
 * Non-Stationary Environments"
 */
export class LinearModel {
  readonly #keep: number
  readonly #priorVariances: readonly number[]
  readonly #weights: number[]
  /** Covariance of the weights over the variance of the noise. */
  readonly #covariance: number[][]
  #shape: number
  #rate: number

  constructor({ weights, variances, noise, noiseWeight, keep }: LinearModelOptions) {
    this.#keep = keep
    this.#priorVariances = variances
    this.#weights = [...weights]
    this.#covariance = variances.map((variance, i) => weights.map((_, j) => (i === j ? variance : 0)))
    this.#shape = noiseWeight / 2
    this.#rate = (noiseWeight * noise ** 2) / 2
  }

  mean(features: readonly number[]): number {
    return dot(this.#weights, features)
  }

  /** Variance of the mean over that of the noise. */
  relativeVariance(features: readonly number[]): number {
    return Math.max(0, dot(features, this.#times(features)))
  }

  /** What is believed of the noise: its precision is gamma-distributed with this shape and rate. */
  get noise(): { readonly shape: number; readonly rate: number } {
    return { shape: this.#shape, rate: this.#rate }
  }

  observe(features: readonly number[], value: number): void {
    this.#forget()
    const along = this.#times(features)
    const spread = 1 + dot(features, along)
    const error = value - this.mean(features)
    for (let i = 0; i < along.length; i += 1) {
      this.#weights[i] += (along[i] / spread) * error
      for (let j = 0; j < along.length; j += 1) this.#covariance[i][j] -= (along[i] * along[j]) / spread
    }
    this.#shape = this.#keep * this.#shape + 0.5
    this.#rate = this.#keep * this.#rate + error ** 2 / (2 * spread)
  }

  #forget(): void {
    const growth = this.#priorVariances.map((variance, i) => {
      return this.#covariance[i][i] <= this.#keep * variance ? Math.sqrt(1 / this.#keep) : 1
    })
    for (const [i, row] of this.#covariance.entries()) for (let j = 0; j < row.length; j += 1) row[j] *= growth[i] * growth[j]
  }

  #times(features: readonly number[]): number[] {
    return this.#covariance.map((row) => dot(row, features))
  }
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0)
}
