import { checkInteger, checkNonNegative, checkOneOf } from '../core/check.ts'
import type { Clock, Timers } from '../core/clock.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { Decision, OutcomeRecord } from '../job/decision.ts'
import {
  decodeDecision,
  decodeOutcome,
  decodeSequence,
  decodeSnapshot,
  encodeDecision,
  encodeOutcome,
  encodeSnapshot
} from './codec.ts'
import { DURABILITIES } from './journal.ts'
import type {
  Durability,
  Journal,
  JournalCounts,
  OutcomeRange,
  RangeOptions,
  Retention,
  SequencedOutcome,
  SnapshotRecord
} from './journal.ts'
import { ALL_DECISIONS, ALL_OUTCOMES, ALL_SNAPSHOTS, decisionKey, indexKey, outcomeKey, sequenceOf, snapshotKey } from './keys.ts'
import { pruneStore } from './retention.ts'
import type { ChangeStore } from './retention.ts'
import type { OpenStore, Store } from './store.ts'
import { WriteLog } from './write-log.ts'
import type { WriteLogOptions } from './write-log.ts'

export interface JournalOptions {
  /**
   * When an append is acknowledged.
   * - `sync`: when the disk has it. Survives a power cut.
   * - `batch`: when the operating system has it. Survives the death of the process, however sudden.
   * - `none`: at once. A failure to write shows on the next flush or close.
   * @default 'batch'
   */
  readonly durability?: Durability
  /** How long an append waits for others to share a batch with, ms ≥ 0. @default 10 */
  readonly flushDelayMs?: number
  /** A batch is written at this many appends without waiting longer, ≥ 1. @default 256 */
  readonly flushRecords?: number
}

export interface JournalComponents {
  readonly clock: Clock
  readonly timers: Timers
}

const DEFAULTS: WriteLogOptions = { durability: 'batch', flushDelayMs: 10, flushRecords: 256 }

/** @throws ERR_INVALID_OPTION */
export function resolveJournalOptions(options: JournalOptions): WriteLogOptions {
  return {
    durability: checkOneOf('durability', options.durability ?? DEFAULTS.durability, DURABILITIES),
    flushDelayMs: checkNonNegative('flushDelayMs', options.flushDelayMs ?? DEFAULTS.flushDelayMs),
    flushRecords: checkInteger('flushRecords', options.flushRecords ?? DEFAULTS.flushRecords, { min: 1 })
  }
}

function inRange(atMs: number, { fromMs = -Infinity, toMs = Infinity }: RangeOptions): boolean {
  return atMs >= fromMs && atMs < toMs
}

/** The one implementation of {@link Journal}, over any store. */
class StoreJournal implements Journal {
  readonly #open: OpenStore
  readonly #store: Store
  readonly #log: WriteLog
  #closed: Promise<void> | undefined

  constructor(open: OpenStore, log: WriteLog) {
    this.#open = open
    this.#store = open.store
    this.#log = log
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) {
      throw new PeerbanditError('ERR_JOURNAL_CLOSED', `journal ${this.#open.name} must be open, got one that was closed`)
    }
  }

  /** Reads see every append made before them. */
  async #ready(): Promise<void> {
    this.#checkOpen()
    await this.#log.drain()
    this.#checkOpen()
  }

  async appendDecision(decision: Decision): Promise<void> {
    this.#checkOpen()
    await this.#log.decision(decision.id, encodeDecision(decision))
  }

  async appendOutcome(outcome: OutcomeRecord): Promise<number> {
    this.#checkOpen()
    return this.#log.outcome(outcome.decisionId, encodeOutcome(outcome))
  }

  async decision(id: string): Promise<Decision | undefined> {
    await this.#ready()
    const key = decisionKey(id)
    const text = await this.#store.get(key)
    return text === undefined ? undefined : decodeDecision(key, text)
  }

  async outcome(decisionId: string): Promise<SequencedOutcome | undefined> {
    await this.#ready()
    const index = await this.#store.get(indexKey(decisionId))
    if (index === undefined) return undefined
    const sequence = decodeSequence(indexKey(decisionId), index)
    const text = await this.#store.get(outcomeKey(sequence))
    return text === undefined ? undefined : { sequence, ...decodeOutcome(outcomeKey(sequence), text) }
  }

  async *decisions(range: RangeOptions = {}): AsyncGenerator<Decision> {
    await this.#ready()
    for await (const [key, text] of this.#store.iterator(ALL_DECISIONS)) {
      const decision = decodeDecision(key, text)
      if (!inRange(decision.atMs, range)) continue
      yield decision
      this.#checkOpen()
    }
  }

  async *outcomes(range: OutcomeRange = {}): AsyncGenerator<SequencedOutcome> {
    await this.#ready()
    const keys = { ...ALL_OUTCOMES, gt: outcomeKey(checkInteger('afterSequence', range.afterSequence ?? 0)) }
    for await (const [key, text] of this.#store.iterator(keys)) {
      const record = decodeOutcome(key, text)
      if (!inRange(record.atMs, range)) continue
      yield { sequence: sequenceOf(key), ...record }
      this.#checkOpen()
    }
  }

  lastSequence(): number {
    this.#checkOpen()
    return this.#log.lastSequence
  }

  async saveSnapshot(snapshot: SnapshotRecord): Promise<void> {
    this.#checkOpen()
    const text = encodeSnapshot(snapshot)
    checkInteger('snapshot.throughSequence', snapshot.throughSequence, { max: this.#log.lastSequence })
    await this.#log.snapshot(snapshot.kind, text)
  }

  async loadSnapshot(kind: string): Promise<SnapshotRecord | undefined> {
    await this.#ready()
    const key = snapshotKey(kind)
    const text = await this.#store.get(key)
    return text === undefined ? undefined : decodeSnapshot(key, text)
  }

  async counts(): Promise<JournalCounts> {
    await this.#ready()
    const snapshots = await this.#store.keys(ALL_SNAPSHOTS).all()
    const { decisions, outcomes } = this.#log.written
    return { decisions, outcomes, snapshots: snapshots.length }
  }

  async prune(retention: Retention, nowMs: number): Promise<JournalCounts> {
    this.#checkOpen()
    const change: ChangeStore = (work) => {
      this.#checkOpen()
      return this.#log.change(work)
    }
    return pruneStore(this.#store, change, retention, nowMs)
  }

  async flush(): Promise<void> {
    await this.#ready()
    this.#log.report()
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish()
    return this.#closed
  }

  async #finish(): Promise<void> {
    await this.#log.drain()
    await this.#open.close()
    this.#log.report()
  }
}

export function storeJournal(open: OpenStore, options: WriteLogOptions, { timers }: JournalComponents): Journal {
  return new StoreJournal(open, new WriteLog(open.store, open.totals, options, timers))
}
