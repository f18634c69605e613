import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { systemClock } from '../../src/core/clock.ts'
import { pcg32 } from '../../src/core/rng.ts'
import type { OutcomeRecord } from '../../src/job/decision.ts'
import { DURABILITIES } from '../../src/journal/journal.ts'
import type { Durability } from '../../src/journal/journal.ts'
import { openJournal } from '../../src/journal/level-journal.ts'

export const JOURNAL_CONSTANTS = {
  seed: 20_260_101,
  /** Outcomes written in one measurement. */
  outcomes: 20_000,
  /** Appends that are waiting for their acknowledgement at any time. */
  inFlight: 1024,
  flushRecords: 256,
  flushDelayMs: 10,
  /** Measurements of each kind, taken in turn; the median counts. */
  rounds: 5
} as const

export interface JournalBenchRow {
  readonly durability: Durability
  /** Median. Through the journal: checked, numbered, looked up for duplicates, acknowledged one by one. */
  readonly outcomesPerSecond: number
  /** Median. The same keys and values in ready-made LevelDB batches of the same size, with fsync where the journal has it. */
  readonly rawOutcomesPerSecond: number
  /** Median over the rounds of journal over raw in the same round. 1 is as fast as LevelDB alone. */
  readonly ratio: number
}

function makeOutcomes(): readonly OutcomeRecord[] {
  const rng = pcg32(JOURNAL_CONSTANTS.seed)
  return Array.from({ length: JOURNAL_CONSTANTS.outcomes }, (_, n) => {
    const durationMs = 200 + 5000 * rng.next()
    return {
      decisionId: `${1_767_225_600_000 + n}-${String(n).padStart(6, '0')}-router-1`,
      atMs: 1_767_225_600_000 + n + durationMs,
      peer: `12D3KooWPeer${Math.floor(rng.next() * 1000)}`,
      inFlightAtDispatch: Math.floor(rng.next() * 8),
      outcome: { ok: true, durationMs, firstTokenMs: durationMs * rng.next(), outputTokens: Math.ceil(rng.next() * 500) },
      reward: rng.next()
    }
  })
}

async function inNewDirectory(run: (location: string) => Promise<number>): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'peerbandit-bench-'))
  try {
    return await run(join(directory, 'store'))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function perSecond(startMs: number): number {
  return JOURNAL_CONSTANTS.outcomes / ((systemClock.now() - startMs) / 1000)
}

function throughJournal(outcomes: readonly OutcomeRecord[], durability: Durability): Promise<number> {
  return inNewDirectory(async (location) => {
    const { flushRecords, flushDelayMs, inFlight } = JOURNAL_CONSTANTS
    const components = { clock: systemClock, timers: systemClock }
    const journal = await openJournal(location, { durability, flushRecords, flushDelayMs }, components)
    const startMs = systemClock.now()
    let next = 0
    const appendOn = async () => {
      for (let n = next++; n < outcomes.length; n = next++) await journal.appendOutcome(outcomes[n])
    }
    await Promise.all(Array.from({ length: inFlight }, appendOn))
    await journal.flush()
    const rate = perSecond(startMs)
    await journal.close()
    return rate
  })
}

/** The same bytes as the journal writes, made before the clock starts. */
function rawBatches(outcomes: readonly OutcomeRecord[]) {
  const operations = outcomes.map((outcome, at) => [
    { type: 'put' as const, key: `o!${String(at + 1).padStart(16, '0')}`, value: JSON.stringify(outcome) },
    { type: 'put' as const, key: `i!${outcome.decisionId}`, value: String(at + 1) }
  ])
  return Array.from({ length: Math.ceil(operations.length / JOURNAL_CONSTANTS.flushRecords) }, (_, batch) =>
    operations.slice(batch * JOURNAL_CONSTANTS.flushRecords, (batch + 1) * JOURNAL_CONSTANTS.flushRecords).flat()
  )
}

function throughLevel(batches: ReturnType<typeof rawBatches>, sync: boolean): Promise<number> {
  return inNewDirectory(async (location) => {
    const store = new Level(location)
    await store.open()
    const startMs = systemClock.now()
    for (const batch of batches) await store.batch(batch, { sync })
    const rate = perSecond(startMs)
    await store.close()
    return rate
  })
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}

/**
 * Outcomes per second through the journal beside LevelDB alone, in turn within each round so that both see the same machine.
 * Durability 'none' shortens what a caller waits, not the work: its rate is no higher than that of 'batch'.
 */
export async function runJournalBench(): Promise<readonly JournalBenchRow[]> {
  const outcomes = makeOutcomes()
  const batches = rawBatches(outcomes)
  const rates = DURABILITIES.map((durability) => ({ durability, journal: [] as number[], raw: [] as number[] }))
  for (let round = 0; round < JOURNAL_CONSTANTS.rounds; round += 1) {
    for (const { durability, journal, raw } of rates) {
      raw.push(await throughLevel(batches, durability === 'sync'))
      journal.push(await throughJournal(outcomes, durability))
    }
  }
  return rates.map(({ durability, journal, raw }) => ({
    durability,
    outcomesPerSecond: median(journal),
    rawOutcomesPerSecond: median(raw),
    ratio: median(journal.map((rate, round) => rate / raw[round]))
  }))
}

function formatTable(rows: readonly JournalBenchRow[]): string {
  const cells = rows.map(({ durability, outcomesPerSecond, rawOutcomesPerSecond, ratio }) => [
    durability,
    outcomesPerSecond.toFixed(0),
    rawOutcomesPerSecond.toFixed(0),
    ratio.toFixed(2)
  ])
  const lines = [['durability', 'outcomes/s', 'LevelDB alone', 'ratio'], ...cells]
  return lines.map((line) => line.map((cell, at) => (at === 0 ? cell.padEnd(12) : cell.padStart(14))).join('')).join('\n')
}

if (process.argv[1] === import.meta.filename) {
  process.stdout.write(`${JSON.stringify(JOURNAL_CONSTANTS)}\n`)
  process.stdout.write(`${formatTable(await runJournalBench())}\n`)
}
