import { checkFinite, checkNonNegative } from '../core/check.ts'
import { bytesOf, decodeDecision, decodeOutcome, decodeSequence } from './codec.ts'
import type { Totals } from './codec.ts'
import type { JournalCounts, Retention } from './journal.ts'
import { ALL_DECISIONS, ALL_OUTCOMES, decisionKey, indexKey, outcomeKey } from './keys.ts'
import type { Store, StoreOperation } from './store.ts'
import type { Change } from './write-log.ts'

/** Decisions that go in one batch. Small, because appends wait while it is written. */
const CHUNK_RECORDS = 256

/** Runs a step in turn with the appends and writes what it asks for. */
export type ChangeStore = <T>(work: (totals: Totals) => Promise<Change<T>>) => Promise<T>

type Kept = Pick<Totals, 'decisions' | 'recordBytes'>

interface Limits {
  readonly oldestMs: number
  readonly maxDecisions: number
  readonly maxBytes: number
}

interface Entry {
  readonly key: string
  readonly text: string
}

/** A decision with everything that goes when it goes: itself, its outcome and the index entry of that. */
interface Family {
  readonly atMs: number
  readonly entries: readonly Entry[]
  readonly answered: boolean
}

interface Pruned {
  readonly removed: JournalCounts
  /** Whether there may be more to remove. */
  readonly more: boolean
}

function limitOf(name: string, value: number | undefined): number {
  return value === undefined || value === Infinity ? Infinity : checkNonNegative(name, value)
}

function removeAll(totals: Totals, families: readonly Family[], decisions: number): Change<JournalCounts> {
  const entries = families.flatMap((family) => family.entries)
  const outcomes = families.filter(({ answered }) => answered).length
  return {
    operations: entries.map(({ key }): StoreOperation => ({ type: 'del', key })),
    totals: {
      decisions: totals.decisions - decisions,
      outcomes: totals.outcomes - outcomes,
      lastSequence: totals.lastSequence,
      recordBytes: totals.recordBytes - bytesIn(entries)
    },
    result: { decisions, outcomes, snapshots: 0 }
  }
}

function bytesIn(entries: readonly Entry[]): number {
  return entries.reduce((sum, { key, text }) => sum + bytesOf(key, text), 0)
}

async function readEntries(store: Store, keys: readonly string[]): Promise<ReadonlyMap<string, Entry>> {
  const texts = await store.getMany([...keys])
  return new Map(keys.flatMap((key, at) => (texts[at] === undefined ? [] : [[key, { key, text: texts[at] }]])))
}

async function oldestFamilies(store: Store): Promise<readonly Family[]> {
  const decisions: { readonly id: string; readonly atMs: number; readonly entry: Entry }[] = []
  for await (const [key, text] of store.iterator({ ...ALL_DECISIONS, limit: CHUNK_RECORDS })) {
    const { id, atMs } = decodeDecision(key, text)
    decisions.push({ id, atMs, entry: { key, text } })
  }
  const indexes = await readEntries(
    store,
    decisions.map(({ id }) => indexKey(id))
  )
  const outcomeKeyOf = ({ key, text }: Entry) => outcomeKey(decodeSequence(key, text))
  const outcomes = await readEntries(store, [...indexes.values()].map(outcomeKeyOf))
  return decisions.map(({ id, atMs, entry }) => {
    const index = indexes.get(indexKey(id))
    const outcome = index === undefined ? undefined : outcomes.get(outcomeKeyOf(index))
    return { atMs, entries: [entry, index, outcome].filter((each) => each !== undefined), answered: outcome !== undefined }
  })
}

/** Whether the oldest decision has to go. */
function isOver(atMs: number, { decisions, recordBytes }: Kept, { oldestMs, maxDecisions, maxBytes }: Limits): boolean {
  return atMs < oldestMs || decisions > maxDecisions || recordBytes > maxBytes
}

async function oldestAtMs(store: Store): Promise<number> {
  const [oldest] = await store.iterator({ ...ALL_DECISIONS, limit: 1 }).all()
  return oldest === undefined ? Infinity : decodeDecision(...oldest).atMs
}

/** Removes the oldest decisions that are over a limit, up to a chunk of them. */
async function pruneDecisions(store: Store, totals: Totals, limits: Limits): Promise<Change<Pruned>> {
  // Mostly nothing is over a limit, and one record says so.
  const families = isOver(await oldestAtMs(store), totals, limits) ? await oldestFamilies(store) : []
  let { decisions, recordBytes } = totals
  let count = 0
  for (const { atMs, entries } of families) {
    if (!isOver(atMs, { decisions, recordBytes }, limits)) break
    count += 1
    decisions -= 1
    recordBytes -= bytesIn(entries)
  }
  const change = removeAll(totals, families.slice(0, count), count)
  return { ...change, result: { removed: change.result, more: count === CHUNK_RECORDS } }
}

/** Removes outcomes that came after their decision was pruned: those from before the oldest decision that is left. */
async function pruneLateOutcomes(store: Store, totals: Totals): Promise<Change<Pruned>> {
  const oldestMs = await oldestAtMs(store)
  const old: { readonly decisionId: string; readonly entry: Entry }[] = []
  for await (const [key, text] of store.iterator({ ...ALL_OUTCOMES, limit: CHUNK_RECORDS })) {
    const { decisionId, atMs } = decodeOutcome(key, text)
    if (atMs >= oldestMs) break
    old.push({ decisionId, entry: { key, text } })
  }
  // The clock may have been set back between a decision and its outcome: the age alone does not say that the decision went.
  const kept = await store.hasMany(old.map(({ decisionId }) => decisionKey(decisionId)))
  const late = old.filter((_, at) => kept[at] !== true)
  const indexes = await readEntries(
    store,
    late.map(({ decisionId }) => indexKey(decisionId))
  )
  const families = late.map(({ decisionId, entry }) => {
    const index = indexes.get(indexKey(decisionId))
    return { atMs: 0, entries: index === undefined ? [entry] : [entry, index], answered: true }
  })
  const change = removeAll(totals, families, 0)
  return { ...change, result: { removed: change.result, more: late.length === CHUNK_RECORDS } }
}

/**
 * Removes the oldest decisions until all limits hold, each with its outcome; sequence numbers are not given again.
 * Appends go on in between.
 * @throws ERR_INVALID_OPTION, ERR_JOURNAL_CORRUPT
 */
export async function pruneStore(store: Store, change: ChangeStore, retention: Retention, nowMs: number): Promise<JournalCounts> {
  const limits: Limits = {
    oldestMs: checkFinite('nowMs', nowMs) - limitOf('maxAgeMs', retention.maxAgeMs),
    maxDecisions: limitOf('maxDecisions', retention.maxDecisions),
    maxBytes: limitOf('maxBytes', retention.maxBytes)
  }
  let decisions = 0
  let outcomes = 0
  const limited = Math.min(-limits.oldestMs, limits.maxDecisions, limits.maxBytes) < Infinity
  if (!limited) return { decisions, outcomes, snapshots: 0 }
  const steps = [(totals: Totals) => pruneDecisions(store, totals, limits), (totals: Totals) => pruneLateOutcomes(store, totals)]
  for (const step of steps) {
    for (let more = true; more;) {
      const pruned = await change(step)
      decisions += pruned.removed.decisions
      outcomes += pruned.removed.outcomes
      more = pruned.more
    }
  }
  return { decisions, outcomes, snapshots: 0 }
}
