import { MemoryLevel } from 'memory-level'
import { checkText } from '../core/check.ts'
import type { Journal } from './journal.ts'
import { openLevelStore } from './level-store.ts'
import { prepareStore } from './store.ts'
import { resolveJournalOptions, storeJournal } from './store-journal.ts'
import type { JournalComponents, JournalOptions } from './store-journal.ts'

export interface OpenJournalOptions extends JournalOptions {
  /** Whether a journal is made where there is none. @default true */
  readonly createIfMissing?: boolean
}

/**
 * Opens the journal in a directory of its own, for this process alone.
 *
 * Back-pressure: an append is held in memory until its batch is written, and is acknowledged after that, so callers that await
 * their appends go at the pace of the disk. Under durability 'none' acknowledgements run ahead of the disk by 16 batches at
 * most; after that an append waits to be written.
 *
 * @param location a directory; made if it is not there
 * @throws ERR_INVALID_OPTION, ERR_JOURNAL_NOT_FOUND, ERR_JOURNAL_LOCKED naming the process that has it open,
 *   ERR_JOURNAL_VERSION, ERR_JOURNAL_CORRUPT
 */
export async function openJournal(
  location: string,
  options: OpenJournalOptions,
  components: JournalComponents
): Promise<Journal> {
  checkText('location', location)
  const { createIfMissing = true, ...rest } = options
  const resolved = resolveJournalOptions(rest)
  return storeJournal(await openLevelStore(location, createIfMissing, components.clock), resolved, components)
}

/** A journal that is gone when it is closed; otherwise the same as one on disk. */
export async function memoryJournal(options: JournalOptions, components: JournalComponents): Promise<Journal> {
  const resolved = resolveJournalOptions(options)
  const store = new MemoryLevel<string, string>()
  await store.open()
  const totals = await prepareStore(store, 'in memory')
  return storeJournal({ name: 'in memory', store, totals, close: () => store.close() }, resolved, components)
}
