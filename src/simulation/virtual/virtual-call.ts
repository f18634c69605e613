import type { InferenceEvent } from '../../router/transport.ts'
import type { VirtualTime } from './virtual-time.ts'

interface Reader {
  readonly resolve: (result: IteratorResult<InferenceEvent, undefined>) => void
  readonly reject: (error: unknown) => void
}

interface VirtualCallOptions {
  /** Asked for every message. */
  readonly halfTripMs: () => number
  /** Calls back when the requester has read the end, or left before it. */
  readonly onLeave: () => void
}

/**
 * One job's connection: carries messages both ways, late and in order, until either side is gone. Its requester reads what comes back
 * until `done`, or the failure, which is thrown. An iterator by hand: an async generator takes several promises more for each piece.
 */
export class VirtualCall implements AsyncIterator<InferenceEvent, undefined> {
  readonly #time: VirtualTime
  readonly #options: VirtualCallOptions
  readonly #inbox: InferenceEvent[] = []
  #failure: { readonly error: unknown } | undefined
  /** Replies on their way: the last is due then, and none overtakes it. */
  #lastDueMs = 0
  #reader: Reader | undefined
  #done = false
  #left = false
  #hungUp = false
  #onHangUp: () => void = () => undefined

  constructor(time: VirtualTime, options: VirtualCallOptions) {
    this.#time = time
    this.#options = options
  }

  /** Calls back at the peer when the request is there, unless the requester is gone by then. */
  request(arrived: () => void): void {
    this.#time.quiet.after(this.#options.halfTripMs(), () => {
      if (!this.#hungUp) arrived()
    })
  }

  /** Calls back once, when the requester is gone, as the peer notices it. */
  onHangUp(listener: () => void): void {
    this.#onHangUp = listener
  }

  /** Sends something back. */
  reply(event: InferenceEvent, nowMs: number): void {
    this.#send(nowMs, () => {
      this.#inbox.push(event)
      this.#hand()
    })
  }

  /** Sends back that it failed. */
  replyFailure(error: unknown, nowMs: number): void {
    this.#send(nowMs, () => {
      this.fail(error)
    })
  }

  #send(nowMs: number, deliver: () => void): void {
    this.#lastDueMs = Math.max(this.#lastDueMs, nowMs + this.#options.halfTripMs())
    this.#time.after(this.#lastDueMs - nowMs, deliver)
  }

  /** Ends the call for its requester, now. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#hand()
  }

  /** The connection is gone: both sides know at once. */
  cut(error: unknown): void {
    this.#hangUp()
    this.fail(error)
  }

  #hangUp(): void {
    if (this.#hungUp) return
    this.#hungUp = true
    this.#onHangUp()
  }

  next(): Promise<IteratorResult<InferenceEvent, undefined>> {
    if (this.#done || this.#left) return this.return()
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
      this.#hand()
    })
  }

  return(): Promise<IteratorResult<InferenceEvent, undefined>> {
    this.#leave()
    return Promise.resolve({ done: true, value: undefined })
  }

  /** Gives the reader what it waits for, if it is there. */
  #hand(): void {
    const reader = this.#reader
    if (reader === undefined) return
    if (this.#failure !== undefined) {
      this.#reader = undefined
      this.#leave()
      reader.reject(this.#failure.error)
      return
    }
    const value = this.#inbox.shift()
    if (value === undefined) return
    this.#reader = undefined
    this.#done = value.kind === 'done'
    reader.resolve({ done: false, value })
  }

  /** The peer hears half a round trip later that the requester left before the end. */
  #leave(): void {
    if (this.#left) return
    this.#left = true
    this.#options.onLeave()
    if (this.#done || this.#hungUp) return
    this.#time.quiet.after(this.#options.halfTripMs(), () => {
      this.#hangUp()
    })
  }
}
