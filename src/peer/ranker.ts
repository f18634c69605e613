import type { Decision, OutcomeRecord } from '../job/decision.ts'
import type { Job } from '../job/job.ts'
import type { PeerTable } from './peer-table.ts'

/** Names an arm: anything that ranks candidates for a job. */
export type ArmId = string

/** The eligible candidates of a decision: rows of the peer table, at a moment. */
export interface CandidateView {
  readonly table: PeerTable
  /** Row numbers; only the first `count` entries count. */
  readonly rows: Int32Array
  readonly count: number
  /** ms since the epoch */
  readonly atMs: number
  /** Attempts that the job has left if this one fails, ≥ 0. */
  readonly retries: number
  /** 32 random bits of the decision, for rankers that draw: an unsigned integer. */
  readonly seed: number
}

/**
 * Ranks candidates by one or more arms at once, so that arms which share their inputs share the pass over them.
 */
export interface Ranker {
  readonly arms: readonly ArmId[]
  /** Where it wants to follow the jobs in flight. */
  readonly jobs?: JobObserver
  /**
   * Writes the score of candidate i under arm a to `into[a * view.count + i]`; higher is better. Never NaN.
   * @param into at least `arms.length × view.count` long
   */
  rank(view: CandidateView, job: Job, into: Float64Array): void
}

/** Hears of everything that happens to a job at a peer. */
export interface JobObserver {
  dispatched(decision: Decision): void
  /** @param tokens that came now */
  progressed(decision: Decision, tokens: number, atMs: number): void
  /** Also for outcomes of the journal, whose dispatch it never heard of. @param record undefined when the client cancelled */
  ended(decision: Decision, record: OutcomeRecord | undefined): void
}
