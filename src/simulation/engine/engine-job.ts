import type { TokensEvent } from '../../router/transport.ts'
import { fillerText } from './prompt.ts'

/** Error of sums over many small steps, in tokens. */
const ROUNDING_TOKENS = 1e-6

export interface EngineJobPlan {
  /** What reading the prompt costs, in tokens produced in the same time. */
  readonly prefillWork: number
  readonly outputTokens: number
  /** Fails when this much work is done; Infinity for a job that succeeds. */
  readonly failsAtWork: number
  readonly frameMs: number
}

/** Who takes what becomes of a job, told at once. */
export interface JobListener {
  /** There is text to take. */
  text(): void
  /** Nothing more is to come: the job is done, or failed. */
  ended(): void
}

/**
 * One job in an engine: how far it is, and the text that its consumer has not taken yet. Work counts in tokens produced;
 * the engine says how much is done, the job says when something of it will be due.
 */
export class EngineJob {
  readonly listener: JobListener
  /** Given up: its listener is told nothing more. */
  stopped = false
  readonly #plan: EngineJobPlan
  readonly #endWork: number
  #work = 0
  #releasedTokens = 0
  #takenTokens = 0
  #nextFrameMs = -Infinity
  #ended = false

  constructor(plan: EngineJobPlan, listener: JobListener) {
    this.#plan = plan
    this.#endWork = Math.min(plan.prefillWork + plan.outputTokens, plan.failsAtWork)
    this.listener = listener
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Whether it ended, or will end, before it is done. */
  get fails(): boolean {
    return this.#plan.failsAtWork < Infinity
  }

  get outputTokens(): number {
    return this.#plan.outputTokens
  }

  /** Work left, if the job does not fail, in tokens produced. */
  get remainingWork(): number {
    return Math.max(0, this.#plan.prefillWork + this.#plan.outputTokens - this.#work)
  }

  get hasTokens(): boolean {
    return this.#releasedTokens > 0
  }

  /** Time until the job ends or its next piece is due, ms, if it goes on at `tokensPerMs`. */
  nextEventMs(tokensPerMs: number, nowMs: number): number {
    const untilEnd = (this.#endWork - this.#work) / tokensPerMs
    const untilToken = (this.#plan.prefillWork + this.#releasedTokens + 1 - this.#work) / tokensPerMs
    return Math.min(untilEnd, Math.max(untilToken, this.#nextFrameMs - nowMs))
  }

  /** Adds work that was done until `nowMs`, and releases the text that is due. True when there is something to tell. */
  progress(work: number, nowMs: number): boolean {
    this.#work += work
    this.#ended = this.#work + ROUNDING_TOKENS >= this.#endWork
    const done = Math.min(this.#work + ROUNDING_TOKENS, this.#endWork + ROUNDING_TOKENS)
    const produced = Math.max(0, Math.floor(done - this.#plan.prefillWork))
    if (produced > this.#releasedTokens && (this.#ended || nowMs >= this.#nextFrameMs)) {
      this.#releasedTokens = produced
      this.#nextFrameMs = nowMs + this.#plan.frameMs
      return true
    }
    return this.#ended
  }

  /** All text that was released and not taken yet, as one piece. */
  take(): TokensEvent | undefined {
    const from = this.#takenTokens
    const count = this.#releasedTokens - from
    if (count === 0) return undefined
    this.#takenTokens = this.#releasedTokens
    return { kind: 'tokens', text: fillerText(from, count), count }
  }
}
