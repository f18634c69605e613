import type { InferenceEvent } from '../../router/transport.ts'
import type { VirtualTime } from './virtual-time.ts'

/** One job's connection: carries messages both ways, late and in order, until either side is gone. */
export class VirtualCall {
  readonly #time: VirtualTime
  readonly #halfTripMs: () => number
  readonly #inbox: InferenceEvent[] = []
  #failure: { readonly error: unknown } | undefined
  /** Replies on their way: the last is due then, and none overtakes it. */
  #lastDueMs = 0
  #done = false
  #hungUp = false
  #onHangUp: () => void = () => undefined
  #wake: () => void = () => undefined

  /** @param halfTripMs asked for every message */
  constructor(time: VirtualTime, halfTripMs: () => number) {
    this.#time = time
    this.#halfTripMs = halfTripMs
  }

  /** Calls back at the peer when the request is there, unless the requester is gone by then. */
  request(arrived: () => void): void {
    this.#time.quiet.after(this.#halfTripMs(), () => {
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
      this.#wake()
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
    this.#time.after(this.#lastDueMs - nowMs, deliver)
  }

  /** Ends the call for its requester, now. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#wake()
  }

  /** The connection is gone: both sides know at once. */
  cut(error: unknown): void {
    this.fail(error)
    this.#hangUp()
  }

  /** The requester leaves; the peer hears of it half a round trip later. */
  leave(): void {
    if (this.#done || this.#hungUp) return
    this.#time.quiet.after(this.#halfTripMs(), () => {
      this.#hangUp()
    })
  }

  #hangUp(): void {
    if (this.#hungUp) return
    this.#hungUp = true
    this.#onHangUp()
  }

  /** What has come back and was not taken yet; undefined when there is nothing. @throws what the call failed with */
  take(): InferenceEvent | undefined {
    if (this.#failure !== undefined) throw this.#failure.error
    const event = this.#inbox.shift()
    this.#done = event?.kind === 'done'
    return event
  }

  /** Resolves when there may be something to take. */
  news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
