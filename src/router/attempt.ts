import { deadline, type DisposableSignal } from '../core/abort.ts'
import type { Timers } from '../core/clock.ts'
import { isPeerbanditError, PeerbanditError } from '../core/errors.ts'
import type { Decision, PeerId } from '../job/decision.ts'
import type { Lease } from '../selector/lease.ts'
import { failureReasonOf } from './failure.ts'
import type { DoneEvent, InferenceEvent, TokensEvent } from './transport.ts'

/** Longest waits for a peer, ms. */
export interface Patience {
  /** For the first token of an attempt. */
  readonly firstTokenTimeoutMs: number
  /** Between two pieces of a stream. */
  readonly stallTimeoutMs: number
}

interface Circumstances {
  readonly lease: Lease
  /** Most tokens that were asked for. */
  readonly maxTokens: number
  /** Of the whole job. */
  readonly signal: AbortSignal
}

/**
 * One attempt at a job: tells the lease what the peer sends and how it ends, and loses patience with a peer that is silent.
 * Dispose it when it is over; one that has not ended by then is cancelled.
 */
export class Attempt implements Disposable {
  readonly lease: Lease
  readonly #maxTokens: number
  readonly #whole: AbortSignal
  readonly #guard: StallGuard
  #seenTokens = 0
  #ended: Promise<void> | undefined

  constructor(timers: Timers, patience: Patience, { lease, maxTokens, signal }: Circumstances) {
    this.lease = lease
    this.#maxTokens = maxTokens
    this.#whole = signal
    this.#guard = new StallGuard(timers, patience, lease.peer, signal)
  }

  /** Aborts with that of the job, or when the peer is silent for too long. */
  get signal(): AbortSignal {
    return this.#guard.signal
  }

  /** What the peer sent, as it goes on to the client. */
  take(event: InferenceEvent): TokensEvent | (DoneEvent & { readonly decision: Decision }) {
    this.#guard.renew()
    if (event.kind === 'tokens') {
      const count = tokensSeen(event)
      this.#seenTokens += count
      this.lease.progress(count, event.load)
      return event
    }
    this.#ended = this.lease.complete({
      outputTokens: Math.min(this.#seenTokens, this.#maxTokens),
      ...(event.load === undefined ? {} : { load: event.load })
    })
    return { ...event, decision: this.lease.decision }
  }

  /** Resolves when the outcome is journalled. */
  async ended(): Promise<void> {
    await this.#ended
  }

  /** Ends it for an error, unless it has ended already. @returns why it failed: the error, or that of the journal */
  async failed(error: unknown): Promise<unknown> {
    try {
      this.#ended ??= endFailed(this.lease, error, this.#whole)
      await this.#ended
      return error
    } catch (unwritten) {
      return unwritten
    }
  }

  [Symbol.dispose](): void {
    // The consumer stopped reading: the job is cancelled, not failed.
    if (this.#ended === undefined) this.lease.cancel()
    this.#guard[Symbol.dispose]()
  }
}

/**
 * A peer is credited with the tokens that came, not with those it says it made: never more than there are characters to hold them.
 */
function tokensSeen({ count, text }: TokensEvent): number {
  return Math.min(count, Math.max(1, text.length))
}

/** The client's own cancellation says nothing about the peer; everything else does. */
function endFailed(lease: Lease, error: unknown, whole: AbortSignal): Promise<void> {
  if (whole.aborted && !isPeerbanditError(whole.reason, 'ERR_TIMEOUT')) {
    lease.cancel()
    return Promise.resolve()
  }
  return lease.fail(failureReasonOf(error))
}

/** Aborts when the first token, or later the next piece, does not come in time. */
class StallGuard implements Disposable {
  readonly #timers: Timers
  readonly #patience: Patience
  readonly #peer: PeerId
  readonly #held: DisposableSignal
  #cancel: () => void

  constructor(timers: Timers, patience: Patience, peer: PeerId, outer: AbortSignal) {
    this.#timers = timers
    this.#patience = patience
    this.#peer = peer
    this.#held = deadline(timers, Infinity, '', outer)
    this.#cancel = this.#wait(patience.firstTokenTimeoutMs, 'first token')
  }

  get signal(): AbortSignal {
    return this.#held.signal
  }

  renew(): void {
    this.#cancel()
    this.#cancel = this.#wait(this.#patience.stallTimeoutMs, 'further token')
  }

  #wait(ms: number, what: string): () => void {
    return this.#timers.after(ms, () => {
      this.#held.abort(new PeerbanditError('ERR_TIMEOUT', `${this.#peer} sent no ${what} within ${ms} ms`))
    })
  }

  [Symbol.dispose](): void {
    this.#cancel()
    this.#held[Symbol.dispose]()
  }
}
