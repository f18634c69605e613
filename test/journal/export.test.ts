import { expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { exportJsonl } from '../../src/journal/export.ts'
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
