import { emptyForecast } from './forecast.ts'
import { Pool } from './pool.ts'
import type { Predictor } from './predictor-types.ts'

/** The middle of all rewards: it favours nobody. */
const ANY_PROSPECT = { reward: 0.5, costMs: 1, leastCostMs: 1 }

/**
 * Predicts nothing and learns nothing: the same is expected of every peer. For arms that bring all their own knowledge, where nobody would
 * ask what was predicted.
 */
export const noPredictor: Predictor = {
  trusted: false,
  predict(_row, _job, _atMs, into) {
    Object.assign(into, emptyForecast())
  },
  costs({ count }, _job, into) {
    into.fill(0, 0, count)
  },
  prospect: () => ANY_PROSPECT,
  expectedFirstTokenMs: () => undefined,
  isLikely: () => false,
  dispatched: () => undefined,
  progressed: () => undefined,
  ended: () => undefined,
  snapshot: () => ({ version: 2, peers: [], pool: new Pool().state(), offsets: [] }),
  restore: () => undefined
}
