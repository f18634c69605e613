import type { FailureReason } from '../job/outcome.ts'
import { FOLD_DEFAULTS } from '../peer/fold.ts'

/**
 * Failed jobs that a peer's departures broke off. They tell how many jobs it had when it left, and nothing of how the next one will do now
 * that it is back: that it may leave again is in the rate of its departures.
 */
export class BrokenOff {
  #sinceReturn = 0
  #weight = 0
  #atMs = 0

  /** A job failed. Until the peer was away and is back that counts as any other failure. */
  failed(reason: FailureReason): void {
    if (reason === 'disconnected' || reason === 'unreachable') this.#sinceReturn += 1
  }

  /** The peer was away, and is back. */
  returned(atMs: number): void {
    this.#weight = this.weight(atMs) + this.#sinceReturn
    this.#atMs = atMs
    this.#sinceReturn = 0
  }

  /** How many failures among the outcomes of a peer table they are: outcomes count for less with time. */
  weight(atMs: number): number {
    return this.#weight * 2 ** (-Math.max(0, atMs - this.#atMs) / FOLD_DEFAULTS.outcomeHalfLifeMs)
  }
}
