/** A mean and over how many values it is, the prior's included. */
export type ShrunkMeanState = readonly [value: number, count: number]

/** A mean that starts from an expectation worth some values, and forgets once it is over `most` of them. */
export class ShrunkMean {
  #value: number
  #count: number
  readonly #most: number

  /** @param count how many values the expectation is worth, > 0 @param most ≥ count */
  constructor(expected: number, count: number, most: number) {
    this.#value = expected
    this.#count = count
    this.#most = most
  }

  get value(): number {
    return this.#value
  }

  /** @param weight how much of a value it is, 0–1 */
  add(value: number, weight = 1): void {
    this.#count = Math.min(this.#most, this.#count + weight)
    this.#value += (weight / this.#count) * (value - this.#value)
  }

  state(): ShrunkMeanState {
    return [this.#value, this.#count]
  }

  /** @param state count > 0 */
  restore([value, count]: ShrunkMeanState): void {
    this.#value = value
    this.#count = count
  }
}
