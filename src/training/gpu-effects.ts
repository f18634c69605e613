import { quantileOfSorted, sortedCopy } from '../math/quantile.ts'
import { machineOf } from '../throughput/machine.ts'
import type { MeasuredRow } from '../throughput/measured-row.ts'
import type { GpuEffect, ModelContent } from '../throughput/model-document.ts'
import { type FittedModel, type LogPrediction, logTarget, type Target } from './evaluation/model.ts'

/** Rows of a GPU that nothing but its facts counts for: people who measure it have more in common than one that is asked about. */
const PRIOR_ROWS = 2

interface Judged {
  readonly row: MeasuredRow
  readonly predicted: LogPrediction
}

/** The median of how much more was measured than the network says, shrunk; 0 without rows. */
function shrunkMedian(judged: readonly Judged[], target: Target): number {
  const residuals = judged.flatMap(({ row, predicted }) => {
    const [measured, expected] = [logTarget(row, target), predicted[target]]
    return measured === undefined || expected === undefined ? [] : [measured - expected.q50]
  })
  if (residuals.length === 0) return 0
  return (residuals.length / (residuals.length + PRIOR_ROWS)) * quantileOfSorted(sortedCopy(residuals), 0.5)
}

/**
 * What measurements say of each GPU beyond its facts: a random effect by GPU.
 * @param rows that the network has learned from
 * @param network as it is without effects
 * @see Gelman and Hill 2006, "Data Analysis Using Regression and Multilevel/Hierarchical Models", chapter 12
 */
export function gpuEffectsOf(rows: readonly MeasuredRow[], network: FittedModel): ModelContent['gpuEffects'] {
  const predictions = network.predict(rows.map(({ query }) => query))
  const named = rows.flatMap((row, i) => {
    const name = machineOf(row.query).gpu?.name
    return name === undefined ? [] : [{ name, row, predicted: predictions[i] }]
  })
  const byGpu = Object.entries(Object.groupBy(named, ({ name }) => name))
  return Object.fromEntries(
    byGpu
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, judged = []]): [string, GpuEffect] => [
        name,
        // Later first tokens are what is worse.
        { speed: shrunkMedian(judged, 'speed'), firstToken: -shrunkMedian(judged, 'firstToken') || 0 }
      ])
  )
}
