import { expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { memoryJournal } from '../../src/journal/level-journal.ts'
import { journalContract } from '../contract/journal.ts'

const components = { clock: systemClock, timers: systemClock }

journalContract('memoryJournal', (options = {}) => memoryJournal(options, components))

it.each([
  { options: { durability: 'fsync' as 'sync' }, message: 'durability must be one of sync, batch, none, got "fsync"' },
  { options: { flushDelayMs: NaN }, message: 'flushDelayMs must be a finite number of at least 0, got NaN' },
  { options: { flushRecords: 0 }, message: 'flushRecords must be an integer of at least 1, got 0' }
])('refuses $options', async ({ options, message }) => {
  await expect(memoryJournal(options, components)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION', message })
})
