import type { LoadReport } from '../job/outcome.ts'

/** How long a report of other jobs is good for, ms: 1/e of what was unusual about it is left then. */
const FRESH_MS = 20_000
/** The usual number is that of about the last two minutes, ms. */
const USUAL_MS = 120_000

/**
 * How many jobs a peer has that are not this router's, by its own word. Between reports the number drifts from what was reported to what
 * is usual, and becomes uncertain.
 */
export class OtherJobs {
  #reported = 0
  #reportedMs = -Infinity
  #mean = 0
  #variance = 0
  #weight = 0

  /** @param own jobs of this router that the peer has */
  observe({ running, queued }: LoadReport, own: number, atMs: number): void {
    const others = Math.max(0, running + queued - own)
    const elapsedMs = Math.max(0, atMs - this.#reportedMs)
    this.#weight = this.#weight * Math.exp(-elapsedMs / USUAL_MS) + 1
    const deviation = others - this.#mean
    this.#mean += deviation / this.#weight
    this.#variance += (deviation * deviation - this.#variance) / this.#weight
    this.#reported = others
    this.#reportedMs = atMs
  }

  /** Expected number, ≥ 0. */
  expected(atMs: number): number {
    return this.#mean + (this.#reported - this.#mean) * this.#fresh(atMs)
  }

  /** Standard deviation: none when it was just reported. */
  deviation(atMs: number): number {
    const fresh = this.#fresh(atMs)
    return Math.sqrt(this.#variance * (1 - fresh * fresh))
  }

  #fresh(atMs: number): number {
    return this.#weight === 0 ? 0 : Math.exp(-Math.max(0, atMs - this.#reportedMs) / FRESH_MS)
  }
}
