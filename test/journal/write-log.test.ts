import { MemoryLevel } from 'memory-level'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/core/clock.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { prepareStore } from '../../src/journal/store.ts'
import type { Store } from '../../src/journal/store.ts'
import { resolveJournalOptions, storeJournal } from '../../src/journal/store-journal.ts'
import type { JournalOptions } from '../../src/journal/store-journal.ts'
import { decisionAt, idOf, outcomeAt, readAll } from './records.ts'
import { settle } from '../support/virtual-time.ts'

/** A store whose writes can be watched, held up and made to fail. */
async function watchedJournal(options: JournalOptions) {
  const store = new MemoryLevel<string, string>()
  await store.open()
  const totals = await prepareStore(store, 'watched')
  const batches: { readonly keys: readonly string[]; readonly sync: boolean }[] = []
  const disk = { gate: Promise.resolve(), error: undefined as Error | undefined }
  const write = store.batch.bind(store) as unknown as (operations: { key: string }[], options: object) => Promise<void>
  const watched = async (operations: { key: string }[], batchOptions: { sync: boolean }) => {
    batches.push({ keys: operations.map(({ key }) => key).filter((key) => !key.startsWith('m!')), sync: batchOptions.sync })
    await disk.gate
    if (disk.error !== undefined) throw disk.error
    await write(operations, batchOptions)
  }
  store.batch = watched as unknown as Store['batch']
  const clock = manualClock()
  const open = { name: 'watched', store, totals, close: () => store.close() }
  const journal = storeJournal(open, resolveJournalOptions(options), { clock, timers: clock })
  return { journal, batches, disk, clock }
}

const appendOutcomes = (journal: Journal, ns: readonly number[]) => ns.map((n) => journal.appendOutcome(outcomeAt(n)))
const full = new Error('no space left on device')

describe('batches of appends', () => {
  it('are written after the delay', async () => {
    const { journal, batches, clock } = await watchedJournal({ flushDelayMs: 10 })
    const appends = [journal.appendDecision(decisionAt(1)), ...appendOutcomes(journal, [1, 2])]
    clock.advance(9)
    await settle()
    expect(batches).toHaveLength(0)
    clock.advance(1)
    await Promise.all(appends)
    expect(batches.map(({ keys }) => keys)).toEqual([
      [`d!${idOf(1)}`, 'o!0000000000000001', `i!${idOf(1)}`, 'o!0000000000000002', `i!${idOf(2)}`]
    ])
  })

  it('wait for the delay after the first append, not after the last', async () => {
    const { journal, batches, clock } = await watchedJournal({ flushDelayMs: 10 })
    const appends = appendOutcomes(journal, [1])
    clock.advance(6)
    appends.push(...appendOutcomes(journal, [2]))
    clock.advance(4)
    await Promise.all(appends)
    expect(batches).toHaveLength(1)
  })

  it('are written when they are full, without waiting', async () => {
    const { journal, batches } = await watchedJournal({ flushDelayMs: 10, flushRecords: 2 })
    const [, , , , last] = appendOutcomes(journal, [1, 2, 3, 4, 5])
    await settle()
    expect(batches).toHaveLength(2)
    await journal.flush()
    expect(await last).toBe(5)
    expect(batches.map(({ keys }) => keys.length)).toEqual([4, 4, 2])
  })

  it('are written one at a time', async () => {
    const { journal, batches, disk } = await watchedJournal({ flushRecords: 1 })
    const gate = Promise.withResolvers<undefined>()
    disk.gate = gate.promise
    const appends = appendOutcomes(journal, [1, 2, 3])
    await settle()
    expect(batches).toHaveLength(1)
    gate.resolve(undefined)
    expect(await Promise.all(appends)).toEqual([1, 2, 3])
    expect(batches).toHaveLength(3)
  })

  it.each([
    { durability: 'sync' as const, sync: true },
    { durability: 'batch' as const, sync: false },
    { durability: 'none' as const, sync: false }
  ])('ask for fsync under $durability: $sync', async ({ durability, sync }) => {
    const { journal, batches } = await watchedJournal({ durability, flushRecords: 1 })
    await journal.appendOutcome(outcomeAt(1))
    await journal.flush()
    expect(batches.map((batch) => batch.sync)).toEqual([sync])
  })
})

describe('an acknowledgement', () => {
  it.each(['sync', 'batch'] as const)('waits for the write under %s', async (durability) => {
    const { journal, disk } = await watchedJournal({ durability, flushRecords: 1 })
    const gate = Promise.withResolvers<undefined>()
    disk.gate = gate.promise
    let acknowledged = false
    const append = journal.appendOutcome(outcomeAt(1)).then(() => (acknowledged = true))
    await settle()
    expect(acknowledged).toBe(false)
    gate.resolve(undefined)
    expect(await append).toBe(true)
  })

  it('does not wait under none, until 16 batches are waiting', async () => {
    const { journal, disk } = await watchedJournal({ durability: 'none', flushRecords: 2 })
    const gate = Promise.withResolvers<undefined>()
    disk.gate = gate.promise
    const ns = Array.from({ length: 40 }, (_, at) => at + 1)
    const acknowledged: number[] = []
    const appends = appendOutcomes(journal, ns).map((append) => append.then((sequence) => acknowledged.push(sequence)))
    await settle()
    expect(acknowledged).toEqual(ns.slice(0, 32))
    gate.resolve(undefined)
    await Promise.all(appends)
    expect(acknowledged).toEqual(ns)
  })
})

describe('a batch that cannot be written', () => {
  it('fails its appends and all that wait behind it; later ones are tried afresh, without a gap', async () => {
    const { journal, disk } = await watchedJournal({ flushRecords: 2 })
    await Promise.all(appendOutcomes(journal, [1, 2]))
    disk.error = full
    const lost = [
      ...appendOutcomes(journal, [3, 4, 5]),
      journal.appendDecision(decisionAt(3)),
      journal.appendDecision(decisionAt(4))
    ]
    expect(await Promise.allSettled(lost)).toEqual(lost.map(() => ({ status: 'rejected', reason: full })))
    expect(journal.lastSequence()).toBe(2)
    disk.error = undefined
    expect(await Promise.all(appendOutcomes(journal, [5, 3]))).toEqual([3, 4])
    expect((await readAll(journal.outcomes())).map(({ decisionId }) => decisionId)).toEqual([1, 2, 5, 3].map(idOf))
    expect(await journal.counts()).toEqual({ decisions: 0, outcomes: 4, snapshots: 0 })
    await journal.close()
  })

  it('is not reported again by flush when its appends have told', async () => {
    const { journal, disk } = await watchedJournal({ flushRecords: 1 })
    disk.error = full
    await expect(journal.appendOutcome(outcomeAt(1))).rejects.toBe(full)
    await journal.flush()
    await journal.close()
  })

  it('shows on the next flush under none, once', async () => {
    const { journal, disk } = await watchedJournal({ durability: 'none' })
    disk.error = full
    expect(await journal.appendOutcome(outcomeAt(1))).toBe(1)
    await expect(journal.flush()).rejects.toBe(full)
    await journal.flush()
    disk.error = undefined
    expect(await journal.appendOutcome(outcomeAt(2))).toBe(1)
    await journal.flush()
    expect(await readAll(journal.outcomes())).toEqual([{ sequence: 1, ...outcomeAt(2) }])
  })

  it('shows on close under none', async () => {
    const { journal, disk } = await watchedJournal({ durability: 'none' })
    disk.error = full
    await journal.appendDecision(decisionAt(1))
    await expect(journal.close()).rejects.toBe(full)
  })

  it('fails a prune, which changes nothing', async () => {
    const { journal, disk } = await watchedJournal({ flushRecords: 1 })
    await journal.appendDecision(decisionAt(1))
    disk.error = full
    await expect(journal.prune({ maxDecisions: 0 }, 1)).rejects.toBe(full)
    expect(await journal.counts()).toMatchObject({ decisions: 1 })
  })
})
