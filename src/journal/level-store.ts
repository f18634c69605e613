import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { PeerbanditError, messageOf } from '../core/errors.ts'
import { describeOwner, removeOwner, writeOwner } from './owner.ts'
import { prepareStore } from './store.ts'
import type { OpenStore, Store } from './store.ts'

/** Each open file has its index in memory: with LevelDB's 1,000 that grows with the journal, by tens of MB. New records are in the newest few. */
const MOST_OPEN_FILES = 64
/** Records are written once and read through in order, if at all: LevelDB's cache of 8 MB would hold what nobody asks for again. */
const CACHE_BYTES = 1_048_576
/** What is written before it is sorted into a file. Threads take turns in filling it, and what each of them had of the largest stays with it. */
const WRITE_BUFFER_BYTES = 1_048_576

const MEMORY = { maxOpenFiles: MOST_OPEN_FILES, cacheSize: CACHE_BYTES, writeBufferSize: WRITE_BUFFER_BYTES }

async function levelAt(location: string, createIfMissing: boolean): Promise<Store> {
  // LevelDB is native code: it is loaded when a journal on disk is wanted, so that everything else works without it.
  const { Level } = await import('level').catch((cause: unknown) => {
    throw new Error('a journal on disk needs LevelDB, which did not load; install the package "level" for this platform', {
      cause
    })
  })
  return new Level<string, string>(location, { createIfMissing, ...MEMORY })
}

async function exists(location: string): Promise<boolean> {
  // Every LevelDB directory has this file.
  return access(join(location, 'CURRENT')).then(
    () => true,
    () => false
  )
}

async function openError(location: string, error: unknown): Promise<unknown> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = (cause as { readonly code?: unknown }).code
  if (code === 'LEVEL_LOCKED') {
    const owner = await describeOwner(location)
    const text = `journal ${location} must be free, got one that is open in ${owner}; stop it or choose another place`
    return new PeerbanditError('ERR_JOURNAL_LOCKED', text, { cause })
  }
  if (code === 'LEVEL_CORRUPTION') {
    const text = `journal ${location} cannot be opened: ${messageOf(cause)}; restore it from a copy, or choose a new place`
    return new PeerbanditError('ERR_JOURNAL_CORRUPT', text, { cause })
  }
  return cause
}

/** Opens LevelDB in a directory and checks that it holds a journal. */
export async function openLevelStore(location: string, createIfMissing: boolean, clock: Clock): Promise<OpenStore> {
  if (!createIfMissing && !(await exists(location))) {
    throw new PeerbanditError(
      'ERR_JOURNAL_NOT_FOUND',
      `no journal at ${location}; check the path, or run a router with this journal first`
    )
  }
  const store = await levelAt(location, createIfMissing)
  try {
    await store.open()
  } catch (error) {
    throw await openError(location, error)
  }
  try {
    const totals = await prepareStore(store, location)
    await writeOwner(location, clock)
    return {
      name: location,
      store,
      totals,
      async close() {
        // Before the lock goes: afterwards the file may be another process's.
        await removeOwner(location)
        await store.close()
      }
    }
  } catch (error) {
    await store.close()
    throw error
  }
}
