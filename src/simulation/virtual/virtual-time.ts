import type { Clock, Timers } from '../../core/clock.ts'

interface Timer {
  readonly dueMs: number
  /** Timers that are due at the same time run in the order in which they were set. */
  readonly sequence: number
  /** Gone when it was cancelled: the timer then stays in the heap until it would have been due. */
  callback: (() => void) | undefined
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence)
}

/** A binary heap: no timer is due before its parent, which is at (i − 1) / 2. */
class TimerHeap {
  readonly #timers: Timer[] = []

  first(): Timer | undefined {
    return this.#timers[0]
  }

  add(timer: Timer): void {
    const timers = this.#timers
    let at = timers.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (isBefore(timers[parent], timer)) break
      timers[at] = timers[parent]
      at = parent
    }
    timers[at] = timer
  }

  removeFirst(): void {
    const timers = this.#timers
    const last = timers.pop()
    if (last === undefined || timers.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= timers.length) break
      if (child + 1 < timers.length && isBefore(timers[child + 1], timers[child])) child += 1
      if (isBefore(last, timers[child])) break
      timers[at] = timers[child]
      at = child
    }
    timers[at] = last
  }
}

/** Lets everything run that waits for promises only. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** A clock that jumps from timer to timer. */
export interface VirtualTime extends Clock, Timers {
  /**
   * Takes timer after timer, moves the clock to it, runs it, and lets everything run that waits for promises: until this time, ms,
   * or until the predicate holds, which is asked after each timer; or until there are no timers left.
   * @returns how many timers ran
   */
  run(until: number | (() => boolean)): Promise<{ readonly events: number }>
}

/**
 * Time for discrete-event simulation. What runs in it must wait for nothing but its timers and promises; the order of everything
 * is then decided by what is run alone, and the same from run to run.
 */
export function virtualTime(startMs = 0): VirtualTime {
  const heap = new TimerHeap()
  let nowMs = startMs
  let sequence = 0

  function nextDue(limitMs: number): Timer | undefined {
    for (let timer = heap.first(); timer !== undefined && timer.dueMs <= limitMs; timer = heap.first()) {
      heap.removeFirst()
      if (timer.callback !== undefined) return timer
    }
    return undefined
  }

  return {
    now: () => nowMs,
    wall: () => nowMs,
    after(delayMs, callback) {
      const timer: Timer = { dueMs: nowMs + Math.max(0, delayMs), sequence: sequence++, callback }
      // What is due at no time must not get between those that are.
      if (timer.dueMs < Infinity) heap.add(timer)
      return () => {
        timer.callback = undefined
      }
    },
    async run(until) {
      const limitMs = typeof until === 'number' ? until : Infinity
      const reached = typeof until === 'number' ? () => false : until
      let events = 0
      await settle()
      while (!reached()) {
        const timer = nextDue(limitMs)
        if (timer === undefined) break
        nowMs = timer.dueMs
        timer.callback?.()
        events += 1
        await settle()
      }
      if (limitMs < Infinity) nowMs = Math.max(nowMs, limitMs)
      return { events }
    }
  }
}
