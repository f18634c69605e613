import type { Ranker } from '../peer/ranker.ts'
import type { Predictor } from './predictor-types.ts'

/** Name of the arm. */
export const PREDICTIVE = 'predictive'

/**
 * The peer with the least predicted cost. One arm, `predictive`. While the predictor is worse than the simple rule, that decides.
 * @param fallback a ranker with one arm
 */
export function predictiveRanker(predictor: Predictor, fallback: Ranker): Ranker {
  return {
    arms: [PREDICTIVE],
    rank(view, job, into) {
      if (!predictor.trusted) {
        fallback.rank(view, job, into)
        return
      }
      predictor.costs(view, job, into)
      for (let i = 0; i < view.count; i++) into[i] = -into[i]
    }
  }
}
