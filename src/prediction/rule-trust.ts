/** Errors are those of about the last hundred jobs. */
const SHARE = 0.01
/** Jobs before anything is said. */
const LEAST_JOBS = 50
/** The predictor may be worse than the simple rule by this much squared log error before it has to step back. */
const TOLERANCE = 0.05
/** One job shows no more error than this: a factor of seven. */
const MOST_SQUARE = 4

/**
 * Whether the predictor predicts better than the rule that it would fall back to. Both say before each job how long it will take; what
 * counts is the squared error of the logarithm. Stepping back needs a margin, coming back needs to be as good.
 */
export class RuleTrust {
  #jobs = 0
  #own = 0
  #rule = 0
  #trusted = true

  get trusted(): boolean {
    return this.#trusted
  }

  /** Mean squared log error of the predictor and of the rule. */
  get errors(): { readonly own: number; readonly rule: number } {
    return { own: this.#own, rule: this.#rule }
  }

  /** All three in the same unit, > 0; a job that took no time tells nothing. */
  compare(predicted: number, byRule: number, actual: number): void {
    if (!(actual > 0)) return
    this.#jobs += 1
    const share = Math.max(SHARE, 1 / this.#jobs)
    this.#own += share * (squareOfLog(predicted / actual) - this.#own)
    this.#rule += share * (squareOfLog(byRule / actual) - this.#rule)
    if (this.#jobs < LEAST_JOBS) return
    if (this.#own > this.#rule + TOLERANCE) this.#trusted = false
    else if (this.#own <= this.#rule) this.#trusted = true
  }
}

function squareOfLog(ratio: number): number {
  return Math.min(MOST_SQUARE, Math.log(ratio) ** 2)
}
