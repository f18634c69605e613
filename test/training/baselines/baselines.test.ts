import { describe, expect, it } from 'vitest'
import { baselines } from '../../../src/training/baselines/baselines.ts'
import { boostedTrees } from '../../../src/training/baselines/boosted-trees.ts'
import { gpuMedian } from '../../../src/training/baselines/gpu-median.ts'
import { linear } from '../../../src/training/baselines/linear.ts'
import { roofline, rooflineBySize, rooflinePlusConstant } from '../../../src/training/baselines/roofline.ts'
import { weightedMedian } from '../../../src/math/weighted-quantile.ts'
import { logTarget, type Target, TARGETS, type ThroughputModel } from '../../../src/training/evaluation/model.ts'
import type { MeasuredRow } from '../../../src/throughput/measured-row.ts'
import { EFFICIENCY, parkRows } from '../evaluation/rows.ts'

const rows = parkRows(216)

/** Mean absolute error of the logarithms, on the rows that were learned from. */
async function errorOf(model: ThroughputModel, target: Target, of: readonly MeasuredRow[] = rows): Promise<number> {
  const fit = await model.fit(of)
  const predictions = fit.predict(of.map(({ query }) => query))
  const errors = of.map((row, i) => Math.abs((predictions[i][target]?.q50 ?? NaN) - (logTarget(row, target) ?? NaN)))
  return errors.reduce((sum, error) => sum + error, 0) / errors.length
}

describe('baselines', () => {
  it.each<[ThroughputModel, number, number]>([
    // The noise alone is 0.04.
    [roofline, 0.45, 0.05],
    [rooflineBySize, 0.35, 0.05],
    [rooflinePlusConstant, 0.06, 0.05],
    [linear, 0.15, 0.05],
    [boostedTrees(), 0.06, 0.06],
    [boostedTrees({ loss: 'squared' }), 0.06, 0.06],
    [gpuMedian, 0.05, 0.05]
  ])('%s learn what they can of speed and first token', async (model, speed, firstToken) => {
    expect(await errorOf(model, 'speed')).toBeLessThan(speed)
    expect(await errorOf(model, 'firstToken')).toBeLessThan(firstToken)
  })

  it('are told apart by their names', () => {
    expect(new Set(baselines().map(({ name }) => name)).size).toBe(baselines().length)
  })

  it('say nothing of a target that they have no row of', async () => {
    const speeds = rows.map(({ query, tokensPerSecond, source, weight }): MeasuredRow => ({
      query,
      tokensPerSecond: tokensPerSecond ?? 1,
      source,
      weight
    }))
    for (const model of baselines()) {
      const [{ speed, firstToken }] = (await model.fit(speeds)).predict([rows[0].query])
      expect([typeof speed, firstToken]).toEqual(['object', undefined])
    }
  })

  it('that follow from the hardware say nothing of a GPU that nobody knows; those that learn impute', async () => {
    const query = { gpu: 'unknown', paramsB: 8 }
    const said = await Promise.all(
      baselines().map(async (model) => (await model.fit(rows)).predict([query])[0].speed !== undefined)
    )
    expect(said).toEqual([false, false, false, true, true, false])
  })

  it('count rows by their weight', async () => {
    const slow = rows.map((row): MeasuredRow => ({ ...row, tokensPerSecond: (row.tokensPerSecond ?? 1) / 10, weight: 1e-3 }))
    for (const model of baselines()) {
      const [alone] = (await model.fit(rows)).predict([rows[20].query])
      const [mixed] = (await model.fit([...rows, ...slow])).predict([rows[20].query])
      expect(Math.abs((mixed.speed?.q50 ?? NaN) - (alone.speed?.q50 ?? NaN)), model.name).toBeLessThan(0.12)
    }
  })
})

describe('the roofline with a constant', () => {
  it('finds both', async () => {
    const exact = parkRows(216, 0)
    const fit = await rooflinePlusConstant.fit(exact)
    // So large a model that the constant does not matter.
    const huge = { gpu: 'rtx4090', paramsB: 1e6, quant: 'F16' }
    const speed = fit.predict([huge])[0].speed?.q50 ?? NaN
    expect(Math.exp(speed) * (2e15 / 1008e9)).toBeCloseTo(EFFICIENCY, 1)
    expect(await errorOf(rooflinePlusConstant, 'speed', exact)).toBeLessThan(0.02)
  })
})

describe('boosted trees', () => {
  it('are the same for the same rows', async () => {
    const predict = async () => (await boostedTrees({ trees: 20 }).fit(rows)).predict(rows.map(({ query }) => query))
    expect(await predict()).toEqual(await predict())
  })

  it('of no depth are the median', async () => {
    const fit = await boostedTrees({ trees: 1, depth: 0 }).fit(rows)
    const expected = weightedMedian(
      rows.map((row) => logTarget(row, TARGETS[0]) ?? NaN),
      rows.map(() => 1)
    )
    expect(fit.predict([rows[0].query])[0].speed?.q50).toBeCloseTo(expected, 12)
  })
})
