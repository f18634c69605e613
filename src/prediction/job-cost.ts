import { DEFAULT_CONGESTION, type Objective } from '../job/objective.ts'
import type { Forecast } from './forecast.ts'
import type { Pool } from './pool.ts'

/** A job is charged this many times what it takes from those that are there: more will come while it runs. */
const CROWDING_CHARGE = 3

interface CostTerms {
  readonly objective: Objective
  readonly deadlineMs: number
  /** What retries and failures take. */
  readonly pool: Pool
}

/**
 * What a forecast is worth under an objective, ms: the time, what a failure would cost, and what the job takes from others. A failure takes
 * its time, and then somebody else has to do the job; where peers often fail that may fail too, until the job is lost.
 */
export function costMs({ firstTokenMs, durationMs, crowdingMs, failureRatio }: Forecast, terms: CostTerms): number {
  const { objective, deadlineMs, pool } = terms
  const ownMs = objective.metric === 'firstTokenMs' ? firstTokenMs : durationMs
  const again = pool.failureRatio.value
  const failureMs = pool.failureMs.value + (1 + again) * pool.meanDurationMs.value + again * again * deadlineMs
  return ownMs + failureRatio * failureMs + CROWDING_CHARGE * (objective.congestion ?? DEFAULT_CONGESTION) * crowdingMs
}
