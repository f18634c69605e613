import { DEFAULT_CONGESTION, type Objective, utility } from '../job/objective.ts'
import type { Forecast } from './forecast.ts'
import type { Pool } from './pool.ts'

/**
 * A job is charged this many times what it takes from those that are there: more will come while it runs, and wait for it too. That is
 * 1/(1 − ρ) times at utilisation ρ; this is for 80 %, where it matters most and below which too much costs little.
 */
const CROWDING_CHARGE = 5

interface CostTerms {
  readonly objective: Objective
  readonly deadlineMs: number
  /** Attempts that the job has left if this one fails, ≥ 0. */
  readonly retries: number
  /** What retries and failures take. */
  readonly pool: Pool
}

/** The time of a job that does well, ms, and what it takes from the others. */
function chargedMs({ firstTokenMs, durationMs, crowdingMs }: Forecast, { metric, congestion }: Objective): number {
  const ownMs = metric === 'firstTokenMs' ? firstTokenMs : durationMs
  return ownMs + CROWDING_CHARGE * (congestion ?? DEFAULT_CONGESTION) * crowdingMs
}

/**
 * What a forecast costs under an objective, ms: the time, what the job takes from the others, and what a failure would cost. That takes its
 * time, and then somebody else has to do the job; where peers often fail that may fail too, until no attempts are left and the job is lost.
 */
export function costMs(forecast: Forecast, { objective, deadlineMs, retries, pool }: CostTerms): number {
  const again = pool.failureRatio.value
  let reached = 1
  let failureMs = pool.failureMs.value
  for (let i = 0; i < retries; i++) {
    failureMs += reached * pool.meanDurationMs.value
    reached *= again
  }
  return chargedMs(forecast, objective) + forecast.failureRatio * (failureMs + reached * deadlineMs)
}

/** The reward that a forecast lets expect, 0–1: as job/objective.ts has it, so that a failure is worth nothing. @param work > 0 */
export function expectedReward(forecast: Forecast, objective: Objective, work: number): number {
  const ms = chargedMs(forecast, objective)
  return (1 - forecast.failureRatio) * utility(objective, objective.metric === 'msPerWorkToken' ? ms / work : ms)
}
