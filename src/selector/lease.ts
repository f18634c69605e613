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
  /**
   * Tells that more of the answer came; the first call marks the first token.
   * @param tokens ≥ 0 @param load the report that came with them @throws ERR_INVALID_OPTION; ERR_LEASE_ENDED
   */
  progress(tokens: number, load?: LoadReport): void
  /** Resolves when the outcome is journalled; everything has learned from it before this returns. @throws ERR_LEASE_ENDED */
  complete(result: JobResult): Promise<void>
  /** The same for a failure. @throws ERR_LEASE_ENDED */
  fail(reason: FailureReason, load?: LoadReport): Promise<void>
  /** The client went away: the peer gets its place back and no blame. @throws ERR_LEASE_ENDED */
  cancel(): void
}

/** What a lease reports back. */
export interface LeaseObserver {
  progressed(progress: LeaseProgress): void
  /** Exactly one call in the lease's life; undefined for a cancelled job. */
  ended(outcome: Outcome | undefined): Promise<void>
}

export interface LeaseProgress {
  /** Tokens that came now, ≥ 0. */
  readonly tokens: number
  readonly load?: LoadReport
}

export class JobLease implements Lease {
  readonly decision: Decision
  readonly #clock: Clock
  readonly #startMs: number
  readonly #observer: LeaseObserver
  #firstTokenMs: number | undefined
  #ended = false

  constructor(decision: Decision, clock: Clock, observer: LeaseObserver) {
    this.decision = decision
    this.#clock = clock
    this.#startMs = clock.now()
    this.#observer = observer
  }

  get peer(): PeerId {
    return this.decision.peer
  }

  #elapsedMs(): number {
    return Math.max(0, this.#clock.now() - this.#startMs)
  }

  #checkOpen(): void {
    if (this.#ended) throw new PeerbanditError('ERR_LEASE_ENDED', `the lease of decision ${this.decision.id} has already ended`)
  }

  #finish(): void {
    this.#checkOpen()
    this.#ended = true
  }

  progress(tokens: number, load?: LoadReport): void {
    checkNonNegative('tokens', tokens)
    this.#checkOpen()
    this.#firstTokenMs ??= this.#elapsedMs()
    this.#observer.progressed(load === undefined ? { tokens } : { tokens, load })
  }

  complete({ outputTokens, load }: JobResult): Promise<void> {
    checkNonNegative('outputTokens', outputTokens)
    this.#finish()
    const durationMs = this.#elapsedMs()
    const firstTokenMs = this.#firstTokenMs ?? durationMs
    return this.#observer.ended({ ok: true, durationMs, firstTokenMs, outputTokens, ...(load === undefined ? {} : { load }) })
  }

  fail(reason: FailureReason, load?: LoadReport): Promise<void> {
    this.#finish()
    return this.#observer.ended({ ok: false, reason, durationMs: this.#elapsedMs(), ...(load === undefined ? {} : { load }) })
  }

  cancel(): void {
    this.#finish()
    // Releasing is synchronous; nothing is journalled, so there is nothing to wait for.
    void this.#observer.ended(undefined)
  }

  [Symbol.dispose](): void {
    if (this.#ended) return
    // A journal that cannot be written reports that itself, on flush and close.
    this.fail('abandoned').catch(() => undefined)
  }
}
