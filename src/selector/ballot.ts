import type { Job } from '../job/job.ts'
import type { ArmId, CandidateView, Ranker } from '../peer/ranker.ts'

/** Every arm's first choice among the candidates of one decision. */
export class Ballot {
  readonly arms: readonly ArmId[]
  readonly #rankers: readonly Ranker[]
  #scores = new Float64Array(0)
  /** Index into the view of each arm's first choice. */
  readonly choices: Int32Array

  constructor(rankers: readonly Ranker[]) {
    this.#rankers = rankers
    this.arms = rankers.flatMap((ranker) => ranker.arms)
    this.choices = new Int32Array(this.arms.length)
  }

  /**
   * Ranks the candidates by all arms. Ties go to the first in the circle that starts at `start`, so that candidates of equal
   * score share the work when `start` is random.
   * @param start 0 ≤ start < view.count
   */
  vote(view: CandidateView, job: Job, start: number): Int32Array {
    let arm = 0
    for (const ranker of this.#rankers) {
      const length = ranker.arms.length * view.count
      if (this.#scores.length < length) this.#scores = new Float64Array(length * 2)
      ranker.rank(view, job, this.#scores)
      for (let a = 0; a < ranker.arms.length; a++) this.choices[arm++] = firstOf(this.#scores, a * view.count, view.count, start)
    }
    return this.choices
  }
}

function firstOf(scores: Float64Array, offset: number, count: number, start: number): number {
  let best = start
  let bestScore = scores[offset + start]
  for (let i = start + 1; i < count; i++) {
    if (scores[offset + i] > bestScore) {
      best = i
      bestScore = scores[offset + i]
    }
  }
  for (let i = 0; i < start; i++) {
    if (scores[offset + i] > bestScore) {
      best = i
      bestScore = scores[offset + i]
    }
  }
  return best
}
