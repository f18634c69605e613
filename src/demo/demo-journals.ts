import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../core/clock.ts'
import { isPeerbanditError } from '../core/errors.ts'
import { SIDES, type Side } from '../experiment/comparison-types.ts'
import type { Journal } from '../journal/journal.ts'
import { openJournal } from '../journal/level-journal.ts'

const open = (path: string) => openJournal(path, {}, { clock: systemClock, timers: systemClock })

/** Opens a journal as new. What another process has open is never thrown away. */
async function openFresh(path: string): Promise<Journal> {
  try {
    await (await open(path)).close()
  } catch (error) {
    // One that cannot be read may go; one that is in use may not.
    if (!isPeerbanditError(error, 'ERR_JOURNAL_VERSION') && !isPeerbanditError(error, 'ERR_JOURNAL_CORRUPT')) throw error
  }
  await rm(path, { recursive: true, force: true })
  return open(path)
}

/**
 * The journals of both sides, each in a directory of its own.
 * @throws ERR_JOURNAL_LOCKED, ERR_JOURNAL_VERSION, ERR_JOURNAL_CORRUPT; then none is open
 */
export async function openDemoJournals(
  directory: string,
  { fresh }: { readonly fresh: boolean }
): Promise<Record<Side, Journal>> {
  const opened: Journal[] = []
  try {
    for (const side of SIDES) opened.push(await (fresh ? openFresh : open)(join(directory, side)))
  } catch (error) {
    await Promise.all(opened.map((journal) => journal.close()))
    throw error
  }
  const [adaptive, fixed] = opened
  return { adaptive, static: fixed }
}
