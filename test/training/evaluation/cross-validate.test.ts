import { describe, expect, it } from 'vitest'
import type { MeasuredRow } from '../../../src/throughput/measured-row.ts'
import { gpuMedian } from '../../../src/training/baselines/gpu-median.ts'
import { roofline, rooflinePlusConstant } from '../../../src/training/baselines/roofline.ts'
import { cardOf } from '../../../src/training/evaluation/card.ts'
import { crossValidate } from '../../../src/training/evaluation/cross-validate.ts'
import { pointQuantiles, type ThroughputModel } from '../../../src/training/evaluation/model.ts'
import { crossValidationTable } from '../../../src/training/evaluation/table.ts'
import { parkRows } from './rows.ts'

const rows = parkRows(216)

/** Notes what it is asked, and fits later. */
function spy(): { readonly model: ThroughputModel; readonly leaks: () => number; readonly fits: () => number } {
  let leaks = 0
  let fits = 0
  const model: ThroughputModel = {
    name: 'spy',
    fit: async (training) => {
      await Promise.resolve()
      fits++
      const seen = new Set(training.map(({ query }) => cardOf(query)))
      return {
        predict: (queries) =>
          queries.map((query) => {
            if (seen.has(cardOf(query))) leaks++
            return { speed: pointQuantiles(1), firstToken: undefined }
          })
      }
    }
  }
  return { model, leaks: () => leaks, fits: () => fits }
}

describe('cross-validation', () => {
  it('never asks a model about a card that it has learned from', async () => {
    const { model, leaks, fits } = spy()
    await crossValidate(rows, [model], { folds: 3, innerFolds: 2, repeats: 2 })
    expect([leaks(), fits()]).toEqual([0, 2 * 3 * (1 + 2)])
  })

  it('judges some rows only, and learns from the others where their card is not held back', async () => {
    const extras = parkRows(36).map((row): MeasuredRow => ({ ...row, source: 'extra' }))
    const others: MeasuredRow[] = [{ ...extras[0], query: { gpu: 'L4', paramsB: 8 } }]
    const { model, leaks } = spy()
    const learned: number[] = []
    const noting: ThroughputModel = {
      name: 'noting',
      fit: (training) => {
        learned.push(training.filter(({ source }) => source === 'extra').length)
        return model.fit(training)
      }
    }
    const [{ targets }] = await crossValidate([...rows, ...extras, ...others], [noting], {
      folds: 3,
      innerFolds: 0,
      isJudged: ({ source }) => source === 'park'
    })
    expect(targets.speed[0].pooled?.rows).toBe(rows.length)
    expect(leaks()).toBe(0)
    // A third of the nine cards, of four rows each, is held back.
    expect(learned).toEqual([24 + 1, 24 + 1, 24 + 1])
  })

  it.each([0, 3])('covers 80 % by calibration that knows nothing of the fold, with %i inner folds', async (innerFolds) => {
    const [{ targets }] = await crossValidate(parkRows(540, 0.2), [rooflinePlusConstant], { folds: 3, innerFolds })
    const pooled = targets.speed[0].pooled
    expect(Math.abs((pooled?.coverage ?? 0) - 0.8)).toBeLessThan(0.06)
    expect(pooled?.rawCoverage).toBe(0)
  })

  it('tells which model is better, fold by fold and pooled, the same for the same seed', async () => {
    const models = [roofline, rooflinePlusConstant, gpuMedian]
    const run = () => crossValidate(rows, models, { folds: 3, innerFolds: 0, repeats: 2, seed: 9n })
    const results = await run()
    const [simple, better, median] = results.map(({ targets }) => targets.speed)
    expect(better[0].pooled?.medianApe).toBeLessThan(0.08)
    expect(simple[0].pooled?.medianApe).toBeGreaterThan(0.15)
    expect(better[0].byFold).toHaveLength(3)
    expect(median[0].pooled).toBeUndefined()
    expect(await run()).toEqual(results)
  })

  it('lets the median of a GPU speak where single rows are held back', async () => {
    const [{ targets }] = await crossValidate(rows, [gpuMedian], { innerFolds: 0, groupOf: (_, i) => String(i) })
    expect(targets.speed[0].pooled?.answered).toBe(1)
    expect(targets.speed[0].pooled?.medianApe).toBeLessThan(0.1)
  })

  it('prints a table with dashes where there is nothing to say', async () => {
    const table = crossValidationTable(await crossValidate(rows, [roofline, gpuMedian], { folds: 3, innerFolds: 0, repeats: 2 }))
    const [pooled, folds] = table.split('\n\n')
    expect(pooled.split('\n')).toEqual([
      expect.stringMatching(/^decode tokens\/s +medAPE +p90 /),
      expect.stringMatching(/^roofline +0\.\d{3}±\.\d{3}/),
      expect.stringMatching(/^median of the GPU( +–){11}$/)
    ])
    expect(folds.split('\n')[1]).toMatch(/^roofline( +0\.\d{3} [01]\.\d{3}){3}$/)
  })
})
