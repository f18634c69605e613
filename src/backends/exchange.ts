import type { Dispatcher } from 'undici'
import { deadline } from '../core/abort.ts'
import type { Timers } from '../core/clock.ts'
import { PeerbanditError } from '../core/errors.ts'
import { wayFailed } from './http-failure.ts'

export interface ExchangeLimits {
  /** Names the server in errors. */
  readonly name: string
  readonly maxBytes: number
  readonly signal: AbortSignal | undefined
}

/** Unread bytes beyond which the server has to wait. */
const HIGH_WATER_BYTES = 262_144

/** What may still come of a reply that is over, for its connection to be kept. */
const REST_BYTES = 65_536
const REST_MS = 1_000

const ENDED = Symbol('ended')

function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason })
}

/**
 * One request and its reply. Beneath undici's streams: what came between two looks is one batch, for one promise, and nothing is copied.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #limits: ExchangeLimits
  readonly #head = Promise.withResolvers<number>()
  #controller: Dispatcher.DispatchController | undefined
  #batch: Buffer[] = []
  #batchBytes = 0
  #leftBytes: number
  #answered = false
  #left = false
  /** Why nothing more comes; thrown when what came before is read. */
  #end: unknown
  #wake: (() => void) | undefined

  constructor(limits: ExchangeLimits) {
    this.#limits = limits
    this.#leftBytes = limits.maxBytes
    // It may be over before anybody asks.
    this.#head.promise.catch(() => undefined)
    limits.signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** The status, when the reply begins. @throws TransportError, ERR_PROTOCOL, ERR_TIMEOUT, the signal's reason */
  get status(): Promise<number> {
    return this.#head.promise
  }

  /** What came since the last call, at least one piece; none at the end. @throws as `status` */
  async next(): Promise<readonly Buffer[]> {
    while (this.#batch.length === 0 && this.#end === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const batch = this.#batch
    if (batch.length === 0 && this.#end !== ENDED) throw this.#end
    this.#batch = []
    this.#batchBytes = 0
    if (this.#controller?.paused === true) this.#controller.resume()
    return batch
  }

  /** Closes the connection: the server may stop. */
  abort(reason: unknown): void {
    this.#batch = []
    this.#fail(reason)
  }

  /** Closes the connection, unless the reply came to its end or was left. */
  close(): void {
    if (!this.#left) this.abort(new Error('the reply is not wanted any more'))
  }

  /** The reply is over, by its own words. What still comes of it is passed over, so that its connection serves the next request. */
  leave(timers: Timers): void {
    if (this.#end !== undefined) return
    this.#left = true
    this.#leftBytes = REST_BYTES
    this.#batch = []
    const limit = deadline(timers, REST_MS, 'the end of a reply')
    limit.signal.addEventListener('abort', () => {
      this.#fail(limit.signal.reason)
    })
    this.#wake = () => {
      limit[Symbol.dispose]()
    }
    if (this.#controller?.paused === true) this.#controller.resume()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#end !== undefined) controller.abort(errorOf(this.#end))
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return
    this.#answered = true
    this.#head.resolve(status)
  }

  onResponseData(controller: Dispatcher.DispatchController, data: Buffer): void {
    if (this.#end !== undefined) return
    this.#leftBytes -= data.length
    if (this.#leftBytes < 0) {
      const { name, maxBytes } = this.#limits
      this.#fail(new PeerbanditError('ERR_PROTOCOL', `a reply of ${name} must have at most ${maxBytes} bytes, got more`))
      return
    }
    if (this.#left) return
    this.#batch.push(data)
    this.#batchBytes += data.length
    if (this.#batchBytes > HIGH_WATER_BYTES) controller.pause()
    this.#wakeUp()
  }

  onResponseEnd(): void {
    this.#settle(ENDED)
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#settle(wayFailed(this.#limits.name, error, this.#answered))
  }

  readonly #onAbort = () => {
    this.abort(this.#limits.signal?.reason)
  }

  #fail(reason: unknown): void {
    if (this.#end !== undefined) return
    this.#settle(reason)
    this.#controller?.abort(errorOf(reason))
  }

  #settle(end: unknown): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#limits.signal?.removeEventListener('abort', this.#onAbort)
    if (end !== ENDED) this.#head.reject(end)
    this.#wakeUp()
  }

  #wakeUp(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}
