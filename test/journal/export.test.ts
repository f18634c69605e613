import { expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { exportJsonl, exportLatest } from '../../src/journal/export.ts'
import { memoryJournal } from '../../src/journal/level-journal.ts'
import { decisionAt, outcomeAt, readAll } from './records.ts'

async function exported(range?: { fromMs?: number; toMs?: number }): Promise<unknown[]> {
  const journal = await memoryJournal({}, { clock: systemClock, timers: systemClock })
  const appends = [1, 2, 3].map((n) => journal.appendDecision(decisionAt(n)))
  await Promise.all([...appends, journal.appendOutcome(outcomeAt(3)), journal.appendOutcome(outcomeAt(1))])
  const lines = await readAll(exportJsonl(journal, range))
  await journal.close()
  expect(lines.join('')).not.toContain('\n')
  return lines.map((line): unknown => JSON.parse(line))
}

it('writes one line a decision, in order of time, with its outcome or null', async () => {
  expect(await exported()).toEqual([
    { v: 1, decision: decisionAt(1), outcome: { sequence: 2, ...outcomeAt(1) } },
    { v: 1, decision: decisionAt(2), outcome: null },
    { v: 1, decision: decisionAt(3), outcome: { sequence: 1, ...outcomeAt(3) } }
  ])
})

it('limits the decisions to a range of time', async () => {
  expect(await exported({ fromMs: 2, toMs: 3 })).toEqual([{ v: 1, decision: decisionAt(2), outcome: null }])
})

it('gives out the latest outcomes alone, with their decisions, in order of sequence', async () => {
  const journal = await memoryJournal({}, { clock: systemClock, timers: systemClock })
  const decisions = [1, 2, 3].map((n) => journal.appendDecision(decisionAt(n)))
  // Of an outcome whose decision was pruned, or never came, nothing can be learned.
  const outcomes = [2, 3, 4, 1].map((n) => journal.appendOutcome(outcomeAt(n)))
  await Promise.all([...decisions, ...outcomes])
  const latest = async (most: number) => (await readAll(exportLatest(journal, most))).map((line): unknown => JSON.parse(line))
  const [first, second] = [
    { v: 1, decision: decisionAt(3), outcome: { sequence: 2, ...outcomeAt(3) } },
    { v: 1, decision: decisionAt(1), outcome: { sequence: 4, ...outcomeAt(1) } }
  ]
  expect(await latest(3)).toEqual([first, second])
  expect(await latest(1)).toEqual([second])
  expect(await latest(9)).toHaveLength(3)
  await journal.close()
})
