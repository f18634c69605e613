/** The reported speed is that of about the last second. */
const METER_HALF_LIFE_MS = 500

/** Decode speed as measured: tokens over time, the recent weighing more. */
export class SpeedMeter {
  #tokens = 0
  #ms = 0

  add(tokens: number, ms: number): void {
    const keep = 2 ** (-ms / METER_HALF_LIFE_MS)
    this.#tokens = this.#tokens * keep + tokens
    this.#ms = this.#ms * keep + ms
  }

  get tokensPerSecond(): number {
    return this.#ms > 0 ? (1000 * this.#tokens) / this.#ms : 0
  }
}
