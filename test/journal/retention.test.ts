import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { bytesOf } from '../../src/journal/codec.ts'
import type { Journal, Retention } from '../../src/journal/journal.ts'
import { decisionKey, indexKey, outcomeKey } from '../../src/journal/keys.ts'
import { memoryJournal } from '../../src/journal/level-journal.ts'
import { decisionAt, idOf, outcomeAt, readAll } from './records.ts'

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

interface Contents {
  readonly decisions: readonly number[]
  /** Outcomes, in the order in which they are appended. */
  readonly outcomes: readonly number[]
}

async function journalOf({ decisions, outcomes }: Contents): Promise<Journal> {
  const journal = await memoryJournal({}, { clock: systemClock, timers: systemClock })
  await Promise.all(decisions.map((n) => journal.appendDecision(decisionAt(n))))
  await Promise.all(outcomes.map((n) => journal.appendOutcome(outcomeAt(n))))
  return journal
}

async function contentsOf(journal: Journal): Promise<Contents> {
  const decisions = await readAll(journal.decisions())
  const outcomes = await readAll(journal.outcomes())
  return { decisions: decisions.map(({ atMs }) => atMs), outcomes: outcomes.map(({ atMs }) => atMs - 0.5) }
}

const NOW_MS = 11

/** What the n-th decision and its outcome take. */
const pairBytes = (n: number) =>
  bytesOf(decisionKey(idOf(n)), JSON.stringify(decisionAt(n))) +
  bytesOf(outcomeKey(n), JSON.stringify(outcomeAt(n))) +
  bytesOf(indexKey(idOf(n)), String(n))

describe('prune', () => {
  it.each<{ name: string; retention: Retention; before: Contents; after: Contents }>([
    {
      name: 'nothing without a limit',
      retention: { maxAgeMs: Infinity },
      before: { decisions: [1, 2], outcomes: [0, 1] },
      after: { decisions: [1, 2], outcomes: [0, 1] }
    },
    {
      name: 'by age, the limit itself staying',
      retention: { maxAgeMs: 8 },
      before: { decisions: [1, 2, 3, 4], outcomes: [1, 2, 3, 4] },
      after: { decisions: [3, 4], outcomes: [3, 4] }
    },
    {
      name: 'by number',
      retention: { maxDecisions: 2 },
      before: { decisions: [1, 2, 3, 4], outcomes: [1, 2, 3, 4] },
      after: { decisions: [3, 4], outcomes: [3, 4] }
    },
    {
      name: 'by both, whichever takes more',
      retention: { maxAgeMs: 8, maxDecisions: 1 },
      before: { decisions: [1, 2, 3, 4], outcomes: [1, 2, 3, 4] },
      after: { decisions: [4], outcomes: [4] }
    },
    {
      name: 'by bytes',
      retention: { maxBytes: pairBytes(3) + pairBytes(4) },
      before: { decisions: [1, 2, 3, 4], outcomes: [1, 2, 3, 4] },
      after: { decisions: [3, 4], outcomes: [3, 4] }
    },
    {
      name: 'one more when a byte is missing',
      retention: { maxBytes: pairBytes(3) + pairBytes(4) - 1 },
      before: { decisions: [1, 2, 3, 4], outcomes: [1, 2, 3, 4] },
      after: { decisions: [4], outcomes: [4] }
    },
    {
      name: 'no unanswered decision that is younger than the limit',
      retention: { maxAgeMs: 8 },
      before: { decisions: [1, 2, 3, 4], outcomes: [1, 4] },
      after: { decisions: [3, 4], outcomes: [4] }
    },
    {
      name: 'outcomes wherever they lie in the sequence',
      retention: { maxDecisions: 2 },
      before: { decisions: [1, 2, 3, 4], outcomes: [4, 1, 3, 2] },
      after: { decisions: [3, 4], outcomes: [4, 3] }
    },
    {
      name: 'an outcome that came after its decision went, once it is older than what is left',
      retention: { maxDecisions: 9 },
      before: { decisions: [3, 4], outcomes: [1, 2, 3] },
      after: { decisions: [3, 4], outcomes: [3] }
    },
    {
      name: 'everything',
      retention: { maxDecisions: 0 },
      before: { decisions: [1, 2], outcomes: [2] },
      after: { decisions: [], outcomes: [] }
    }
  ])('removes $name', async ({ retention, before, after }) => {
    const journal = await journalOf(before)
    expect(await journal.prune(retention, NOW_MS)).toEqual({
      decisions: before.decisions.length - after.decisions.length,
      outcomes: before.outcomes.length - after.outcomes.length,
      snapshots: 0
    })
    expect(await contentsOf(journal)).toEqual(after)
    expect(await journal.counts()).toMatchObject({ decisions: after.decisions.length, outcomes: after.outcomes.length })
    expect(journal.lastSequence()).toBe(before.outcomes.length)
    expect(await journal.prune(retention, NOW_MS), 'a second time').toEqual({ decisions: 0, outcomes: 0, snapshots: 0 })
  })

  it('keeps an outcome from before its decision, as after a clock that was set back', async () => {
    const journal = await journalOf({ decisions: [5], outcomes: [] })
    await journal.appendOutcome(outcomeAt(5, { atMs: 1 }))
    await journal.prune({ maxAgeMs: 8 }, NOW_MS)
    expect(await journal.outcome(idOf(5))).toMatchObject({ sequence: 1, atMs: 1 })
  })

  it('goes on over many batches, and leaves nothing behind', async () => {
    const ns = numbers(1, 1500)
    const journal = await journalOf({ decisions: ns, outcomes: ns })
    expect(await journal.prune({ maxDecisions: 100 }, 1500)).toEqual({ decisions: 1400, outcomes: 1400, snapshots: 0 })
    expect(await contentsOf(journal)).toEqual({ decisions: numbers(1401, 1500), outcomes: numbers(1401, 1500) })
    expect(await journal.outcome(idOf(1400))).toBeUndefined()
  })

  it('lets appends through while it works', async () => {
    const ns = numbers(1, 1500)
    const journal = await journalOf({ decisions: ns, outcomes: ns })
    const pruning = journal.prune({ maxDecisions: 0 }, 1500)
    const appends = numbers(2001, 2100).map(async (n) => {
      await journal.appendDecision(decisionAt(n))
      return journal.appendOutcome(outcomeAt(n))
    })
    expect(await Promise.all(appends)).toEqual(numbers(1501, 1600))
    await pruning
    const left = await contentsOf(journal)
    expect(left.decisions).toEqual(left.outcomes)
    expect(await journal.counts()).toMatchObject({ decisions: left.decisions.length, outcomes: left.outcomes.length })
  })

  it('stops when the journal is closed', async () => {
    const ns = numbers(1, 1500)
    const journal = await journalOf({ decisions: ns, outcomes: [] })
    const pruning = journal.prune({ maxDecisions: 0 }, 1500)
    await Promise.all([journal.close(), expect(pruning).rejects.toMatchObject({ code: 'ERR_JOURNAL_CLOSED' })])
  })

  it('leaves no outcome without its decision, and counts what it left, for any contents and limits', async () => {
    const some = fc.uniqueArray(fc.integer({ min: 1, max: 20 }))
    const limit = fc.option(fc.nat({ max: 12 }), { nil: undefined })
    await fc.assert(
      fc.asyncProperty(some, some, limit, limit, async (decisions, outcomes, maxAgeMs, maxDecisions) => {
        fc.pre(maxAgeMs !== undefined || maxDecisions !== undefined)
        const answered = outcomes.filter((n) => decisions.includes(n))
        const journal = await journalOf({ decisions, outcomes: answered })
        await journal.prune({ maxAgeMs, maxDecisions }, 20)
        const kept = decisions
          .filter((n) => n >= 20 - (maxAgeMs ?? Infinity))
          .sort((a, b) => b - a)
          .slice(0, maxDecisions)
          .sort((a, b) => a - b)
        expect(await contentsOf(journal)).toEqual({ decisions: kept, outcomes: answered.filter((n) => kept.includes(n)) })
        expect(await journal.prune({ maxBytes: 0 }, 20)).toMatchObject({ decisions: kept.length })
        expect(await journal.counts()).toMatchObject({ decisions: 0, outcomes: 0 })
        await journal.close()
      }),
      { numRuns: 50 }
    )
  })

  it.each([
    [{ maxAgeMs: NaN }, 11, 'maxAgeMs must be a finite number of at least 0, got NaN'],
    [{ maxDecisions: -1 }, 11, 'maxDecisions must be a finite number of at least 0, got -1'],
    [{ maxBytes: -1 }, 11, 'maxBytes must be a finite number of at least 0, got -1'],
    [{ maxDecisions: 1 }, NaN, 'nowMs must be a finite number, got NaN']
  ])('refuses %o at %d', async (retention, nowMs, message) => {
    const journal = await journalOf({ decisions: [1], outcomes: [] })
    await expect(journal.prune(retention, nowMs)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION', message })
  })
})
