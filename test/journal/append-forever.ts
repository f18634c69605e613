import { systemClock } from '../../src/core/clock.ts'
import { openJournal } from '../../src/journal/level-journal.ts'
import { decisionAt, idOf, outcomeAt } from './records.ts'

/**
 * Appends to the journal named by the first argument, from decision number `second argument` on, until it is killed. Every
 * acknowledged append is a line on standard output: "d <id>" or "o <id> <sequence>".
 */
const [, , location = '', start = '1'] = process.argv
const IN_FLIGHT = 64

const journal = await openJournal(location, { flushDelayMs: 1, flushRecords: 50 }, { clock: systemClock, timers: systemClock })
let next = Number(start)

async function appendOn(): Promise<never> {
  for (;;) {
    const n = next++
    await journal.appendDecision(decisionAt(n))
    process.stdout.write(`d ${idOf(n)}\n`)
    const sequence = await journal.appendOutcome(outcomeAt(n))
    process.stdout.write(`o ${idOf(n)} ${sequence}\n`)
  }
}

await Promise.all(Array.from({ length: IN_FLIGHT }, appendOn))
