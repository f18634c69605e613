import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import type { MeasuredRow } from '../../src/throughput/measured-row.ts'
import { cardOf } from '../../src/training/evaluation/card.ts'
import { leaveSourceOut } from '../../src/training/evaluation/leave-source-out.ts'
import type { ThroughputModel } from '../../src/training/evaluation/model.ts'
import { sourceSplits } from '../../src/training/evaluation/source-splits.ts'
import { crossValidationTable } from '../../src/training/evaluation/table.ts'
import { unfamiliarOffsets } from '../../src/training/source-effect.ts'
import { fleetRows } from './fleet-rows.ts'

const fleet = fleetRows(110, pcg32(1))
const lab: MeasuredRow[] = fleetRows(11, pcg32(2)).map((row) => ({ ...row, source: 'lab', query: { ...row.query, gpu: 'H100' } }))
const rows = [...fleet, ...lab]

/** Expects e¹ to e² tokens/s of everybody. */
const narrow: ThroughputModel = {
  name: 'narrow',
  fit: () => ({ predict: (queries) => queries.map(() => ({ speed: { q10: 1, q50: 1.5, q90: 2 }, firstToken: undefined })) })
}

/** Rows of a source that are this far above the interval, in logarithms. */
function rowsAt(source: string, distances: readonly number[]): MeasuredRow[] {
  return distances.map((distance) => ({ query: {}, source, weight: 1, tokensPerSecond: Math.exp(2 + distance) }))
}

describe('sources that are held back', () => {
  it('are those without which there is enough to learn from, and none of their cards is learned from', () => {
    const splits = sourceSplits([...rows, { ...fleet[0], source: 'other', query: { ...fleet[0].query, gpu: 'h100' } }])
    expect(splits.map(({ source }) => source)).toEqual(['lab', 'other'])
    for (const { source, training, held } of splits) {
      expect(held.every((row) => row.source === source)).toBe(true)
      const cards = new Set(held.map(({ query }) => cardOf(query)))
      expect(training.filter((row) => row.source === source || cards.has(cardOf(row.query)))).toEqual([])
    }
    expect(sourceSplits(fleet)).toEqual([])
  })

  it('count the same, however many rows they have, and widen no less than what is familiar', async () => {
    const splits = [
      { source: 'many', training: fleet, held: rowsAt('many', new Array<number>(90).fill(0.1)) },
      { source: 'few', training: fleet, held: rowsAt('few', [1, 2, 3]) }
    ]
    // Half of all weight is at 0.1, and a sixth at each of the others: eight tenths end at 2.
    expect(await unfamiliarOffsets(splits, narrow, { speed: 0.2, firstToken: 0.3 })).toEqual({ speed: 2, firstToken: 0.3 })
    expect(await unfamiliarOffsets(splits, narrow, { speed: 4, firstToken: 0 })).toEqual({ speed: 4, firstToken: 0 })
    expect(await unfamiliarOffsets([], narrow, { speed: -0.1, firstToken: 0 })).toEqual({ speed: -0.1, firstToken: 0 })
  })

  it('judge models by their own intervals, with parts of the rows apart', async () => {
    const held = [...rowsAt('few', [-0.5, -0.2, -0.1, 1]), { ...rowsAt('few', [2])[0], query: { concurrency: 8 } }]
    const results = await leaveSourceOut({ source: 'few', training: fleet, held }, [narrow], {
      parts: { 'under load': ({ query }) => (query.concurrency ?? 1) > 1 }
    })
    const [{ pooled, parts }] = results[0].targets.speed
    expect(pooled).toMatchObject({ rows: 5, coverage: 0.6, rawCoverage: 0.6 })
    expect(parts['under load']).toMatchObject({ rows: 1, coverage: 0 })
    const tables = crossValidationTable(results).split('\n\n')
    expect(tables[1]).toMatch(/^decode tokens\/s, under load: 1 rows +medAPE/)
    expect(tables.some((table) => table.includes('first division'))).toBe(false)
  })
})
