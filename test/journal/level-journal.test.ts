import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { openJournal } from '../../src/journal/level-journal.ts'
import type { OpenJournalOptions } from '../../src/journal/level-journal.ts'
import { journalContract } from '../contract/journal.ts'
import { decisionAt, idOf, outcomeAt, readAll } from './records.ts'

const components = { clock: systemClock, timers: systemClock }
let directory: string
let made = 0

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-journal-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const open = (options: OpenJournalOptions = {}, name = 'journal') => openJournal(join(directory, name), options, components)

/** Changes records behind the journal's back. */
async function tamper(change: (store: Level) => Promise<void>): Promise<void> {
  const store = new Level(join(directory, 'journal'))
  await change(store)
  await store.close()
}

journalContract('openJournal', (options) => open(options, `journal-${made++}`))

describe('openJournal', () => {
  it('finds everything again when it is opened again', async () => {
    const first = await open()
    await Promise.all([first.appendDecision(decisionAt(1)), first.appendOutcome(outcomeAt(1)), first.appendOutcome(outcomeAt(2))])
    const snapshot = { kind: 'policy', atMs: 5, throughSequence: 2, state: { mean: 0.1 + 0.2 } }
    await first.saveSnapshot(snapshot)
    await first.close()

    const second = await open({ createIfMissing: false })
    expect(second.lastSequence()).toBe(2)
    expect(await second.counts()).toEqual({ decisions: 1, outcomes: 2, snapshots: 1 })
    expect(await second.decision(idOf(1))).toEqual(decisionAt(1))
    expect(await second.loadSnapshot('policy')).toEqual(snapshot)
    expect(await second.appendOutcome(outcomeAt(1))).toBe(1)
    expect(await second.appendOutcome(outcomeAt(3))).toBe(3)
    await second.close()
  })

  it('goes on numbering after every outcome was pruned and it was opened again', async () => {
    const first = await open()
    await Promise.all([first.appendDecision(decisionAt(1)), first.appendOutcome(outcomeAt(1))])
    await first.prune({ maxDecisions: 0 }, 1)
    await first.close()
    const second = await open()
    expect(await second.counts()).toEqual({ decisions: 0, outcomes: 0, snapshots: 0 })
    expect(await second.appendOutcome(outcomeAt(2))).toBe(2)
    await second.close()
  })

  it('makes nothing where there is no journal and none is wanted', async () => {
    await expect(open({ createIfMissing: false })).rejects.toMatchObject({ code: 'ERR_JOURNAL_NOT_FOUND' })
    expect(await readdir(directory)).toEqual([])
  })

  it('names the process that has it open', async () => {
    const first = await open()
    await expect(open()).rejects.toMatchObject({
      code: 'ERR_JOURNAL_LOCKED',
      message: expect.stringMatching(
        new RegExp(`open in process ${process.pid} \\(.+, since 20.+\\); \`ps -fp ${process.pid}\``)
      ) as string
    })
    await first.close()
    await (await open()).close()
  })

  it('says how to find the process where the owner file says nothing', async () => {
    const first = await open()
    await writeFile(join(directory, 'journal', 'owner.json'), 'torn')
    await expect(open()).rejects.toMatchObject({
      code: 'ERR_JOURNAL_LOCKED',
      message: expect.stringContaining('fuser') as string
    })
    await first.close()
  })

  it('leaves an owner file while it is open only', async () => {
    const file = join(directory, 'journal', 'owner.json')
    const journal = await open()
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ pid: process.pid })
    await journal.close()
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it.each([
    { value: JSON.stringify({ format: 'peerbandit-journal', version: 2 }), found: 'got v2, expected v1' },
    { value: JSON.stringify({ format: 'something', version: 1 }), found: 'got a database that is not a peerbandit journal' },
    { value: 'binary', found: 'got a database that is not a peerbandit journal' }
  ])('refuses the format $value', async ({ value, found }) => {
    await (await open()).close()
    await tamper((store) => store.put('m!format', value))
    await expect(open()).rejects.toMatchObject({
      code: 'ERR_JOURNAL_VERSION',
      message: expect.stringContaining(`${join(directory, 'journal')}: ${found}`) as string
    })
  })

  it('refuses a LevelDB database of another program, and leaves it as it was', async () => {
    await tamper((store) => store.put('name', 'value'))
    await expect(open()).rejects.toMatchObject({
      code: 'ERR_JOURNAL_VERSION',
      message: expect.stringContaining('not a peerbandit journal') as string
    })
    await tamper(async (store) => {
      expect(await store.iterator().all()).toEqual([['name', 'value']])
    })
  })

  it.each([
    { what: 'lost totals', key: 'm!totals', value: undefined },
    { what: 'totals of another shape', key: 'm!totals', value: '{"decisions":1}' },
    { what: 'an outcome that was never numbered', key: 'o!0000000000000009', value: '{}' }
  ])('refuses $what, naming the key', async ({ key, value }) => {
    await (await open()).close()
    await tamper((store) => (value === undefined ? store.del(key) : store.put(key, value)))
    await expect(open()).rejects.toMatchObject({ code: 'ERR_JOURNAL_CORRUPT', message: expect.stringContaining(key) as string })
  })

  it('names the key of a record that was damaged', async () => {
    const first = await open()
    await first.appendDecision(decisionAt(1))
    await first.saveSnapshot({ kind: 'policy', atMs: 1, throughSequence: 0, state: { mean: 0.5 } })
    await first.close()
    await tamper(async (store) => {
      await store.put(`d!${idOf(1)}`, '{"id":')
      const text = await store.get('s!policy')
      await store.put('s!policy', text.replace('0.5', '0.6'))
    })
    const second = await open()
    const corrupt = (key: string) => ({ code: 'ERR_JOURNAL_CORRUPT', message: expect.stringContaining(key) as string })
    await expect(second.decision(idOf(1))).rejects.toMatchObject(corrupt(`d!${idOf(1)}`))
    await expect(readAll(second.decisions())).rejects.toMatchObject(corrupt(`d!${idOf(1)}`))
    await expect(second.loadSnapshot('policy')).rejects.toMatchObject(corrupt('s!policy'))
    await second.close()
  })

  it('loads LevelDB only when a journal is opened', () => {
    const file = join(import.meta.dirname, '../../src/journal/level-journal.ts')
    const script = `await import(${JSON.stringify(file)}); process.stdout.write(String(process.report.getReport().sharedObjects.some((each) => each.includes('classic-level'))))`
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })).toBe('false')
  })
})
