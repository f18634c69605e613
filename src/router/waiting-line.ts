import type { Clock, Timers } from '../core/clock.ts'

/** Somebody in the line. */
export interface Waiter {
  /** Resolves when it is this one's turn to look. Rejects with the signal's reason. */
  turn(signal: AbortSignal): Promise<void>
  /** It looked and found nothing: the turn of the next one that wants something else. */
  nothing(): void
  /** It leaves the line, with what it wanted or without: what is left may be for the next one. */
  leave(): void
}

interface Place {
  readonly kind: unknown
  /** Undefined while it looks. */
  wake: (() => void) | undefined
  /** Whether it looks because something became free: then what it leaves is for the next one. */
  called: boolean
}

/**
 * Jobs that wait for a peer, first come, first served. When something may have become free the first one looks, and the next ones only
 * when it leaves or wants something else: a thousand that wait do not all look at every job that ends. Each looks by itself when nothing
 * was said for a while.
 */
export class WaitingLine {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #silenceMs: number
  readonly #places = new Set<Place>()
  /** Kinds that found nothing since something last became free. */
  readonly #vain = new Set<unknown>()
  #freedMs = -Infinity

  /** @param silenceMs after so long without a word everybody looks again: cool-downs run out without one */
  constructor({ clock, timers }: { readonly clock: Clock; readonly timers: Timers }, silenceMs: number) {
    this.#clock = clock
    this.#timers = timers
    this.#silenceMs = silenceMs
  }

  get length(): number {
    return this.#places.size
  }

  /** Something may have become free. */
  freed(): void {
    this.#freedMs = this.#clock.now()
    this.#vain.clear()
    this.#next()
  }

  /** @param kind two of one kind want the same: where one finds nothing, the other does not either */
  join(kind: unknown): Waiter {
    const place: Place = { kind, wake: undefined, called: false }
    this.#places.add(place)
    return {
      turn: (signal) => this.#turn(place, signal),
      nothing: () => {
        if (!place.called) return
        place.called = false
        this.#vain.add(kind)
        this.#next()
      },
      leave: () => {
        this.#places.delete(place)
        if (place.called) this.#next()
      }
    }
  }

  #turn(place: Place, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#afterSilence(() => place.wake?.())
      const end = () => {
        place.wake = undefined
        cancel()
        signal.removeEventListener('abort', abort)
      }
      const abort = () => {
        end()
        reject(signal.reason as Error)
      }
      place.wake = () => {
        end()
        resolve()
      }
      signal.addEventListener('abort', abort)
      if (signal.aborted) abort()
    })
  }

  /** Calls back once nothing has become free for so long, from now on. The timer is not set anew at every word: that would cost more. */
  #afterSilence(callback: () => void): () => void {
    const set = (delayMs: number) =>
      this.#timers.after(delayMs, () => {
        const leftMs = this.#freedMs + this.#silenceMs - this.#clock.now()
        if (leftMs > 0) cancel = set(leftMs)
        else callback()
      })
    let cancel = set(this.#silenceMs)
    return () => {
      cancel()
    }
  }

  /** Wakes the first one that waits and may find something. */
  #next(): void {
    for (const place of this.#places) {
      if (place.wake === undefined || this.#vain.has(place.kind)) continue
      place.called = true
      place.wake()
      return
    }
  }
}
