import { checkNonNegative, checkPositive } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import { workTokens } from './job.ts'
import type { Outcome } from './outcome.ts'

const REWARD_METRICS = ['msPerWorkToken', 'firstTokenMs', 'durationMs'] as const
type RewardMetric = (typeof REWARD_METRICS)[number]

/** What a workload class wants: a cost in ms, and where it is perfect and worthless. */
export interface Objective {
  readonly metric: RewardMetric
  /** At or below this the reward is 1. > 0, ms. */
  readonly bestMs: number
  /** At or above this the reward is 0. > bestMs, ms. */
  readonly worstMs: number
  /**
   * What a job is charged for every job of this router that it found at its peer, as a share of its own cost. ≥ 0, @default 1
   *
   * Peers slow down with every job more, so a job costs others time that its own duration does not show. Without a charge each arm
   * is judged by what is best for one job alone; the good peers then fill up until all arms look alike, and the pool as a whole is
   * slow (the price of anarchy). A charge for the delay that a job causes makes what is best for one best for all.
   * @see Pigou 1920; Roughgarden 2005, "Selfish Routing and the Price of Anarchy"
   */
  readonly congestion?: number
}

/**
 * Completion time over the size of the job, so that a long job is not held against the peer that ran it.
 * 3 ms a token is a data-centre GPU with nothing else to do; 300 ms is slower than a reader reads.
 */
export const DEFAULT_OBJECTIVE: Objective = { metric: 'msPerWorkToken', bestMs: 3, worstMs: 300 }

/** @throws ERR_INVALID_OPTION */
export function checkObjective(name: string, objective: Objective): Objective {
  if (!REWARD_METRICS.includes(objective.metric)) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `${name}.metric must be one of ${REWARD_METRICS.join(', ')}, got ${objective.metric}`
    )
  }
  checkPositive(`${name}.bestMs`, objective.bestMs)
  if (!(objective.worstMs > objective.bestMs && objective.worstMs < Infinity)) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `${name}.worstMs must be a finite number above bestMs (${objective.bestMs}), got ${objective.worstMs}`
    )
  }
  if (objective.congestion !== undefined) checkNonNegative(`${name}.congestion`, objective.congestion)
  return objective
}

export const DEFAULT_CONGESTION = 1

/** What the cost of an outcome is measured against. */
export interface DispatchedJob {
  readonly promptTokens: number
  /** Jobs of this router that the peer had already. ≥ 0 */
  readonly inFlightAtDispatch: number
}

function costMs(metric: RewardMetric, job: DispatchedJob, outcome: Extract<Outcome, { ok: true }>): number {
  switch (metric) {
    case 'msPerWorkToken':
      return outcome.durationMs / workTokens(job.promptTokens, outcome.outputTokens)
    case 'firstTokenMs':
      return outcome.firstTokenMs
    case 'durationMs':
      return outcome.durationMs
  }
}

/**
 * The reward of an outcome in [0, 1]: 0 for a failure, otherwise linear in the logarithm of the cost between worst and best.
 * Bounded, so that KL-UCB and confidence sequences are valid; logarithmic, so that twice as fast is worth the same everywhere.
 */
export function reward(objective: Objective, job: DispatchedJob, outcome: Outcome): number {
  if (!outcome.ok) return 0
  const charge = 1 + (objective.congestion ?? DEFAULT_CONGESTION) * job.inFlightAtDispatch
  return utility(objective, charge * costMs(objective.metric, job, outcome))
}

/** What a cost is worth: 1 at the objective's best or below, 0 at its worst or above. @param cost in the unit of its metric, ≥ 0 */
export function utility({ bestMs, worstMs }: Objective, cost: number): number {
  return Math.min(1, Math.max(0, Math.log(worstMs / Math.max(cost, Number.MIN_VALUE)) / Math.log(worstMs / bestMs)))
}
