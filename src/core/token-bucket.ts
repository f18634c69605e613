/** So many at once, then one in so long: a token bucket, full at first. */
export class TokenBucket {
  readonly #most: number
  readonly #intervalMs: number
  #left: number
  #atMs: number

  /** @param most tokens that it holds, ≥ 1 @param intervalMs until there is one more, > 0 */
  constructor({ most, intervalMs }: { readonly most: number; readonly intervalMs: number }, nowMs: number) {
    this.#most = most
    this.#intervalMs = intervalMs
    this.#left = most
    this.#atMs = nowMs
  }

  /** Takes a token. False when there is none. */
  take(nowMs: number): boolean {
    this.#left = this.#leftAt(nowMs)
    this.#atMs = nowMs
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }

  /** Until there is a token, ms ≥ 0. */
  waitMs(nowMs: number): number {
    return Math.max(0, (1 - this.#leftAt(nowMs)) * this.#intervalMs)
  }

  /** A clock that goes back gives nothing. */
  #leftAt(nowMs: number): number {
    return Math.min(this.#most, this.#left + Math.max(0, nowMs - this.#atMs) / this.#intervalMs)
  }
}
