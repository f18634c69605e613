/** How a peer works on several jobs side by side. */
export interface Sharing {
  /** Jobs side by side, ≥ 1; more wait in order. */
  readonly slots: number
  /** With n running each is slower by 1 + slowdown·(n − 1). ≥ 0 */
  readonly slowdown: number
}

/** Durations in units of the time that one work token takes alone. */
export interface SharedCompletion {
  /** Until the job gets a slot. */
  waiting: number
  /** From then on. */
  running: number
}

/** Jobs at a peer by the work that is left of each, > 0, in the order in which they get slots; only the first `count` count. */
export interface Line {
  work: Float64Array
  count: number
}

/** The jobs that have a slot, while others wait. */
const inSlots: Line = { work: new Float64Array(16), count: 0 }

/**
 * When a job would be done that comes now, if nothing came after it: processor sharing, exactly.
 * @param ahead the jobs before it
 * @param work its own, > 0
 */
export function completion(ahead: Line, work: number, { slots, slowdown }: Sharing, into: SharedCompletion): void {
  if (ahead.count < slots) {
    into.waiting = 0
    into.running = work + slowdown * sharedWork(ahead, work)
    return
  }
  if (inSlots.work.length < slots) inSlots.work = new Float64Array(2 * slots)
  const { work: left } = inSlots
  left.set(ahead.work.subarray(0, slots))
  let next = slots
  let waiting = 0
  for (;;) {
    // All slots are busy until the job has one. The one that falls free first goes to the next in line.
    let least = 0
    for (let i = 1; i < slots; i++) if (left[i] < left[least]) least = i
    const done = left[least]
    waiting += done * (1 + slowdown * (slots - 1))
    for (let i = 0; i < slots; i++) left[i] -= done
    if (next < ahead.count) {
      left[least] = ahead.work[next++]
      continue
    }
    left[least] = left[slots - 1]
    inSlots.count = slots - 1
    into.waiting = waiting
    into.running = work + slowdown * sharedWork(inSlots, work)
    return
  }
}

/**
 * Work that is done while another job is there too, summed over the others: each pair of jobs is together until the smaller one is done.
 * Times the slowdown it is what the others take from a job, and what it takes from them.
 */
export function sharedWork(others: Line, work: number): number {
  let sum = 0
  for (let i = 0; i < others.count; i++) sum += Math.min(work, others.work[i])
  return sum
}
