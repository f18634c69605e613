import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import type { MeasuredRow } from '../../../src/throughput/measured-row.ts'
import { readModelDocument, writeModelDocument } from '../../../src/throughput/model-file.ts'
import { judgedAsServed } from '../../../src/training/evaluation/as-served.ts'
import { fittedDocument } from '../../../src/training/evaluation/document-model.ts'
import { sampleModel } from '../../throughput/sample-model.ts'
import { fleetRows } from '../fleet-rows.ts'

const document = readModelDocument(writeModelDocument(sampleModel()))
const START_MS = 1_700_000_000_000

/** Each row an answer of its own peer, a second apart, each half a second long. */
function answers(rows: readonly MeasuredRow[], peers: number, { longMs = 500 } = {}): MeasuredRow[] {
  return rows.map((row, i) => {
    const sentMs = START_MS + 1000 * i
    return { ...row, answer: { peer: `peer-${i % peers}`, sentMs, endedMs: sentMs + longMs } }
  })
}

const rows = fleetRows(60, pcg32(3), 0.05)

describe('a model as it serves', () => {
  it('says what its file says of rows whose peers are not known', () => {
    const judged = judgedAsServed(document, { training: rows.slice(0, 30), held: rows.slice(30) })
    const predictions = fittedDocument(document).predict(rows.slice(30).map(({ query }) => query))
    expect(judged.map(({ predicted }) => predicted)).toEqual(predictions.map(({ speed }) => speed))
  })

  it('learns each peer: one at a third of its speed is known before its fortieth answer', () => {
    const [row] = rows
    const [{ speed }] = fittedDocument(document).predict([row.query])
    const slow: MeasuredRow = { ...row, tokensPerSecond: Math.exp(speed?.q50 ?? NaN) / 3 }
    const held = answers(
      Array.from({ length: 40 }, () => slow),
      1
    )
    const ratios = judgedAsServed(document, { training: [], held }).map(
      ({ predicted }) => Math.exp(predicted?.q50 ?? NaN) / (slow.tokensPerSecond ?? NaN)
    )
    expect(ratios[0]).toBeCloseTo(3, 1)
    expect(ratios[39]).toBeCloseTo(1, 1)
  })

  it('knows nothing of answers that ended after the job was sent', () => {
    const split = (factor: number) => {
      const all = answers(rows, 5, { longMs: 2500 })
      // Sent before the last one, and ended after.
      const late = all
        .slice(-3)
        .map(({ tokensPerSecond = NaN, ...row }) => ({ ...row, tokensPerSecond: factor * tokensPerSecond }))
      return { training: all.slice(0, 30), held: [...all.slice(30, -3), ...late] }
    }
    const predicted = (factor: number) => judgedAsServed(document, split(factor)).map((each) => each.predicted)
    expect(predicted(10)).toEqual(predicted(1))
  })

  it('goes by time, whatever the order of the rows', () => {
    const all = answers(rows, 7)
    const medians = (held: readonly MeasuredRow[]) =>
      new Map(judgedAsServed(document, { training: [], held }).map(({ row, predicted }) => [row.answer?.sentMs, predicted?.q50]))
    expect(medians(all.toReversed())).toEqual(medians(all))
  })
})
