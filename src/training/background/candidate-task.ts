import type { BackendName } from '../running-backend.ts'
import type { ThroughputFitOptions } from '../throughput-fit.ts'

export const HELD_BACK = 0.2

/** How candidates are trained; can be sent to a thread. */
export interface CandidateOptions extends Pick<ThroughputFitOptions, 'seed' | 'folds' | 'judge' | 'training'> {
  /** What computes. @default the fastest that runs */
  readonly backend?: BackendName
  /** Share of the latest rows of each source that decide and are not learned from, 0–1. @default 0.2 */
  readonly heldBack?: number
}

export interface CandidateTask extends CandidateOptions {
  /** Exports of journals and other recorded runs, as in data-files.ts. */
  readonly data: readonly string[]
  /** A directory of models. It is only read. */
  readonly models: string
  /** ISO 8601. */
  readonly created: string
}

/** A model that may be better than the one that serves. */
export interface Candidate {
  /** The text of its file. */
  readonly text: string
  /** Better than the serving model and all baselines on the rows that were held back. */
  readonly better: boolean
  /** The losses that decided, in words. */
  readonly why: string
  /** Hash of the model that served meanwhile; undefined where there was none. */
  readonly against: string | undefined
}
