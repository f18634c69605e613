import type { Decision } from '../job/decision.ts'

/** Tokens after which the time that they took says something of the pace, and the least time for it, ms. */
const LEAST_TOKENS = 5
const LEAST_MS = 400

/** A stretch of a job in which tokens came. */
export interface Stretch {
  readonly ms: number
  readonly tokens: number
  /** Jobs that ran at the peer meanwhile, this one included, on average; ≥ 1. */
  readonly running: number
}

/** A first token that is later than so many times the usual error is unusual. */
const UNUSUAL_ERRORS = 4

/** Longer than this between two pieces of an answer is unusual, ms. */
const SILENCE_MS = 300

/** What was expected of a job when it was sent. */
export interface ExpectedJob {
  /** What reading the prompt costs. */
  readonly promptWork: number
  /** Of the answer, ≤ the decision's limit. */
  readonly expectedTokens: number
  /** Until the first token, ms ≥ 0. */
  readonly firstTokenMs: number
  /** By how much first tokens usually are off from that, ms ≥ 0. */
  readonly firstTokenErrorMs: number
}

/** A job that a peer has for this router: what is left of it, and how fast it goes. Work in work tokens. */
export class JobInFlight {
  readonly decision: Decision
  readonly #promptWork: number
  readonly #expectedTokens: number
  readonly #patienceMs: number
  #tokens = 0
  #sinceMs = NaN
  #sinceTokens = 0
  #lastMs = NaN
  #runningMs = 0
  #told = false
  #lateMs = 0

  constructor(decision: Decision, { promptWork, expectedTokens, firstTokenMs, firstTokenErrorMs }: ExpectedJob) {
    this.decision = decision
    this.#promptWork = promptWork
    this.#expectedTokens = expectedTokens
    this.#patienceMs = 2 * firstTokenMs + UNUSUAL_ERRORS * firstTokenErrorMs
  }

  /** Whether any stretch of it was long enough. */
  get told(): boolean {
    return this.#told
  }

  /** Work left, ≥ 1. An answer that is longer than expected is expected to go on for half of what the limit leaves. */
  get workLeft(): number {
    if (this.#tokens === 0) return Math.max(1, this.#promptWork + this.#expectedTokens)
    const toExpected = this.#expectedTokens - this.#tokens
    return Math.max(1, toExpected > 0 ? toExpected : (this.decision.expectedOutputTokens - this.#tokens) / 2)
  }

  /**
   * For how long it has been silent beyond what is usual, ms ≥ 0: now, or before the first piece, until there are enough of them to tell
   * the pace.
   */
  overdueMs(atMs: number): number {
    const silentMs = this.#tokens === 0 ? atMs - this.decision.atMs - this.#patienceMs : atMs - this.#lastMs - SILENCE_MS
    return Math.max(this.#lateMs, silentMs)
  }

  /**
   * More of the answer came.
   * @param running jobs that run at the peer now, this one included; ≥ 1
   * @returns the stretch since the last one, when it is long enough to tell the pace
   */
  progressed(tokens: number, running: number, atMs: number): Stretch | undefined {
    if (this.#tokens === 0) this.#lateMs = this.overdueMs(atMs)
    this.#tokens += tokens
    // The first tokens come after the prompt; how long they took themselves is not known. Nor is anything when the clock was set back.
    if (!(atMs >= this.#lastMs)) {
      this.#restart(atMs)
      return undefined
    }
    this.#runningMs += (atMs - this.#lastMs) * running
    this.#lastMs = atMs
    this.#sinceTokens += tokens
    const ms = atMs - this.#sinceMs
    if (this.#sinceTokens < LEAST_TOKENS || ms < LEAST_MS) return undefined
    this.#told = true
    this.#lateMs = 0
    const stretch = { ms, tokens: this.#sinceTokens, running: this.#runningMs / ms }
    this.#restart(atMs)
    return stretch
  }

  #restart(atMs: number): void {
    this.#sinceMs = atMs
    this.#lastMs = atMs
    this.#sinceTokens = 0
    this.#runningMs = 0
  }
}
