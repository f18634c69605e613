import { afterEach, describe, expect, it } from 'vitest'
import type { Journal } from '../../src/journal/journal.ts'
import type { JournalOptions } from '../../src/journal/store-journal.ts'
import { decisionAt, idOf, outcomeAt, readAll } from '../journal/records.ts'

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

async function fill(journal: Journal, ns: readonly number[]): Promise<void> {
  await Promise.all(ns.flatMap((n) => [journal.appendDecision(decisionAt(n)), journal.appendOutcome(outcomeAt(n))]))
}

/**
 * What every journal must do, whatever it is kept in.
 * @param open a new, empty journal
 */
export function journalContract(name: string, open: (options?: JournalOptions) => Promise<Journal>): void {
  describe(`${name} as a journal`, () => {
    const opened: Journal[] = []

    async function start(options?: JournalOptions): Promise<Journal> {
      const journal = await open(options)
      opened.push(journal)
      return journal
    }

    afterEach(async () => {
      for (const journal of opened.splice(0)) await journal.close()
    })

    it('starts empty', async () => {
      const journal = await start()
      expect(await journal.counts()).toEqual({ decisions: 0, outcomes: 0, snapshots: 0 })
      expect(journal.lastSequence()).toBe(0)
      expect(await readAll(journal.decisions())).toEqual([])
      expect(await readAll(journal.outcomes())).toEqual([])
      expect(await journal.loadSnapshot('policy')).toBeUndefined()
    })

    it('gives back what was appended, joined by the decision id', async () => {
      const journal = await start()
      await fill(journal, [1, 2])
      expect(await journal.decision(idOf(2))).toEqual(decisionAt(2))
      expect(await journal.outcome(idOf(2))).toEqual({ sequence: 2, ...outcomeAt(2) })
      expect(await journal.decision(idOf(3))).toBeUndefined()
      expect(await journal.outcome(idOf(3))).toBeUndefined()
    })

    it('yields decisions in order of time and outcomes in order of appending', async () => {
      const journal = await start()
      for (const n of [3, 1, 20, 2]) await journal.appendDecision(decisionAt(n))
      for (const n of [20, 2, 3]) await journal.appendOutcome(outcomeAt(n))
      const decisions = await readAll(journal.decisions())
      const outcomes = await readAll(journal.outcomes())
      expect(decisions.map(({ atMs }) => atMs)).toEqual([1, 2, 3, 20])
      expect(outcomes.map(({ sequence, decisionId }) => [sequence, decisionId])).toEqual([
        [1, idOf(20)],
        [2, idOf(2)],
        [3, idOf(3)]
      ])
    })

    it.each([
      { range: {}, expected: [1, 2, 3, 4, 5] },
      { range: { fromMs: 2 }, expected: [2, 3, 4, 5] },
      { range: { toMs: 4 }, expected: [1, 2, 3] },
      { range: { fromMs: 2, toMs: 4 }, expected: [2, 3] },
      { range: { fromMs: 6 }, expected: [] }
    ])('limits decisions to $range', async ({ range, expected }) => {
      const journal = await start()
      await fill(journal, numbers(1, 5))
      const found = await readAll(journal.decisions(range))
      expect(found.map(({ atMs }) => atMs)).toEqual(expected)
    })

    it.each([
      { range: { afterSequence: 3 }, expected: [4, 5] },
      { range: { afterSequence: 5 }, expected: [] },
      { range: { fromMs: 2.5 }, expected: [2, 3, 4, 5] },
      { range: { toMs: 3.5 }, expected: [1, 2] },
      { range: { afterSequence: 1, toMs: 4 }, expected: [2, 3] }
    ])('limits outcomes to $range', async ({ range, expected }) => {
      const journal = await start()
      await fill(journal, numbers(1, 5))
      const found = await readAll(journal.outcomes(range))
      expect(found.map(({ sequence }) => sequence)).toEqual(expected)
    })

    it('takes a duplicate as a no-op that resolves to the first one, written or not', async () => {
      const journal = await start()
      const first = journal.appendOutcome(outcomeAt(1))
      const waiting = journal.appendOutcome(outcomeAt(1, { reward: 0 }))
      await journal.appendOutcome(outcomeAt(2))
      const written = journal.appendOutcome(outcomeAt(1, { reward: 1 }))
      expect(await Promise.all([first, waiting, written])).toEqual([1, 1, 1])
      await journal.appendDecision(decisionAt(1))
      await journal.appendDecision(decisionAt(1, { model: 'another' }))
      expect(await journal.outcome(idOf(1))).toEqual({ sequence: 1, ...outcomeAt(1) })
      expect(await journal.decision(idOf(1))).toEqual(decisionAt(1))
      expect(await journal.counts()).toEqual({ decisions: 1, outcomes: 2, snapshots: 0 })
      expect(journal.lastSequence()).toBe(2)
    })

    it('counts a sequence number as given when the outcome is appended, not when it is written', async () => {
      const journal = await start()
      const written = journal.appendOutcome(outcomeAt(1))
      expect(journal.lastSequence()).toBe(1)
      expect(await written).toBe(1)
    })

    it('numbers concurrent appends in the order of the calls, across batches', async () => {
      const journal = await start({ flushRecords: 7 })
      const ns = numbers(1, 500)
      const sequences = await Promise.all(
        ns.map(async (n) => {
          const [, sequence] = await Promise.all([journal.appendDecision(decisionAt(n)), journal.appendOutcome(outcomeAt(n))])
          return sequence
        })
      )
      expect(sequences).toEqual(ns)
      const outcomes = await readAll(journal.outcomes())
      expect(outcomes.map(({ decisionId }) => decisionId)).toEqual(ns.map(idOf))
      expect(await journal.counts()).toEqual({ decisions: 500, outcomes: 500, snapshots: 0 })
    })

    it('lets reads see appends that nobody has awaited', async () => {
      const journal = await start({ flushDelayMs: 60_000 })
      const appends = [journal.appendDecision(decisionAt(1)), journal.appendOutcome(outcomeAt(1))]
      expect(await journal.decision(idOf(1))).toEqual(decisionAt(1))
      expect(await readAll(journal.outcomes())).toHaveLength(1)
      await Promise.all(appends)
    })

    it('reads a state of one moment while appends go on', async () => {
      const journal = await start({ flushDelayMs: 0 })
      await fill(journal, numbers(1, 50))
      const seen: number[] = []
      for await (const { atMs } of journal.decisions()) {
        seen.push(atMs)
        await journal.appendDecision(decisionAt(1000 + atMs))
      }
      expect(seen).toEqual(numbers(1, 50))
    })

    it('replaces a snapshot as a whole, and keeps kinds apart', async () => {
      const journal = await start()
      await fill(journal, [1, 2])
      const policy = { kind: 'policy', atMs: 10, throughSequence: 1, state: { arms: [0.25, null, 'x'], nested: { deep: [{}] } } }
      await journal.saveSnapshot(policy)
      await journal.saveSnapshot({ kind: 'peers', atMs: 11, throughSequence: 2, state: [] })
      const later = { kind: 'policy', atMs: 12, throughSequence: 2, state: { arms: [] } }
      expect(await journal.loadSnapshot('policy')).toEqual(policy)
      await journal.saveSnapshot(later)
      expect(await journal.loadSnapshot('policy')).toEqual(later)
      expect(await journal.counts()).toEqual({ decisions: 2, outcomes: 2, snapshots: 2 })
    })

    it('refuses a snapshot of outcomes that it does not have', async () => {
      const journal = await start()
      await fill(journal, [1])
      await expect(journal.saveSnapshot({ kind: 'policy', atMs: 1, throughSequence: 2, state: null })).rejects.toMatchObject({
        code: 'ERR_INVALID_OPTION',
        message: 'snapshot.throughSequence must be an integer from 0 to 1, got 2'
      })
    })

    it('refuses a record that it could not give back', async () => {
      const journal = await start()
      await expect(journal.appendDecision(decisionAt(1, { atMs: NaN }))).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
      await expect(journal.appendOutcome(outcomeAt(1, { reward: 1.5 }))).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
      expect(await journal.counts()).toEqual({ decisions: 0, outcomes: 0, snapshots: 0 })
      expect(journal.lastSequence()).toBe(0)
    })

    it('prunes old decisions with their outcomes and goes on numbering', async () => {
      const journal = await start()
      await fill(journal, numbers(1, 10))
      expect(await journal.prune({ maxAgeMs: 5 }, 11)).toEqual({ decisions: 5, outcomes: 5, snapshots: 0 })
      expect((await readAll(journal.decisions())).map(({ atMs }) => atMs)).toEqual([6, 7, 8, 9, 10])
      expect((await readAll(journal.outcomes())).map(({ sequence }) => sequence)).toEqual([6, 7, 8, 9, 10])
      expect(await journal.prune({ maxDecisions: 0 }, 11)).toEqual({ decisions: 5, outcomes: 5, snapshots: 0 })
      expect(await journal.counts()).toEqual({ decisions: 0, outcomes: 0, snapshots: 0 })
      expect(await journal.appendOutcome(outcomeAt(11))).toBe(11)
    })

    it('writes everything on close', async () => {
      const journal = await start({ flushDelayMs: 60_000 })
      const append = journal.appendOutcome(outcomeAt(1))
      await journal.close()
      expect(await append).toBe(1)
      await journal.close()
    })

    it.each<[string, (journal: Journal) => unknown]>([
      ['appendDecision', (journal) => journal.appendDecision(decisionAt(1))],
      ['appendOutcome', (journal) => journal.appendOutcome(outcomeAt(1))],
      ['decision', (journal) => journal.decision(idOf(1))],
      ['outcome', (journal) => journal.outcome(idOf(1))],
      ['decisions', (journal) => readAll(journal.decisions())],
      ['outcomes', (journal) => readAll(journal.outcomes())],
      ['lastSequence', async (journal) => Promise.resolve(journal).then((each) => each.lastSequence())],
      ['saveSnapshot', (journal) => journal.saveSnapshot({ kind: 'policy', atMs: 1, throughSequence: 0, state: 1 })],
      ['loadSnapshot', (journal) => journal.loadSnapshot('policy')],
      ['counts', (journal) => journal.counts()],
      ['prune', (journal) => journal.prune({ maxDecisions: 1 }, 1)],
      ['flush', (journal) => journal.flush()]
    ])('refuses %s after close', async (_, use) => {
      const journal = await start()
      await journal.close()
      await expect(use(journal)).rejects.toMatchObject({ code: 'ERR_JOURNAL_CLOSED' })
    })

    it('ends an iteration that is under way when it is closed', async () => {
      const journal = await start()
      await fill(journal, numbers(1, 10))
      const decisions = journal.decisions()[Symbol.asyncIterator]()
      await decisions.next()
      await journal.close()
      await expect(decisions.next()).rejects.toMatchObject({ code: 'ERR_JOURNAL_CLOSED' })
    })

    it.each(['sync', 'batch', 'none'] as const)('keeps everything under durability %s', async (durability) => {
      const journal = await start({ durability, flushRecords: 16 })
      await fill(journal, numbers(1, 100))
      await journal.flush()
      expect(await journal.counts()).toEqual({ decisions: 100, outcomes: 100, snapshots: 0 })
    })
  })
}
