import type { Decision, OutcomeRecord } from '../job/decision.ts'

/** When a write is acknowledged: after it reached the disk, after it reached the operating system, or before either. */
export const DURABILITIES = ['sync', 'batch', 'none'] as const
export type Durability = (typeof DURABILITIES)[number]

/** Learned state of one part, written whole. */
export interface SnapshotRecord {
  /** Which part: "policy", "peers", … */
  readonly kind: string
  /** ms since the epoch */
  readonly atMs: number
  /** The last outcome that it contains; learning goes on from the next one. */
  readonly throughSequence: number
  readonly state: unknown
}

export interface SequencedOutcome extends OutcomeRecord {
  /** Position in the journal, from 1, without gaps but for what was pruned. */
  readonly sequence: number
}

export interface RangeOptions {
  /** Only records at or after this, ms since the epoch. */
  readonly fromMs?: number
  /** Only records before this, ms since the epoch. */
  readonly toMs?: number
}

export interface OutcomeRange extends RangeOptions {
  /** Only outcomes after this sequence number. */
  readonly afterSequence?: number
}

export interface JournalCounts {
  readonly decisions: number
  readonly outcomes: number
  readonly snapshots: number
}

export interface Retention {
  /** Older decisions and outcomes go, ms. @default Infinity */
  readonly maxAgeMs?: number
  /** The oldest go until no more than this many decisions are left. @default Infinity */
  readonly maxDecisions?: number
  /**
   * The oldest go until the records take no more than this many bytes, keys included, snapshots not. Counted before LevelDB
   * compresses them; its files shrink later, when it next compacts. @default Infinity
   */
  readonly maxBytes?: number
}

/**
 * The log of decisions and outcomes, and the last snapshot of everything learned.
 *
 * Appends are collected and written in batches in the order in which they were made; the promise of an append settles as the
 * durability option says. Appending an id that is already there is a no-op: a late duplicate changes nothing. When a batch
 * cannot be written, its appends and all that wait behind it reject with the store's error.
 *
 * Reads see every append made before them. Every method but `close` fails with ERR_JOURNAL_CLOSED after `close`.
 */
export interface Journal {
  appendDecision(decision: Decision): Promise<void>
  /** Resolves to the outcome's sequence number. */
  appendOutcome(outcome: OutcomeRecord): Promise<number>
  decision(id: string): Promise<Decision | undefined>
  /** The outcome of a decision. */
  outcome(decisionId: string): Promise<SequencedOutcome | undefined>
  /** In order of time. */
  decisions(range?: RangeOptions): AsyncIterable<Decision>
  /** In order of sequence. */
  outcomes(range?: OutcomeRange): AsyncIterable<SequencedOutcome>
  /** The sequence number of the last outcome appended, also while it waits to be written; 0 when there never was one. */
  lastSequence(): number
  /** Replaces the snapshot of this kind. `throughSequence` must not be above {@link lastSequence}. */
  saveSnapshot(snapshot: SnapshotRecord): Promise<void>
  loadSnapshot(kind: string): Promise<SnapshotRecord | undefined>
  counts(): Promise<JournalCounts>
  /**
   * Applies retention now, oldest first, each decision with its outcome. An outcome that comes after its
   * decision went goes when it is older than the oldest decision left. Resolves to how many decisions and outcomes went.
   */
  prune(retention: Retention, nowMs: number): Promise<JournalCounts>
  /** Writes what is collected. Rejects where appends were acknowledged unwritten (durability 'none') and could not be written. */
  flush(): Promise<void>
  /** Writes what is collected and closes; rejects as {@link flush} does. May be called again. */
  close(): Promise<void>
}
