import type { AbstractLevel } from 'abstract-level'
import { PeerbanditError } from '../core/errors.ts'
import { NO_TOTALS, corrupt, decodeTotals, encodeTotals } from './codec.ts'
import type { Totals } from './codec.ts'
import { ALL_OUTCOMES, FORMAT_KEY, TOTALS_KEY, sequenceOf } from './keys.ts'

/** A sorted key-value store of text: LevelDB on disk, or the same in memory. */
export type Store = AbstractLevel<string | Buffer | Uint8Array, string, string>

export interface OpenStore {
  readonly name: string
  readonly store: Store
  readonly totals: Totals
  close(): Promise<void>
}

export type StoreOperation =
  { readonly type: 'put'; readonly key: string; readonly value: string } | { readonly type: 'del'; readonly key: string }

/** The format of everything in the store. Another meaning of any record needs another version. */
const FORMAT = { format: 'peerbandit-journal', version: 1 } as const

/**
 * Writes all or nothing.
 * @param sync whether the disk must have it before this resolves; a store without a disk ignores it
 */
export async function writeBatch(store: Store, operations: readonly StoreOperation[], sync: boolean): Promise<void> {
  // `sync` is an option of LevelDB only, hence not of the common type.
  const options: { keyEncoding: 'utf8'; sync: boolean } = { keyEncoding: 'utf8', sync }
  await store.batch([...operations], options)
}

function wrongVersion(name: string, found: string): PeerbanditError {
  const advice = 'open it with the release of peerbandit that wrote it, or choose a new place'
  return new PeerbanditError('ERR_JOURNAL_VERSION', `journal ${name}: got ${found}, expected v${FORMAT.version}; ${advice}`)
}

function checkFormat(name: string, text: string): void {
  let found: { format?: unknown; version?: unknown } | null
  try {
    found = JSON.parse(text) as { format?: unknown; version?: unknown } | null
  } catch {
    found = null
  }
  if (found?.format !== FORMAT.format) throw wrongVersion(name, 'a database that is not a peerbandit journal')
  if (found.version !== FORMAT.version) throw wrongVersion(name, `v${String(found.version)}`)
}

async function readTotals(store: Store): Promise<Totals> {
  const text = await store.get(TOTALS_KEY)
  if (text === undefined) throw corrupt(TOTALS_KEY, 'it is missing')
  const totals = decodeTotals(TOTALS_KEY, text)
  const [lastKey] = await store.keys({ ...ALL_OUTCOMES, reverse: true, limit: 1 }).all()
  if (lastKey !== undefined && !(sequenceOf(lastKey) <= totals.lastSequence)) {
    throw corrupt(lastKey, `no sequence number above ${totals.lastSequence} was given`)
  }
  return totals
}

/**
 * Checks that an open store is a journal of this version and reads what it holds; an empty store becomes a journal.
 * @throws ERR_JOURNAL_VERSION, ERR_JOURNAL_CORRUPT
 */
export async function prepareStore(store: Store, name: string): Promise<Totals> {
  const format = await store.get(FORMAT_KEY)
  if (format !== undefined) {
    checkFormat(name, format)
    return readTotals(store)
  }
  const [anyKey] = await store.keys({ limit: 1 }).all()
  if (anyKey !== undefined) throw wrongVersion(name, 'a database that is not a peerbandit journal')
  const first: StoreOperation[] = [
    { type: 'put', key: FORMAT_KEY, value: JSON.stringify(FORMAT) },
    { type: 'put', key: TOTALS_KEY, value: encodeTotals(NO_TOTALS) }
  ]
  await writeBatch(store, first, true)
  return NO_TOTALS
}
