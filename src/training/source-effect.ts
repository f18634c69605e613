import { weightedQuantile } from '../math/weighted-quantile.ts'
import { COVERED } from '../throughput/calibration.ts'
import type { IntervalOffsets } from '../throughput/model-document.ts'
import { scoresOf } from './evaluation/figures.ts'
import type { LogPrediction, Target, ThroughputModel } from './evaluation/model.ts'
import type { SourceSplit } from './evaluation/source-splits.ts'

/** A source as a fit sees it that has learned from the others. */
interface Foreign {
  readonly held: SourceSplit['held']
  readonly predictions: readonly LogPrediction[]
}

/** Rows of one source err together: each source counts the same, however many rows it has. */
function offsetOver(foreign: readonly Foreign[], target: Target): number {
  const bySource = foreign.map(({ held, predictions }) =>
    scoresOf(
      held.map((row, i) => ({ row, predicted: predictions[i][target] })),
      target
    )
  )
  const weights = bySource.flatMap((scores) => scores.map(() => 1 / scores.length))
  return weights.length === 0 ? -Infinity : weightedQuantile(bySource.flat(), weights, COVERED)
}

/**
 * What to widen intervals by that they cover 80 % of a source that was never seen: of those that were each held back, as a mean.
 * @param model fitted without each
 * @param familiar what intervals are widened by at least
 */
export async function unfamiliarOffsets(
  splits: readonly SourceSplit[],
  model: ThroughputModel,
  familiar: IntervalOffsets
): Promise<IntervalOffsets> {
  const foreign: Foreign[] = []
  for (const { training, held } of splits) {
    const fitted = await model.fit(training)
    foreign.push({ held, predictions: fitted.predict(held.map(({ query }) => query)) })
  }
  return {
    speed: Math.max(familiar.speed, offsetOver(foreign, 'speed')),
    firstToken: Math.max(familiar.firstToken, offsetOver(foreign, 'firstToken'))
  }
}
