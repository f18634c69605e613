import type { Clock, Timers } from '../../core/clock.ts'
import { TimerHeap } from './timer-heap.ts'

/** What must happen before the next timer: promises settle, everything else in the process has a turn; or nothing more. */
type Pause = 'settle' | 'turn' | 'end'

const SETTLED = Promise.resolve()

/**
 * Calls `step` until it says that it is the end, each time from a promise: asked there for a tick, Node runs it when no promise is left to
 * settle. A turn of the event loop does the same and costs several times as much; so does awaiting a promise made for each step, which is
 * why these are callbacks.
 */
function drive(step: () => Pause): Promise<undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const go = () => {
    try {
      const pause = step()
      if (pause === 'settle') process.nextTick(goOn)
      else if (pause === 'turn') setImmediate(goOn)
      else resolve(undefined)
    } catch (error) {
      reject(error)
    }
  }
  const goOn = () => {
    void SETTLED.then(go)
  }
  setImmediate(goOn)
  return promise
}

/** Events between two turns of the event loop: some milliseconds of real time. */
const EVENTS_PER_TURN = 1024

/** A clock that jumps from timer to timer. */
export interface VirtualTime extends Clock, Timers {
  /** Timers whose callbacks settle no promise: nothing needs to be let run after them, which is most of what an event costs. */
  readonly quiet: Timers
  /** Calls back once at this time, ms; at the present when that is over; the returned function cancels. */
  at(dueMs: number, callback: () => void): () => void
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

  function add(dueMs: number, callback: () => void, quiet: boolean): () => void {
    // What is due at no time must not get between those that are.
    return dueMs < Infinity ? heap.add(Math.max(nowMs, dueMs), callback, quiet) : () => undefined
  }

  return {
    now: () => nowMs,
    wall: () => nowMs,
    after: (delayMs, callback) => add(nowMs + delayMs, callback, false),
    quiet: { after: (delayMs, callback) => add(nowMs + delayMs, callback, true) },
    at: (dueMs, callback) => add(dueMs, callback, false),
    async run(until) {
      const limitMs = typeof until === 'number' ? until : Infinity
      const reached = typeof until === 'number' ? () => false : until
      let events = 0
      await drive(() => {
        while (!reached() && heap.firstDueMs < Infinity && heap.firstDueMs <= limitMs) {
          nowMs = heap.firstDueMs
          const quiet = heap.firstIsQuiet
          heap.takeFirst()?.()
          events += 1
          if (events % EVENTS_PER_TURN === 0) return 'turn'
          if (!quiet) return 'settle'
        }
        return 'end'
      })
      if (limitMs < Infinity) nowMs = Math.max(nowMs, limitMs)
      return { events }
    }
  }
}
