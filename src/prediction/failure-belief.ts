import type { WorkloadClass } from '../job/job.ts'

/** Weight of the newest outcome of a class: five failures in a row are news. */
const SHARE = 0.2
/** What differs less than this from the usual share of failures is chance: two standard deviations of the average at worst. */
const CHANCE = 0.35
/** Of what is unusual half is left after this long without news, ms: whoever failed is tried again some time. */
const HALF_LIFE_MS = 60_000

/** How far the last outcomes of a class are from the usual share of failures. */
interface Deviation {
  readonly value: number
  readonly atMs: number
}

/**
 * What share of jobs fails at a peer lately, beside what usually does: outages, and kinds of work that a peer stopped to serve. A peer may
 * fail at one class of jobs and be good at another.
 */
export class FailureBelief {
  readonly #deviations = new Map<WorkloadClass, Deviation>()

  /** @param usual share of failures at this peer, 0–1 @returns the share to expect now, 0–1 */
  expected(workloadClass: WorkloadClass, usual: number, atMs: number): number {
    const value = this.#deviation(workloadClass, atMs)
    const news = Math.max(0, Math.abs(value) - CHANCE) / (1 - CHANCE)
    return Math.min(1, Math.max(0, usual + Math.sign(value) * news))
  }

  observe(workloadClass: WorkloadClass, failed: boolean, usual: number, atMs: number): void {
    const before = this.#deviation(workloadClass, atMs)
    const value = before + SHARE * (Number(failed) - usual - before)
    this.#deviations.set(workloadClass, { value, atMs })
  }

  #deviation(workloadClass: WorkloadClass, atMs: number): number {
    const found = this.#deviations.get(workloadClass)
    return found === undefined ? 0 : found.value * 2 ** (-Math.max(0, atMs - found.atMs) / HALF_LIFE_MS)
  }
}
