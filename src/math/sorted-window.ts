import { checkInteger } from '../core/check.ts'

/** The last `capacity` numbers, in ascending order at any time. */
export class SortedWindow {
  readonly #arrived: Float64Array
  readonly #sorted: Float64Array
  #count = 0
  /** Where the next number goes; once full, the place of the oldest. */
  #next = 0

  /** @param capacity ≥ 1 @throws ERR_INVALID_OPTION */
  constructor(capacity: number) {
    checkInteger('capacity', capacity, { min: 1, max: 1e6 })
    this.#arrived = new Float64Array(capacity)
    this.#sorted = new Float64Array(capacity)
  }

  get count(): number {
    return this.#count
  }

  /** The k-th smallest. @param k 1–count */
  smallest(k: number): number {
    return this.#sorted[k - 1]
  }

  /** @param value not NaN */
  add(value: number): void {
    const full = this.#count === this.#arrived.length
    if (full) this.#remove(this.#arrived[this.#next])
    const place = this.#placeOf(value)
    this.#sorted.copyWithin(place + 1, place, this.#count)
    this.#sorted[place] = value
    this.#count += 1
    this.#arrived[this.#next] = value
    this.#next = (this.#next + 1) % this.#arrived.length
  }

  #remove(value: number): void {
    const place = this.#placeOf(value)
    this.#sorted.copyWithin(place, place + 1, this.#count)
    this.#count -= 1
  }

  /** Of the first number that is not below the value. */
  #placeOf(value: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#sorted[middle] < value) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The numbers as they came, the oldest first. */
  values(): number[] {
    const start = this.#count === this.#arrived.length ? this.#next : 0
    return Array.from({ length: this.#count }, (_, i) => this.#arrived[(start + i) % this.#arrived.length])
  }
}
