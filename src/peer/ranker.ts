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
}

/**
 * Ranks candidates by one or more arms at once, so that arms which share their inputs share the pass over them.
 */
export interface Ranker {
  readonly arms: readonly ArmId[]
  /**
   * Writes the score of candidate i under arm a to `into[a * view.count + i]`; higher is better. Never NaN.
   * @param into at least `arms.length × view.count` long
   */
  rank(view: CandidateView, job: Job, into: Float64Array): void
}
