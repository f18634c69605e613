import type { Clock } from '../core/clock.ts'
import { PeerbanditError } from '../core/errors.ts'
import { checkNonNegative } from '../core/check.ts'
import type { Decision, PeerId } from '../job/decision.ts'
import type { FailureReason, LoadReport, Outcome } from '../job/outcome.ts'

/** What a finished job produced; the lease knows the times. */
export interface JobResult {
  /** ≥ 0 */
  readonly outputTokens: number
  /** The load report that came with the reply. */
  readonly load?: LoadReport
}

/**
 * A decision in flight. Ends once, by `complete`, `fail` or `cancel`; a lease that is disposed of before that has failed.
 */
export interface Lease extends Disposable {
  readonly peer: PeerId
  readonly decision: Decision
  /** Tells that the first token is here. Later calls change nothing. */
  firstToken(): void
  /** Resolves when the outcome is journalled; everything has learned from it before this returns. @throws ERR_LEASE_ENDED */
  complete(result: JobResult): Promise<void>
  /** The same for a failure. @throws ERR_LEASE_ENDED */
  fail(reason: FailureReason, load?: LoadReport): Promise<void>
  /** The client went away: the peer gets its place back and no blame. @throws ERR_LEASE_ENDED */
  cancel(): void
}

/** What a lease reports back: exactly one call in its life; undefined for a cancelled job. */
export type LeaseEnd = (outcome: Outcome | undefined) => Promise<void>

export class JobLease implements Lease {
  readonly decision: Decision
  readonly #clock: Clock
  readonly #startMs: number
  readonly #end: LeaseEnd
  #firstTokenMs: number | undefined
  #ended = false

  constructor(decision: Decision, clock: Clock, end: LeaseEnd) {
    this.decision = decision
    this.#clock = clock
    this.#startMs = clock.now()
    this.#end = end
  }

  get peer(): PeerId {
    return this.decision.peer
  }

  #elapsedMs(): number {
    return Math.max(0, this.#clock.now() - this.#startMs)
  }

  #finish(): void {
    if (this.#ended) throw new PeerbanditError('ERR_LEASE_ENDED', `the lease of decision ${this.decision.id} has already ended`)
    this.#ended = true
  }

  firstToken(): void {
    this.#firstTokenMs ??= this.#elapsedMs()
  }

  complete({ outputTokens, load }: JobResult): Promise<void> {
    checkNonNegative('outputTokens', outputTokens)
    this.#finish()
    const durationMs = this.#elapsedMs()
    const firstTokenMs = this.#firstTokenMs ?? durationMs
    return this.#end({ ok: true, durationMs, firstTokenMs, outputTokens, ...(load === undefined ? {} : { load }) })
  }

  fail(reason: FailureReason, load?: LoadReport): Promise<void> {
    this.#finish()
    return this.#end({ ok: false, reason, durationMs: this.#elapsedMs(), ...(load === undefined ? {} : { load }) })
  }

  cancel(): void {
    this.#finish()
    // Releasing is synchronous; nothing is journalled, so there is nothing to wait for.
    void this.#end(undefined)
  }

  [Symbol.dispose](): void {
    if (this.#ended) return
    // A journal that cannot be written reports that itself, on flush and close.
    this.fail('abandoned').catch(() => undefined)
  }
}
