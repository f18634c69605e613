import { checkPositive, checkRatio } from '../core/check.ts'
import { SortedWindow } from '../math/sorted-window.ts'

/**
 * When a job is sent to a second peer because the first is late with its first token.
 * @see Dean and Barroso 2013, "The Tail at Scale" (hedged requests)
 */
export interface HedgingOptions {
  /** Second sendings over jobs, in the long run, 0–1. @default 0.05 */
  readonly budgetRatio?: number
  /** How late is late: the share of first tokens that come sooner, as they were late before, 0–1. @default 0.95 */
  readonly tail?: number
  /** Never sooner than this, ms > 0. @default 50 */
  readonly leastDelayMs?: number
}

const DEFAULTS = { budgetRatio: 0.05, tail: 0.95, leastDelayMs: 50 } as const satisfies HedgingOptions

/** First tokens that lateness is learned from, and how many there must be before anything is hedged. */
const REMEMBERED = 500
const LEAST_KNOWN = 20

/** Most second sendings that a quiet time saves up. */
const MOST_SAVED = 10

/** However long one is expected to take, no longer than so many times what nearly all take. */
const MOST_WAITS = 3

/** A first token that is expected at once would make every delay an endless multiple. */
const LEAST_EXPECTED_MS = 1

/** Knows how late first tokens usually are, over what was expected of them, and how often a second peer may be asked. */
export class Hedging {
  readonly #options: Required<HedgingOptions>
  /** Over what was expected, and as it was, ms. */
  readonly #lateness = new SortedWindow(REMEMBERED)
  readonly #waits = new SortedWindow(REMEMBERED)
  #saved = 1

  /** @throws ERR_INVALID_OPTION */
  constructor(options: HedgingOptions = {}) {
    this.#options = { ...DEFAULTS, ...options }
    checkRatio('hedging.budgetRatio', this.#options.budgetRatio)
    checkRatio('hedging.tail', this.#options.tail)
    checkPositive('hedging.leastDelayMs', this.#options.leastDelayMs)
  }

  /** A job was sent: a share of a second sending is earned. */
  sent(): void {
    this.#saved = Math.min(MOST_SAVED, this.#saved + this.#options.budgetRatio)
  }

  /** A first token came. @param expectedMs, @param actualMs from the dispatch, ms ≥ 0 */
  observe(expectedMs: number, actualMs: number): void {
    this.#lateness.add(actualMs / Math.max(LEAST_EXPECTED_MS, expectedMs))
    this.#waits.add(actualMs)
  }

  #tailOf(window: SortedWindow): number {
    return window.smallest(Math.max(1, Math.ceil(this.#options.tail * window.count)))
  }

  /** How long to wait for a first token that is expected after so long, ms; undefined while too little is known. */
  delayMs(expectedMs: number): number | undefined {
    if (this.#lateness.count < LEAST_KNOWN) return undefined
    const usualMs = this.#tailOf(this.#lateness) * Math.max(LEAST_EXPECTED_MS, expectedMs)
    // A peer that is believed to have stopped is expected to answer in minutes: nobody waits for it so much longer than for others.
    return Math.max(this.#options.leastDelayMs, Math.min(usualMs, MOST_WAITS * this.#tailOf(this.#waits)))
  }

  /** Whether there is a second sending left; takes it. */
  spend(): boolean {
    if (this.#saved < 1) return false
    this.#saved -= 1
    return true
  }

  /** There was nobody to send to. */
  giveBack(): void {
    this.#saved += 1
  }
}
