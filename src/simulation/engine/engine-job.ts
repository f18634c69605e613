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
  readonly failure: Error
  readonly frameMs: number
}

/**
 * One job in an engine: how far it is, and the text that its consumer has not taken yet. Work counts in tokens produced;
 * the engine says how much is done, the job says when something of it will be due.
 */
export class EngineJob {
  readonly #plan: EngineJobPlan
  readonly #endWork: number
  #work = 0
  #releasedTokens = 0
  #nextFrameMs = -Infinity
  #ended = false
  #aborted: Error | undefined
  #wake: () => void = () => undefined

  constructor(plan: EngineJobPlan) {
    this.#plan = plan
    this.#endWork = Math.min(plan.prefillWork + plan.outputTokens, plan.failsAtWork)
  }

  get ended(): boolean {
    return this.#ended
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

  /** Adds work that was done until `nowMs`, and releases the text that is due. */
  progress(work: number, nowMs: number): void {
    this.#work += work
    this.#ended = this.#work + ROUNDING_TOKENS >= this.#endWork
    const done = Math.min(this.#work + ROUNDING_TOKENS, this.#endWork + ROUNDING_TOKENS)
    const produced = Math.max(0, Math.floor(done - this.#plan.prefillWork))
    if (produced > this.#releasedTokens && (this.#ended || nowMs >= this.#nextFrameMs)) {
      this.#releasedTokens = produced
      this.#nextFrameMs = nowMs + this.#plan.frameMs
      this.#wake()
    }
    if (this.#ended) this.#wake()
  }

  /** Ends the job at once: what it had ready is not delivered any more. */
  abort(reason: Error): void {
    this.#aborted = reason
    this.#wake()
  }

  /** The job's text as it is released. Ends with the job; throws the plan's failure or the abort reason. */
  async *pieces(): AsyncGenerator<TokensEvent, void, undefined> {
    let delivered = 0
    for (;;) {
      if (this.#aborted !== undefined) throw this.#aborted
      const count = this.#releasedTokens - delivered
      if (count > 0) {
        const text = fillerText(delivered, count)
        delivered += count
        yield { kind: 'tokens', text, count }
      } else if (this.#ended) {
        if (this.#plan.failsAtWork < Infinity) throw this.#plan.failure
        return
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }
}
