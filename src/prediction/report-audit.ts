/** Before it was audited a reported pace may be off by half. */
const UNKNOWN_VARIANCE = 0.25
/** Reading error of an honest report. */
const LEAST_VARIANCE = 0.02
/** Weight of the newest comparison. */
const SHARE = 0.1
/** A report and an observation this close in time are of the same pace, ms. */
const SAME_TIME_MS = 1_500
/** One comparison shows no more error than this. */
const MOST_SQUARE = 4

/**
 * Holds what a peer reports of its pace against what was observed at the same time. A report is believed as far as it was borne out:
 * a constant exaggeration is taken off, and what is left is its noise. In logarithms of ms a work token.
 */
export class ReportAudit {
  #bias = 0
  #variance = UNKNOWN_VARIANCE
  #observed = 0
  #observedMs = -Infinity

  /** Own observation, to hold reports against. */
  observed(logPace: number, atMs: number): void {
    this.#observed = logPace
    this.#observedMs = atMs
  }

  /** Takes in a report; returns what to make of it. */
  read(logPace: number, atMs: number): { readonly logPace: number; readonly noise: number } {
    if (Math.abs(atMs - this.#observedMs) < SAME_TIME_MS) {
      const error = this.#observed - logPace - this.#bias
      this.#variance += SHARE * (Math.min(MOST_SQUARE, error * error) - this.#variance)
      this.#bias += SHARE * error
    }
    return { logPace: logPace + this.#bias, noise: LEAST_VARIANCE + this.#variance }
  }

  state(): readonly [bias: number, variance: number] {
    return [this.#bias, this.#variance]
  }

  restore([bias, variance]: readonly [number, number]): void {
    this.#bias = bias
    this.#variance = variance
  }
}
