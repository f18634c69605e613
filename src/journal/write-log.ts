import type { Timers } from '../core/clock.ts'
import { NO_TOTALS, bytesOf, decodeSequence, encodeTotals } from './codec.ts'
import type { Totals } from './codec.ts'
import type { Durability } from './journal.ts'
import { TOTALS_KEY, decisionKey, indexKey, outcomeKey, snapshotKey } from './keys.ts'
import { writeBatch } from './store.ts'
import type { Store, StoreOperation } from './store.ts'

export interface WriteLogOptions {
  readonly durability: Durability
  readonly flushDelayMs: number
  readonly flushRecords: number
}

/**
 * Under durability 'none', how many full batches may wait before an append is acknowledged only when it is written.
 * Without such a limit a disk that is slower than the callers would fill the memory.
 */
const BATCHES_AHEAD = 16

/** Something appended and not yet written. */
interface Waiting {
  /** Under which a duplicate finds it; undefined for what may be replaced. */
  readonly key: string | undefined
  readonly operations: readonly StoreOperation[]
  readonly adds: Totals
  readonly settled: PromiseWithResolvers<number>
  /** Settled before it was written. */
  readonly acknowledged: boolean
}

/** Changes of the store other than appends, with the totals that hold after them. */
export interface Change<T> {
  readonly operations: readonly StoreOperation[]
  readonly totals: Totals
  readonly result: T
}

function put(key: string, value: string): StoreOperation & { type: 'put' } {
  return { type: 'put', key, value }
}

function sizeOf(operations: readonly (StoreOperation & { type: 'put' })[]): number {
  return operations.reduce((sum, { key, value }) => sum + bytesOf(key, value), 0)
}

function addTotals(totals: Totals, { adds }: Waiting): Totals {
  return {
    decisions: totals.decisions + adds.decisions,
    outcomes: totals.outcomes + adds.outcomes,
    lastSequence: Math.max(totals.lastSequence, adds.lastSequence),
    recordBytes: totals.recordBytes + adds.recordBytes
  }
}

/**
 * Collects appends and writes them in batches: one batch at a time, in the order of the appends, each all or nothing. So what
 * is in the store is always everything up to some append and nothing after it.
 *
 * When a batch cannot be written, it and everything appended after it fails with the store's error, and the sequence numbers
 * of the lost outcomes are given again. Later appends are tried afresh.
 */
export class WriteLog {
  readonly #store: Store
  readonly #timers: Timers
  readonly #options: WriteLogOptions
  readonly #waiting = new Set<Waiting>()
  readonly #waitingByKey = new Map<string, Waiting>()
  #written: Totals
  #sequence: number
  /** The part of what is waiting that no batch has taken yet. */
  #collected: Waiting[] = []
  #tail: Promise<void> = Promise.resolve()
  #cancelTimer: (() => void) | undefined
  #unreported: { readonly error: unknown } | undefined

  constructor(store: Store, totals: Totals, options: WriteLogOptions, timers: Timers) {
    this.#store = store
    this.#written = totals
    this.#sequence = totals.lastSequence
    this.#options = options
    this.#timers = timers
  }

  /** Of the last outcome appended, written or not. */
  get lastSequence(): number {
    return this.#sequence
  }

  /** What the store holds. */
  get written(): Totals {
    return this.#written
  }

  /** Resolves to 0; the number has no meaning. */
  decision(id: string, text: string): Promise<number> {
    const key = decisionKey(id)
    const known = this.#known(key, () => 0)
    if (known !== undefined) return known
    const operations = [put(key, text)]
    return this.#collect(key, operations, { decisions: 1, outcomes: 0, lastSequence: 0, recordBytes: sizeOf(operations) })
  }

  /** Resolves to the sequence number. */
  outcome(decisionId: string, text: string): Promise<number> {
    const key = indexKey(decisionId)
    const known = this.#known(key, decodeSequence)
    if (known !== undefined) return known
    this.#sequence += 1
    const operations = [put(outcomeKey(this.#sequence), text), put(key, String(this.#sequence))]
    const adds = { decisions: 0, outcomes: 1, lastSequence: this.#sequence, recordBytes: sizeOf(operations) }
    return this.#collect(key, operations, adds)
  }

  /** Resolves to 0; the number has no meaning. */
  snapshot(kind: string, text: string): Promise<number> {
    return this.#collect(undefined, [put(snapshotKey(kind), text)], NO_TOTALS)
  }

  /** Runs `work` after everything appended so far, and before everything appended later, and writes what it asks for. */
  change<T>(work: (totals: Totals) => Promise<Change<T>>): Promise<T> {
    this.#writeCollected()
    const done = this.#tail.then(async () => {
      const { operations, totals, result } = await work(this.#written)
      if (operations.length > 0) await this.#commit(operations, totals)
      return result
    })
    this.#tail = done.then(
      () => undefined,
      () => undefined
    )
    return done
  }

  /** Resolves when everything appended so far is written or has failed. */
  drain(): Promise<void> {
    this.#writeCollected()
    return this.#tail
  }

  /** @throws the store's error when appends that had been acknowledged could not be written; once */
  report(): void {
    const unreported = this.#unreported
    this.#unreported = undefined
    if (unreported !== undefined) throw unreported.error
  }

  /**
   * Looked up at once, not in the background: so the order of appends is the order of calls, and a sequence number is final
   * when it is given. LevelDB answers for an absent key from memory (bloom filter), in microseconds.
   */
  #known(key: string, read: (key: string, text: string) => number): Promise<number> | undefined {
    const waiting = this.#waitingByKey.get(key)
    if (waiting !== undefined) return waiting.settled.promise
    const text = this.#store.getSync(key)
    return text === undefined ? undefined : Promise.resolve(read(key, text))
  }

  #collect(key: string | undefined, operations: readonly StoreOperation[], adds: Totals): Promise<number> {
    const { durability, flushRecords, flushDelayMs } = this.#options
    const acknowledged = durability === 'none' && this.#waiting.size < flushRecords * BATCHES_AHEAD
    const waiting: Waiting = { key, operations, adds, settled: Promise.withResolvers<number>(), acknowledged }
    if (acknowledged) waiting.settled.resolve(adds.lastSequence)
    if (key !== undefined) this.#waitingByKey.set(key, waiting)
    this.#waiting.add(waiting)
    this.#collected.push(waiting)
    if (this.#collected.length >= flushRecords) {
      this.#writeCollected()
    } else {
      this.#cancelTimer ??= this.#timers.after(flushDelayMs, () => {
        this.#writeCollected()
      })
    }
    return waiting.settled.promise
  }

  #writeCollected(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    if (this.#collected.length === 0) return
    const batch = this.#collected
    this.#collected = []
    this.#tail = this.#tail.then(() => this.#write(batch))
  }

  /** Never rejects: a failure goes to the appends. */
  async #write(batch: readonly Waiting[]): Promise<void> {
    // Failed already, with a batch before it.
    if (!batch.every((waiting) => this.#waiting.has(waiting))) return
    try {
      await this.#commit(
        batch.flatMap(({ operations }) => operations),
        batch.reduce(addTotals, this.#written)
      )
    } catch (error) {
      this.#failAll(error)
      return
    }
    for (const waiting of batch) {
      this.#forget(waiting)
      waiting.settled.resolve(waiting.adds.lastSequence)
    }
  }

  async #commit(operations: readonly StoreOperation[], totals: Totals): Promise<void> {
    await writeBatch(this.#store, [...operations, put(TOTALS_KEY, encodeTotals(totals))], this.#options.durability === 'sync')
    this.#written = totals
  }

  #forget(waiting: Waiting): void {
    this.#waiting.delete(waiting)
    if (waiting.key !== undefined) this.#waitingByKey.delete(waiting.key)
  }

  #failAll(error: unknown): void {
    for (const waiting of this.#waiting) {
      this.#forget(waiting)
      if (waiting.acknowledged) this.#unreported ??= { error }
      else waiting.settled.reject(error)
    }
    this.#collected = []
    this.#sequence = this.#written.lastSequence
  }
}
