/** Time is an argument: everything that needs it takes one of these. */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary start, finer than a millisecond. For durations. */
  now(): number
  /** Milliseconds since the Unix epoch. For what is kept across restarts. May jump. */
  wall(): number
}

/** Waits. Kept apart from {@link Clock} because most code only reads the time. */
export interface Timers {
  /** Calls back once after `delayMs` milliseconds; the returned function cancels. */
  after(delayMs: number, callback: () => void): () => void
}

/** Longer ones would be over at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

export const systemClock: Clock & Timers = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (delayMs, callback) => {
    let timer: NodeJS.Timeout
    const wait = (leftMs: number) => {
      timer = setTimeout(
        () => {
          if (leftMs > LONGEST_TIMEOUT_MS) wait(leftMs - LONGEST_TIMEOUT_MS)
          else callback()
        },
        Math.min(leftMs, LONGEST_TIMEOUT_MS)
      )
    }
    wait(delayMs)
    return () => {
      clearTimeout(timer)
    }
  }
}

export interface ManualClock extends Clock, Timers {
  /** Moves time forward by `ms` ≥ 0, running the timers that fall due, in order of their due time. */
  advance(ms: number): void
}

/** A clock that moves only when told to: for tests and simulation. */
export function manualClock(startMs = 0): ManualClock {
  let time = startMs
  let nextId = 0
  const pending = new Map<number, { readonly dueMs: number; readonly callback: () => void }>()

  function nextDue(limitMs: number): number | undefined {
    let first: number | undefined
    let firstDueMs = Infinity
    for (const [id, { dueMs }] of pending) {
      if (dueMs <= limitMs && dueMs < firstDueMs) {
        first = id
        firstDueMs = dueMs
      }
    }
    return first
  }

  return {
    now: () => time,
    wall: () => time,
    after(delayMs, callback) {
      const id = nextId++
      pending.set(id, { dueMs: time + Math.max(0, delayMs), callback })
      return () => {
        pending.delete(id)
      }
    },
    advance(ms) {
      const target = time + ms
      for (let id = nextDue(target); id !== undefined; id = nextDue(target)) {
        const timer = pending.get(id)
        pending.delete(id)
        if (timer === undefined) continue
        time = timer.dueMs
        timer.callback()
      }
      time = target
    }
  }
}
