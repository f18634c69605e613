/** As measured for batched decoding on one GPU: four jobs side by side give 2.8 times the tokens of one. */
const USUAL = 0.15
/** Observations that the usual slowdown is worth. */
const PRIOR_WEIGHT = 3
/** Of the last thousand comparisons or so. */
const KEEP = 0.999
const MOST = 2
/** Two observations further apart are of two states of the peer, ms. */
const SAME_STATE_MS = 5_000
/** A comparison that is further off than this shows a change of the peer. */
const MOST_SURPRISE = 1

/** What was seen of a peer with so many jobs side by side. */
export interface SharedPace {
  /** Logarithm of the ms that a token took. */
  readonly log: number
  /** Jobs side by side, this one included; ≥ 1. */
  readonly running: number
  readonly atMs: number
}

/**
 * By how much one more job slows the others, learned from how the pace of a peer moves with its load: least squares over pairs of
 * observations of the same peer, close in time.
 */
export class Slowdown {
  #products = USUAL * PRIOR_WEIGHT
  #squares = PRIOR_WEIGHT
  #value = USUAL

  /** Each of n jobs is slower by 1 + value·(n − 1); 0–2. */
  get value(): number {
    return this.#value
  }

  restore(value: number): void {
    this.#value = value
    this.#products = value * PRIOR_WEIGHT
    this.#squares = PRIOR_WEIGHT
  }

  /** How many times slower a job is with `running` side by side, ≥ 1. */
  factor(running: number): number {
    return 1 + this.#value * (Math.max(1, running) - 1)
  }

  compare(before: SharedPace, after: SharedPace): void {
    const change = after.running - before.running
    if (after.atMs - before.atMs > SAME_STATE_MS || Math.abs(change) < 0.5) return
    // Linear around the present value: log(1 + v·m) moves with v by m / (1 + v·m).
    const [from, to] = [before.running - 1, after.running - 1]
    const slope = to / (1 + this.#value * to) - from / (1 + this.#value * from)
    const residual = after.log - before.log - Math.log((1 + this.#value * to) / (1 + this.#value * from))
    if (Math.abs(residual) > MOST_SURPRISE) return
    this.#products = KEEP * this.#products + slope * (residual + slope * this.#value)
    this.#squares = KEEP * this.#squares + slope * slope
    this.#value = Math.min(MOST, Math.max(0, this.#products / this.#squares))
  }
}
