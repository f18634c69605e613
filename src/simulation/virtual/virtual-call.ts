import type { Timers } from '../../core/clock.ts'
import type { InferenceEvent } from '../../router/transport.ts'

/** One job's connection: carries messages both ways, late and in order, until either side is gone. */
export class VirtualCall {
  readonly #timers: Timers
  readonly #halfTripMs: () => number
  readonly #hangUp = new AbortController()
  readonly #inbox: InferenceEvent[] = []
  #failure: { readonly error: unknown } | undefined
  /** Replies on their way: the last is due then, and none overtakes it. */
  #lastDueMs = 0
  #done = false
  #wake: () => void = () => undefined

  /** @param halfTripMs asked for every message */
  constructor(timers: Timers, halfTripMs: () => number) {
    this.#timers = timers
    this.#halfTripMs = halfTripMs
  }

  /** Aborts when the requester is gone, as the peer notices it. */
  get signal(): AbortSignal {
    return this.#hangUp.signal
  }

  /** Calls back at the peer when the request is there. */
  request(arrived: () => void): void {
    this.#timers.after(this.#halfTripMs(), () => {
      if (!this.signal.aborted) arrived()
    })
  }

  /** Sends something back. */
  reply(event: InferenceEvent, nowMs: number): void {
    this.#send(nowMs, () => {
      this.#inbox.push(event)
    })
  }

  /** Sends back that it failed. */
  replyFailure(error: unknown, nowMs: number): void {
    this.#send(nowMs, () => {
      this.fail(error)
    })
  }

  #send(nowMs: number, deliver: () => void): void {
    this.#lastDueMs = Math.max(this.#lastDueMs, nowMs + this.#halfTripMs())
    this.#timers.after(this.#lastDueMs - nowMs, () => {
      deliver()
      this.#wake()
    })
  }

  /** Ends the call for its requester, now. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#wake()
  }

  /** The connection is gone: both sides know at once. */
  cut(error: unknown): void {
    this.fail(error)
    this.#hangUp.abort(error)
  }

  /** The requester leaves; the peer hears of it half a round trip later. */
  leave(reason: unknown): void {
    if (this.#done || this.signal.aborted) return
    this.#timers.after(this.#halfTripMs(), () => {
      this.#hangUp.abort(reason)
    })
  }

  /** What comes back, until `done` or the failure, which is thrown. */
  async *events(): AsyncGenerator<InferenceEvent, void, undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error
      const event = this.#inbox.shift()
      if (event === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      this.#done = event.kind === 'done'
      yield event
      if (this.#done) return
    }
  }
}
