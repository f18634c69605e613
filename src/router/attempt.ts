import { deadline, type DisposableSignal } from '../core/abort.ts'
import type { Clock, Timers } from '../core/clock.ts'
import { isPeerbanditError, PeerbanditError } from '../core/errors.ts'
import type { Decision, PeerId } from '../job/decision.ts'
import type { Lease } from '../selector/lease.ts'
import { failureReasonOf } from './failure.ts'
import {
  type DoneEvent,
  type InferenceEvent,
  type InferenceRequest,
  RequestError,
  type TokensEvent,
  type Transport
} from './transport.ts'

/** Longest waits for a peer, ms. */
export interface Patience {
  /** For the first token of an attempt. */
  readonly firstTokenTimeoutMs: number
  /** Between two pieces of a stream. */
  readonly stallTimeoutMs: number
}

interface Waits {
  readonly clock: Clock
  readonly timers: Timers
}

interface Circumstances {
  readonly lease: Lease
  readonly request: InferenceRequest
  /** Of the whole job. */
  readonly signal: AbortSignal
}

/**
 * One attempt at a job: sends it, tells the lease what the peer sends and how it ends, and loses patience with a peer that is silent.
 * Release it when it is over; one that has not ended by then is cancelled.
 */
export class Attempt {
  readonly lease: Lease
  readonly #clock: Clock
  readonly #startMs: number
  readonly #maxTokens: number
  readonly #whole: AbortSignal
  readonly #guard: StallGuard
  readonly #send: () => AsyncIterator<InferenceEvent, undefined>
  #events: AsyncIterator<InferenceEvent, undefined> | undefined
  #seenTokens = 0
  #ended: Promise<void> | undefined

  constructor(
    { transport, ...waits }: Waits & { readonly transport: Transport },
    patience: Patience,
    { lease, request, signal }: Circumstances
  ) {
    this.lease = lease
    this.#clock = waits.clock
    this.#startMs = waits.clock.now()
    this.#maxTokens = request.maxTokens
    this.#whole = signal
    this.#guard = new StallGuard(waits, patience, lease.peer, signal)
    this.#send = () =>
      transport.infer(lease.peer, request, { signal: this.#guard.signal })[Symbol.asyncIterator]() as AsyncIterator<
        InferenceEvent,
        undefined
      >
  }

  /** Since it was sent, ms. */
  get elapsedMs(): number {
    return this.#clock.now() - this.#startMs
  }

  /** Sends it, the first time; what the peer sends next. Rejects with the job's signal, or when the peer is silent for too long. */
  next(): Promise<IteratorResult<InferenceEvent, undefined>> {
    this.#events ??= this.#send()
    return this.#events.next()
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

  /** Nobody reads on: tells the peer, unless it is done. Not while its next piece is awaited. */
  leave(): Promise<unknown> | undefined {
    return this.#events?.return?.()
  }

  /** Gives the peer its place back. An attempt that has not ended is cancelled, not failed: the consumer stopped reading. */
  release(): void {
    if (this.#ended === undefined) this.lease.cancel()
    this.#guard[Symbol.dispose]()
  }

  /** The answer is not wanted any more, though it is awaited: the peer is told to stop. */
  giveUp(): void {
    if (this.#ended === undefined) this.lease.cancel()
    this.#ended ??= Promise.resolve()
    this.#guard.stop()
    this.#guard[Symbol.dispose]()
  }
}

/**
 * A peer is credited with the tokens that came, not with those it says it made: never more than there are characters to hold them.
 */
function tokensSeen({ count, text }: TokensEvent): number {
  return Math.min(count, Math.max(1, text.length))
}

/** The client's own cancellation says nothing about the peer, and neither does a request at fault; everything else does. */
function endFailed(lease: Lease, error: unknown, whole: AbortSignal): Promise<void> {
  const left = whole.aborted && !isPeerbanditError(whole.reason, 'ERR_TIMEOUT')
  if (left || error instanceof RequestError) {
    lease.cancel()
    return Promise.resolve()
  }
  return lease.fail(failureReasonOf(error))
}

/** Aborts when the first token, or later the next piece, does not come in time. */
class StallGuard implements Disposable {
  readonly #waits: Waits
  readonly #patience: Patience
  readonly #peer: PeerId
  readonly #held: DisposableSignal
  #awaited: 'first token' | 'further token' = 'first token'
  #dueMs: number
  #cancel: () => void

  constructor(waits: Waits, patience: Patience, peer: PeerId, outer: AbortSignal) {
    this.#waits = waits
    this.#patience = patience
    this.#peer = peer
    this.#held = deadline(waits.timers, Infinity, '', outer)
    this.#dueMs = waits.clock.now() + patience.firstTokenTimeoutMs
    this.#cancel = waits.timers.after(patience.firstTokenTimeoutMs, this.#look)
  }

  get signal(): AbortSignal {
    return this.#held.signal
  }

  /** Nobody waits for it any more. */
  stop(): void {
    this.#held.abort(new Error('the requester left'))
  }

  /** A piece came. The timer that runs is left alone: setting a new one would be most of what a piece costs. */
  renew(): void {
    this.#dueMs = this.#waits.clock.now() + this.#patience.stallTimeoutMs
    if (this.#awaited === 'further token') return
    this.#awaited = 'further token'
    this.#cancel()
    this.#cancel = this.#waits.timers.after(this.#patience.stallTimeoutMs, this.#look)
  }

  /** The timer ran: pieces may have come since it was set. */
  readonly #look = () => {
    const leftMs = this.#dueMs - this.#waits.clock.now()
    if (leftMs > 0) {
      this.#cancel = this.#waits.timers.after(leftMs, this.#look)
      return
    }
    const { firstTokenTimeoutMs, stallTimeoutMs } = this.#patience
    const limitMs = this.#awaited === 'first token' ? firstTokenTimeoutMs : stallTimeoutMs
    this.#held.abort(new PeerbanditError('ERR_TIMEOUT', `${this.#peer} sent no ${this.#awaited} within ${limitMs} ms`))
  };

  [Symbol.dispose](): void {
    this.#cancel()
    this.#held[Symbol.dispose]()
  }
}
