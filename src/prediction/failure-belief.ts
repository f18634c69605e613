import type { WorkloadClass } from '../job/job.ts'

/** How likely a peer is to have stopped to serve a class, or to have become reliable at it, before anything is seen of that. */
const PRIOR = 0.005
/** Share of jobs that fail at a peer in that state. */
const FAILS_STOPPED = 0.95
const FAILS_RELIABLE = 0.02
/** Share of what is unusual that every outcome may have ended: otherwise a long row of failures takes as long a row of successes. */
const ENDS = 0.02
/** Of what is unusual half is left after this long without news, ms: whoever failed is tried again some time. */
const HALF_LIFE_MS = 60_000

/** Probabilities that the class is no longer as usual at a peer. */
interface Unusual {
  readonly stopped: number
  readonly reliable: number
  readonly atMs: number
}

/**
 * What share of jobs fails at a peer lately, beside what usually does: outages, and kinds of work that a peer stopped to serve. A peer may
 * fail at one class of jobs and be good at another. A filter of three states, usual, stopped and reliable: one failure of a peer that
 * hardly ever fails is news, one of a peer that often does is not.
 */
export class FailureBelief {
  readonly #unusual = new Map<WorkloadClass, Unusual>()

  /** @param usual share of failures at this peer, 0–1 @returns the share to expect now, 0–1 */
  expected(workloadClass: WorkloadClass, usual: number, atMs: number): number {
    const { stopped, reliable } = this.#at(workloadClass, atMs)
    const share = usual + beyondPrior(stopped) * Math.max(0, FAILS_STOPPED - usual)
    return share - beyondPrior(reliable) * Math.max(0, usual - FAILS_RELIABLE)
  }

  observe(workloadClass: WorkloadClass, failed: boolean, usual: number, atMs: number): void {
    const before = this.#at(workloadClass, atMs)
    const stopped = before.stopped + ENDS * (PRIOR - before.stopped)
    const reliable = before.reliable + ENDS * (PRIOR - before.reliable)
    const likelihood = (fails: number) => (failed ? fails : 1 - fails)
    // Nobody is so good, or so bad, that one outcome says everything.
    const asUsual = (1 - stopped - reliable) * likelihood(Math.min(FAILS_STOPPED, Math.max(FAILS_RELIABLE, usual)))
    const asStopped = stopped * likelihood(FAILS_STOPPED)
    const asReliable = reliable * likelihood(FAILS_RELIABLE)
    const total = asUsual + asStopped + asReliable
    this.#unusual.set(workloadClass, { stopped: asStopped / total, reliable: asReliable / total, atMs })
  }

  /** The peer was away and is back: that it had stopped to serve a class is explained. */
  returned(atMs: number): void {
    for (const [workloadClass, unusual] of this.#unusual) {
      if (unusual.stopped > PRIOR) this.#unusual.set(workloadClass, { ...this.#at(workloadClass, atMs), stopped: PRIOR, atMs })
    }
  }

  #at(workloadClass: WorkloadClass, atMs: number): Omit<Unusual, 'atMs'> {
    const found = this.#unusual.get(workloadClass)
    if (found === undefined) return { stopped: PRIOR, reliable: PRIOR }
    const left = 2 ** (-Math.max(0, atMs - found.atMs) / HALF_LIFE_MS)
    return { stopped: PRIOR + (found.stopped - PRIOR) * left, reliable: PRIOR + (found.reliable - PRIOR) * left }
  }
}

function beyondPrior(probability: number): number {
  return Math.max(0, probability - PRIOR) / (1 - PRIOR)
}
