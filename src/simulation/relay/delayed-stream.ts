import { Duplex } from 'node:stream'
import type { Clock, Timers } from '../../core/clock.ts'

export interface DelayComponents {
  readonly clock: Clock
  readonly timers: Timers
}

/** Beyond this the source is not read on, so a slow reader slows its writer as it would without the delay. */
const BUFFER_BYTES = 1024 * 1024

/** Timers of the platform do not take longer waits than some weeks; a delay of Infinity holds the bytes for good. */
const LONGEST_WAIT_MS = 60_000

interface Held {
  readonly dueMs: number
  /** null is the end of the stream. */
  readonly chunk: Buffer | null
}

/** What is on its way: a line of chunks, each with the time at which it arrives. */
class DelayedStream extends Duplex {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #delayMs: () => number
  readonly #held: Held[] = []
  #heldBytes = 0
  #wanted = false
  #goOn: (() => void) | undefined
  #cancelTimer: () => void = () => undefined

  constructor(components: DelayComponents, delayMs: () => number) {
    super()
    this.#clock = components.clock
    this.#timers = components.timers
    this.#delayMs = delayMs
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.#hold(chunk)
    this.#heldBytes += chunk.length
    if (this.#heldBytes < BUFFER_BYTES) callback()
    else this.#goOn = callback
  }

  override _final(callback: () => void): void {
    this.#hold(null)
    callback()
  }

  override _read(): void {
    this.#wanted = true
    this.#release()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#cancelTimer()
    callback(error)
  }

  #hold(chunk: Buffer | null): void {
    const delayMs = this.#delayMs()
    const dueMs = this.#clock.now() + (delayMs > 0 ? delayMs : 0)
    // Bytes keep their order: none arrives before the one ahead of it.
    this.#held.push({ dueMs: Math.max(dueMs, this.#held.at(-1)?.dueMs ?? -Infinity), chunk })
    this.#release()
  }

  /** Hands on what has arrived. The line has one timer, for its head: separate timers could fire out of order. */
  #release(): void {
    this.#cancelTimer()
    for (let head = this.#held[0]; head !== undefined && this.#wanted; head = this.#held[0]) {
      const waitMs = head.dueMs - this.#clock.now()
      if (waitMs > 0) {
        this.#cancelTimer = this.#timers.after(Math.min(waitMs, LONGEST_WAIT_MS), () => {
          this.#release()
        })
        return
      }
      this.#held.shift()
      this.#heldBytes -= head.chunk?.length ?? 0
      this.#wanted = this.push(head.chunk)
    }
    if (this.#goOn !== undefined && this.#heldBytes < BUFFER_BYTES) {
      const goOn = this.#goOn
      this.#goOn = undefined
      goOn()
    }
  }
}

/**
 * A stream that hands on what is written to it after a delay, in order, and its end likewise.
 * @param delayMs asked for every chunk, ms; what is not above 0 is no delay
 */
export function delayedStream(components: DelayComponents, delayMs: () => number): Duplex {
  return new DelayedStream(components, delayMs)
}
