/** A mean over about the last `1 / share` values, a plain mean until there are so many. */
export class RecentMean {
  readonly #share: number
  #count = 0
  #value: number

  /** @param start what it is before any value; worth one of them */
  constructor(start: number, share: number) {
    this.#value = start
    this.#share = share
  }

  get value(): number {
    return this.#value
  }

  add(sample: number): void {
    this.#count += 1
    this.#value += Math.max(this.#share, 1 / (this.#count + 1)) * (sample - this.#value)
  }

  /** Goes on from a mean of many values. */
  restore(value: number): void {
    this.#value = value
    this.#count = Math.ceil(1 / this.#share)
  }
}
