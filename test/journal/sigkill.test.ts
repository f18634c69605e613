import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { openJournal } from '../../src/journal/level-journal.ts'
import { decisionAt, idOf, outcomeAt, readAll } from './records.ts'

const script = join(import.meta.dirname, 'append-forever.ts')
const KILL_AFTER_LINES = [1, 2000, 5003, 137, 9001]
/** Each round uses decision numbers of its own. */
const ROUND = 1_000_000
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-sigkill-'))
})

afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
})

/** Lets a child append, kills it in the middle of its writes, and resolves to the lines of acknowledgement that it got out. */
async function appendUntilKilled(location: string, start: number, lines: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [script, location, String(start)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  let seen = 0
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (chunk: string) => {
    output += chunk
    seen += chunk.split('\n').length - 1
    if (seen >= lines) child.kill('SIGKILL')
  })
  const [, signal] = (await once(child, 'close')) as [number | null, string | null]
  expect(signal, 'the child was killed, it did not end').toBe('SIGKILL')
  // What follows the last line end is a line that the kill cut.
  return output.split('\n').slice(0, -1)
}

it('loses nothing that was acknowledged when the process is killed while it writes, however often', async () => {
  const location = join(directory, 'journal')
  const acknowledged: string[] = []
  for (const [round, lines] of KILL_AFTER_LINES.entries()) {
    acknowledged.push(...(await appendUntilKilled(location, round * ROUND + 1, lines)))
    const journal = await openJournal(location, { createIfMissing: false }, { clock: systemClock, timers: systemClock })

    const decisions = new Set((await readAll(journal.decisions())).map(({ id }) => id))
    const outcomes = await readAll(journal.outcomes())
    const sequences = new Map(outcomes.map(({ decisionId, sequence }) => [decisionId, sequence]))
    const lost = acknowledged.filter((line) => {
      const [kind, id = '', sequence] = line.split(' ')
      return kind === 'd' ? !decisions.has(id) : sequences.get(id) !== Number(sequence)
    })
    expect(lost, `round ${round}: acknowledged and not there`).toEqual([])
    expect(
      outcomes.every(({ sequence }, at) => sequence === at + 1),
      `round ${round}: sequence numbers have no gap`
    ).toBe(true)
    expect(
      outcomes.filter(({ decisionId }) => !decisions.has(decisionId)),
      `round ${round}: outcomes without a decision`
    ).toEqual([])
    expect(await journal.counts(), `round ${round}`).toEqual({
      decisions: decisions.size,
      outcomes: outcomes.length,
      snapshots: 0
    })

    const extra = (round + 1) * ROUND
    await journal.appendDecision(decisionAt(extra))
    expect(await journal.appendOutcome(outcomeAt(extra)), `round ${round}: it can be written on`).toBe(outcomes.length + 1)
    expect(await journal.decision(idOf(extra)), `round ${round}`).toEqual(decisionAt(extra))
    await journal.close()
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(KILL_AFTER_LINES.reduce((sum, lines) => sum + lines, 0))
})
