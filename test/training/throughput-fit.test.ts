import { afterAll, describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import { readModelDocument, writeModelDocument } from '../../src/throughput/model-file.ts'
import { openBackend } from '../../src/training/backend.ts'
import { checkEnoughRows } from '../../src/training/enough-rows.ts'
import { type FitProgress, fitThroughput } from '../../src/training/throughput-fit.ts'
import { fleetRows } from './fleet-rows.ts'

const opened = openBackend({ force: 'wasm' })
afterAll(async () => (await opened).close())

const rows = fleetRows(110, pcg32(1))
const origin = { created: '2026-01-01', data: [{ file: 'fleet.jsonl', sha256: 'ab', rows: 110 }], heldBack: 0 }
const quick = { training: { epochs: 3, hidden: 4 } }

describe('a fit', () => {
  it('is a model with calibrated intervals, the GPUs that it knows, and a card with figures beside the baselines', async () => {
    const told: FitProgress[] = []
    const { content, figures, history } = await fitThroughput(rows, await opened, origin, {
      ...quick,
      onProgress: (progress) => told.push(progress)
    })
    const { knownGpus, calibration, card } = readModelDocument(writeModelDocument(content))
    expect(knownGpus).toContain('GeForce RTX 4090')
    expect(calibration.unfamiliar).toEqual(calibration.familiar)
    expect(history).toHaveLength(3)
    expect(figures.map(({ name }) => name)).toContain('linear (ml-regression)')
    expect(card).toMatchObject({
      ...origin,
      sources: { fleet: 110 },
      trainedRows: 110,
      trainedCards: 11,
      settings: { seed: '1', folds: 5, judge: 'all', backend: 'wasm', epochs: 3, hidden: 4 },
      heldOutCards: { network: { speed: { rows: 110, answered: 1 } } }
    })
    expect([...new Set(told.map(({ phase }) => phase))]).toEqual(['folds', 'baselines', 'all rows'])
    expect(told.at(-1)).toMatchObject({ phase: 'all rows', fit: 6, fits: 6, epoch: 3, epochs: 3 })
  })

  it('is the same from the same seed', async () => {
    const [one, two] = [
      await fitThroughput(rows, await opened, origin, quick),
      await fitThroughput(rows, await opened, origin, quick)
    ]
    expect(writeModelDocument(one.content)).toBe(writeModelDocument(two.content))
  })

  it('stops with the reason of its signal, between baselines too', async () => {
    const stop = new AbortController()
    const stopped = fitThroughput(rows, await opened, origin, {
      ...quick,
      signal: stop.signal,
      onProgress: ({ phase }) => {
        if (phase === 'baselines') stop.abort(new Error('enough'))
      }
    })
    await expect(stopped).rejects.toThrow('enough')
  })

  it.each([
    [rows.slice(0, 50), /at least 60 rows .* of at least 5 GPUs; got 50 of 11: 10 more rows needed/],
    [rows.filter(({ query }) => query.gpu === 'RTX 4090'), /got 10 of 1: 50 more rows and 4 more GPUs needed/],
    [[], /got 0 of 0: 60 more rows and 5 more GPUs needed/]
  ])('is refused for too few rows, with how many are needed', async (few, message) => {
    await expect(fitThroughput(few, await opened, origin)).rejects.toMatchObject({
      code: 'ERR_DATASET',
      message: expect.stringMatching(message) as string
    })
  })

  it('counts rows with a speed only', () => {
    expect(() => {
      checkEnoughRows(rows.map(({ query, source, weight }) => ({ query, source, weight, firstTokenMs: 1 })))
    }).toThrow(/got 0 of 0/)
  })
})
