import { choleskyFactor, solveLower, solveUpper } from './cholesky.ts'

/** What is expected of the coefficients before any data: independent normals. */
export interface LinearPrior {
  readonly means: ArrayLike<number>
  /** Each > 0. */
  readonly variances: ArrayLike<number>
}

/** Keeps one coefficient within bounds. */
export interface CoefficientRange {
  readonly index: number
  readonly min: number
  readonly max: number
}

/** What was learned beyond the prior. Plain and JSON-safe. */
export interface LinearBeliefState {
  /** Lower triangle of Σ w·x·xᵀ, by rows. */
  readonly information: readonly number[]
  /** Σ w·x·(y − x·prior mean). */
  readonly moments: readonly number[]
}

/**
 * Bayesian linear regression y = x·β + noise of known precision, as sums: what was added can be withdrawn and fades by one factor, and
 * order does not matter. Solved when it is read.
 * @see Bishop 2006, "Pattern Recognition and Machine Learning", section 3.3.1
 */
export class LinearBelief {
  readonly #size: number
  readonly #prior: LinearPrior
  readonly #range: CoefficientRange | undefined
  /** Lower triangle of a square matrix, by rows. */
  readonly #information: Float64Array
  readonly #moments: Float64Array
  readonly #factor: Float64Array
  readonly #coefficients: Float64Array
  readonly #scratch: Float64Array
  #solved = false

  /** @param range of a coefficient: the others are what they most likely are if it is on its bound */
  constructor(prior: LinearPrior, range?: CoefficientRange) {
    const size = prior.means.length
    this.#size = size
    this.#prior = prior
    this.#range = range
    this.#information = new Float64Array(size * size)
    this.#moments = new Float64Array(size)
    this.#factor = new Float64Array(size * size)
    this.#coefficients = new Float64Array(size)
    this.#scratch = new Float64Array(size)
  }

  /** All that was added counts `factor` times as much, 0–1. */
  fade(factor: number): void {
    if (factor === 1) return
    for (let i = 0; i < this.#information.length; i++) this.#information[i] *= factor
    for (let i = 0; i < this.#size; i++) this.#moments[i] *= factor
    this.#solved = false
  }

  /** Takes in an observation. @param precision 1/variance of its noise; negative to withdraw what was added with it */
  add(precision: number, x: Float64Array, y: number): void {
    const size = this.#size
    let residual = y
    for (let i = 0; i < size; i++) residual -= x[i] * this.#prior.means[i]
    for (let i = 0; i < size; i++) {
      const weighed = precision * x[i]
      if (weighed === 0) continue
      this.#moments[i] += weighed * residual
      const row = i * size
      for (let j = 0; j <= i; j++) this.#information[row + j] += weighed * x[j]
    }
    this.#solved = false
  }

  /** Expected y without noise. */
  mean(x: Float64Array): number {
    this.#solve()
    let sum = 0
    for (let i = 0; i < this.#size; i++) sum += x[i] * this.#coefficients[i]
    return sum
  }

  /** Variance of what is expected, without noise. */
  variance(x: Float64Array): number {
    this.#solve()
    const z = this.#scratch
    z.set(x)
    solveLower(this.#factor, z)
    let sum = 0
    for (const value of z) sum += value * value
    return sum
  }

  /** Expected coefficients. */
  coefficients(): Float64Array {
    this.#solve()
    return this.#coefficients.slice()
  }

  #solve(): void {
    if (this.#solved) return
    const size = this.#size
    const { means, variances } = this.#prior
    this.#factor.set(this.#information)
    for (let i = 0; i < size; i++) this.#factor[i * size + i] += 1 / variances[i]
    choleskyFactor(this.#factor, size, this.#factor)
    this.#coefficients.set(this.#moments)
    this.#solveFor(this.#coefficients)
    for (let i = 0; i < size; i++) this.#coefficients[i] += means[i]
    if (this.#range !== undefined) this.#keepWithin(this.#range)
    this.#solved = true
  }

  #solveFor(x: Float64Array): void {
    solveLower(this.#factor, x)
    solveUpper(this.#factor, x)
  }

  #keepWithin({ index, min, max }: CoefficientRange): void {
    const value = this.#coefficients[index]
    const excess = value - Math.max(min, Math.min(max, value))
    if (excess === 0) return
    const column = this.#scratch
    column.fill(0)
    column[index] = 1
    this.#solveFor(column)
    const share = excess / column[index]
    for (let i = 0; i < this.#size; i++) this.#coefficients[i] -= share * column[i]
  }

  state(): LinearBeliefState {
    const size = this.#size
    const rows = Array.from({ length: size }, (_, i) => [...this.#information.subarray(i * size, i * size + i + 1)])
    return { information: rows.flat(), moments: [...this.#moments] }
  }

  /**
   * Goes on from a state; on an error, from where it was.
   * @param state of a belief with as many coefficients
   * @throws ERR_INVALID_OPTION for sums that no data have
   */
  restore({ information, moments }: LinearBeliefState): void {
    const before = this.state()
    this.#load({ information, moments })
    try {
      this.#solve()
    } catch (error) {
      this.#load(before)
      throw error
    }
  }

  #load({ information, moments }: LinearBeliefState): void {
    const size = this.#size
    for (let i = 0; i < size; i++) {
      const start = (i * (i + 1)) / 2
      this.#information.set(information.slice(start, start + i + 1), i * size)
    }
    this.#moments.set(moments)
    this.#solved = false
  }
}
