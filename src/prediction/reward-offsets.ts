import type { Decision } from '../job/decision.ts'
import type { WorkloadClass } from '../job/job.ts'

/** The last fifty jobs of a class or so. */
const SHARE = 0.02

/**
 * By how much the rewards of each workload class are above what was expected of them. What is expected of all peers alike may be off; this
 * takes it off.
 */
export class RewardOffsets {
  readonly #offsets = new Map<WorkloadClass, number>()

  corrected(workloadClass: WorkloadClass, expected: number): number {
    return Math.min(1, Math.max(0, expected + (this.#offsets.get(workloadClass) ?? 0)))
  }

  state(): readonly (readonly [WorkloadClass, number])[] {
    return [...this.#offsets]
  }

  restore(state: readonly (readonly [WorkloadClass, number])[]): void {
    for (const [workloadClass, offset] of state) this.#offsets.set(workloadClass, offset)
  }

  observe({ workloadClass, votes, peer }: Decision, reward: number): void {
    const expected = votes.find((vote) => vote.peer === peer)?.expectedReward
    if (expected === undefined) return
    this.#offsets.set(workloadClass, (this.#offsets.get(workloadClass) ?? 0) + SHARE * (reward - expected))
  }
}
