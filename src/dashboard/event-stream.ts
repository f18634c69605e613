import type { ServerResponse } from 'node:http'
import type { Timers } from '../core/clock.ts'
import { writeHead } from './replies.ts'

export interface EventStreamOptions {
  readonly intervalMs: number
  readonly maxListeners: number
  /** How long browsers wait before they connect again, ms. */
  readonly retryMs: number
}

/**
 * Sends everybody who listens a text again and again. The text is made once for all of them, and not at all while nobody listens. Who has
 * not taken the last one when the next is due is cut off: nothing piles up.
 */
export class EventStream {
  readonly #timers: Timers
  readonly #options: EventStreamOptions
  readonly #make: () => string
  readonly #listeners = new Set<ServerResponse>()
  #cancel: (() => void) | undefined

  constructor(timers: Timers, make: () => string, options: EventStreamOptions) {
    this.#timers = timers
    this.#make = make
    this.#options = options
  }

  get isFull(): boolean {
    return this.#listeners.size >= this.#options.maxListeners
  }

  get listeners(): number {
    return this.#listeners.size
  }

  add(response: ServerResponse): void {
    writeHead(response, 200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    response.on('close', () => {
      this.#listeners.delete(response)
      if (this.#listeners.size === 0) this.#rest()
    })
    response.write(`retry: ${this.#options.retryMs}\n${eventOf(this.#make())}`)
    this.#listeners.add(response)
    this.#cancel ??= this.#wait()
  }

  #wait(): () => void {
    return this.#timers.after(this.#options.intervalMs, () => {
      this.#cancel = this.#wait()
      this.#tell()
    })
  }

  #rest(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #tell(): void {
    const event = eventOf(this.#make())
    for (const listener of [...this.#listeners]) {
      if (listener.writableNeedDrain) listener.destroy()
      else listener.write(event)
    }
  }

  stop(): void {
    this.#rest()
    for (const listener of [...this.#listeners]) listener.end()
    this.#listeners.clear()
  }
}

function eventOf(data: string): string {
  return `data: ${data}\n\n`
}
