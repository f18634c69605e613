import type { Decision, PeerId } from '../job/decision.ts'
import type { Job } from '../job/job.ts'
import type { Objective } from '../job/objective.ts'
import type { CandidateView, JobObserver } from '../peer/ranker.ts'
import type { PeerTable } from '../peer/peer-table.ts'
import type { Forecast } from './forecast.ts'
import type { Hearsay } from './hearsay.ts'
import type { PacePrior } from './pace-prior.ts'
import type { PredictorSnapshot } from './predictor-snapshot.ts'

export interface PredictorComponents {
  readonly table: PeerTable
  /** Where newcomers start from. @default what the other peers and their claims came to */
  readonly prior?: PacePrior
  /** What other routers tell of peers. @default nobody is listened to */
  readonly hearsay?: Hearsay
}

export interface PredictorOptions {
  /**
   * How much of what is unknown goes into each decision's draw: 0 chooses by means, 1 is Thompson sampling of every peer's lasting pace
   * and load, with jobs up to the usual size; of longer ones less. ≥ 0, @default 0.5
   */
  readonly exploration?: number
  /** Whether load reports are believed, as far as they were borne out. @default true */
  readonly reports?: boolean
  /** Whether each peer is known by itself; otherwise all are known as one. @default true */
  readonly identity?: boolean
  /** What each workload class wants. @default DEFAULT_OBJECTIVE for all */
  readonly objectives?: Readonly<Record<string, Objective>>
}

/** What is expected of a job at a peer. */
export interface Prospect {
  /** Under the objective of its class, 0–1: m(x, b) of the doubly-robust credit. */
  readonly reward: number
  /** The expected time, what a failure would cost, and what the job takes from others; ms. */
  readonly costMs: number
  /** The same if the peer is better than it is believed to be, by as much as `exploration` has it. */
  readonly leastCostMs: number
}

/**
 * Predicts completion times from everything that a router sees: the pace of each peer, learned from the tokens of jobs in flight, from
 * outcomes and from audited reports; the jobs that are there, own and others'; the size of the job; the share of failures.
 */
export interface Predictor extends JobObserver {
  /** Expected times of a job at the peer in a row. @param into filled */
  predict(row: number, job: Job, atMs: number, into: Forecast): void
  /**
   * Cost of a job at each candidate under the objective of its class, ms: the expected time with noise as `exploration` has it, what a
   * failure would cost, and what the job takes from others.
   */
  costs(view: CandidateView, job: Job, into: Float64Array): void
  /** What to expect of a job at the peer in a row, without noise. */
  prospect(row: number, job: Job, at: Pick<CandidateView, 'atMs' | 'retries'>): Prospect
  /** When the first token of a job in flight was expected, ms after its dispatch; undefined where the job is not in flight. */
  expectedFirstTokenMs(decision: Pick<Decision, 'id'>): number | undefined
  /** Whether the peer was among the best choices of a recent decision: its load is worth knowing. */
  isLikely(peer: PeerId, atMs: number): boolean
  snapshot(): PredictorSnapshot
  /** Goes on from a snapshot, for the peers that the table has. @throws ERR_SNAPSHOT */
  restore(snapshot: unknown): void
  /** Whether it predicts as well as the per-token average. */
  readonly trusted: boolean
}
