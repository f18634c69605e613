import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import type { KnownOfPeer } from '../../../src/job/decision.ts'
import { exportJsonl } from '../../../src/journal/export.ts'
import { memoryJournal } from '../../../src/journal/level-journal.ts'
import { datasetRows, readDataset } from '../../../src/training/dataset/dataset.ts'
import { journalRow } from '../../../src/training/dataset/journal-row.ts'
import { decisionAt, outcomeAt, readAll } from '../../journal/records.ts'
import { refusal, testFolder } from './support.ts'

const { write } = testFolder()

const KNOWN: KnownOfPeer = {
  gpu: 'RTX 4090',
  vramGb: 24,
  claimedTokensPerSecond: 120,
  rttMs: 18.7,
  slots: 8,
  running: 3,
  queued: 0,
  outcomes: 4
}

function line(known?: Partial<KnownOfPeer>, outcome: object | null = outcomeAt(1)): Record<string, unknown> {
  return { v: 1, decision: decisionAt(1, known === undefined ? {} : { known: { ...KNOWN, ...known } }), outcome }
}

const PLACE = { path: 'run.jsonl', row: 1 }

describe('a line of a journal', () => {
  it('is the job, what was known of the peer, and what came of it', () => {
    expect(journalRow(line({}), PLACE)).toEqual({
      query: {
        model: 'llama-3.1-8b',
        promptTokens: 512,
        outputTokens: 120,
        concurrency: 4,
        gpu: 'RTX 4090',
        vramGb: 24,
        claimedTokensPerSecond: 120,
        rttMs: 18.7
      },
      tokensPerSecond: (119 * 1000) / (1234.5 - 98.7),
      firstTokenMs: 80,
      source: 'journal',
      weight: 1,
      answer: { peer: decisionAt(1).peer, sentMs: decisionAt(1).atMs, endedMs: outcomeAt(1).atMs }
    })
  })

  it('of an older journal knows no GPU, and the jobs side by side by this router only', () => {
    expect(journalRow(line(), PLACE)?.query).toEqual({
      model: 'llama-3.1-8b',
      promptTokens: 512,
      outputTokens: 120,
      concurrency: 3
    })
  })

  it.each<[string, Partial<KnownOfPeer>, number]>([
    ['the report is higher', { running: 5 }, 6],
    ['own jobs are more', { running: 0 }, 3],
    ['there are no more places', { running: 5, slots: 4 }, 4]
  ])('counts the jobs side by side where %s', (_, known, expected) => {
    expect(journalRow(line(known), PLACE)?.query.concurrency).toBe(expected)
  })

  it.each<[string, Partial<KnownOfPeer>]>([
    ['a queue', { queued: 1 }],
    ['no place', { running: 8 }]
  ])('has no time to the first token where there was %s', (_, known) => {
    const row = journalRow(line(known), PLACE)
    expect([row?.firstTokenMs, row?.tokensPerSecond]).toEqual([undefined, expect.any(Number)])
  })

  it('has no speed where all tokens came at once: that is a stall on the way', () => {
    const burst = (decodeMs: number) =>
      outcomeAt(1, { outcome: { ok: true, durationMs: 500 + decodeMs, firstTokenMs: 500, outputTokens: 60 } })
    expect(journalRow(line({}, burst(99)), PLACE)?.tokensPerSecond).toBeUndefined()
    expect(journalRow(line({}, burst(100)), PLACE)?.tokensPerSecond).toBe(590)
  })

  it('tells nothing without an outcome, of a failure, and of two tokens at a full peer', () => {
    const short = { ok: true, durationMs: 100, firstTokenMs: 90, outputTokens: 2 }
    expect(journalRow(line({}, null), PLACE)).toBeUndefined()
    expect(
      journalRow(line({}, outcomeAt(1, { outcome: { ok: false, reason: 'timeout', durationMs: 5 } })), PLACE)
    ).toBeUndefined()
    expect(journalRow(line({ queued: 2 }, { ...outcomeAt(1), outcome: short }), PLACE)).toBeUndefined()
  })
})

describe('an export as a dataset', () => {
  it('comes from the journal to rows, and counts what it passes over', async () => {
    const journal = await memoryJournal({}, { clock: systemClock, timers: systemClock })
    await Promise.all([1, 2, 3].map((n) => journal.appendDecision(decisionAt(n, { known: KNOWN }))))
    await Promise.all([1, 3].map((n) => journal.appendOutcome(outcomeAt(n))))
    const file = await write('run.jsonl', (await readAll(exportJsonl(journal))).join('\n'))
    await journal.close()
    const passed: number[] = []
    const rows = await readAll(datasetRows([file], { onProgress: ({ passedOver }) => passed.push(passedOver) }))
    expect(rows.map(({ query }) => query.gpu)).toEqual(['RTX 4090', 'RTX 4090'])
    expect(passed).toEqual([1])
  })

  it('names row and field of what cannot be', async () => {
    const bad = { ...line({}), decision: { ...decisionAt(1), promptTokens: -1 } }
    const file = await write('bad.jsonl', `${JSON.stringify(line({}))}\n${JSON.stringify(bad)}\n`)
    expect(await refusal(file)).toBe('bad.jsonl row 2: decision.promptTokens must be a finite number of at least 0, got -1')
    expect(await refusal(await write('v2.jsonl', JSON.stringify({ ...line({}), v: 2 })))).toBe(
      'v2.jsonl row 1, column v: must be 1, got 2'
    )
    const known = { ...line({}), decision: { ...decisionAt(1), known: { ...KNOWN, uptimeRatio: 2 } } }
    expect(await refusal(await write('known.jsonl', JSON.stringify(known)))).toMatch(/decision\.known\.uptimeRatio/)
  })

  it('may stand beside rows with columns', async () => {
    const file = await write('mixed.jsonl', `${JSON.stringify(line({}))}\n{"gpu":"T4","params_b":1}\n`)
    expect(await readDataset([file])).toHaveLength(2)
  })
})
