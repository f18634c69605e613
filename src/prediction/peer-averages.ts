/** Mean and variance of one figure over peers. */
export interface Spread {
  readonly mean: number
  readonly variance: number
}

/**
 * Mean and variance of a figure over peers, each counted once with what it has last. Shrunk to what is expected before any peer is
 * known.
 */
export class PeerAverages {
  readonly #prior: Spread
  readonly #priorCount: number
  #count = 0
  #sum = 0
  #squares = 0

  /** @param priorCount how many peers the prior is worth, > 0 */
  constructor(prior: Spread, priorCount: number) {
    this.#prior = prior
    this.#priorCount = priorCount
  }

  get count(): number {
    return this.#count
  }

  /** A peer's figure changed, or is new (`before` undefined), or the peer is gone (`after` undefined). */
  replace(before: number | undefined, after: number | undefined): void {
    if (before !== undefined) this.#add(before, -1)
    if (after !== undefined) this.#add(after, 1)
  }

  #add(value: number, sign: 1 | -1): void {
    this.#count += sign
    this.#sum += sign * value
    this.#squares += sign * value * value
  }

  /** What to expect of a peer that is not among them. */
  expected(): Spread {
    const weight = this.#count + this.#priorCount
    const mean = (this.#sum + this.#priorCount * this.#prior.mean) / weight
    const squares = this.#squares - 2 * mean * this.#sum + this.#count * mean * mean
    const variance = (Math.max(0, squares) + this.#priorCount * this.#prior.variance) / weight
    // The mean itself is uncertain too.
    return { mean, variance: variance * (1 + 1 / weight) }
  }
}

/** What several independent hints say together: each counts by its precision. */
export function combined(hints: readonly Spread[]): Spread {
  let precision = 0
  let sum = 0
  for (const { mean, variance } of hints) {
    precision += 1 / variance
    sum += mean / variance
  }
  return { mean: sum / precision, variance: 1 / precision }
}
