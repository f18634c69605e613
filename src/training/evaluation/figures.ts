import type { Rng } from '../../core/rng.ts'
import { meanOf } from '../../math/quantile.ts'
import { rankCorrelation } from '../../math/rank-correlation.ts'
import type { MeasuredRow } from '../../throughput/measured-row.ts'
import { LEVELS } from '../../throughput/physics.ts'
import { conformityScore } from '../../throughput/calibration.ts'
import { widened } from './conformal.ts'
import * as metrics from './metrics.ts'
import { type LogQuantiles, logTarget, type Target } from './model.ts'
import { candidatePools } from './pools.ts'

/** A row beside what was predicted of it by a model that has not learned from its group. */
export interface Judged {
  readonly row: MeasuredRow
  readonly predicted: LogQuantiles | undefined
  /** Of the conformal calibration, for this row's fold. */
  readonly offset: number
}

/** How good a model is for one target. Ratios, not percent; what is in logarithms says so. NaN: cannot be told from so few rows. */
export interface Figures {
  /** Rows with this target, and the share of them of which the model could say something. All else is of those. */
  readonly rows: number
  readonly answered: number
  /** Quantiles 0.5 and 0.9 of the absolute percentage error. */
  readonly medianApe: number
  readonly p90Ape: number
  readonly mape: number
  readonly wape: number
  readonly logMae: number
  readonly logRmse: number
  /** Explained share of the variance of the logarithms. */
  readonly logR2: number
  /** Mean over the three quantiles, of logarithms, before calibration. */
  readonly logPinball: number
  /** Share inside the 80 % interval, before and after calibration. */
  readonly rawCoverage: number
  readonly coverage: number
  /** Of the calibrated intervals, in logarithms. */
  readonly logWidth: number
  readonly logIntervalScore: number
  /** Spearman's. */
  readonly rankCorrelation: number
  /** Share of the speed that is lost by sending jobs to the best of eight by prediction. */
  readonly topRegret: number
  /** Shares below, between and above the three quantiles, before calibration: 0.1, 0.4, 0.4, 0.1 if they are right. */
  readonly pit: readonly number[]
}

type Answered = Judged & { readonly predicted: LogQuantiles; readonly y: number }

function answeredOf(judged: readonly Judged[], target: Target): Answered[] {
  return judged.flatMap(({ row, predicted, offset }) => {
    const y = logTarget(row, target)
    return y === undefined || predicted === undefined ? [] : [{ row, predicted, offset, y }]
  })
}

function intervalFigures(y: readonly number[], answered: readonly Answered[]) {
  const raw = answered.map(({ predicted }) => predicted)
  const columns = [raw.map(({ q10 }) => q10), raw.map(({ q50 }) => q50), raw.map(({ q90 }) => q90)]
  const calibrated = answered.map(({ predicted, offset }) => widened(predicted, offset))
  const bounds = { low: calibrated.map(({ q10 }) => q10), high: calibrated.map(({ q90 }) => q90) }
  return {
    logPinball: meanOf(LEVELS.map((level, i) => metrics.pinball(y, columns[i], level))),
    rawCoverage: metrics.coverage(y, { low: columns[0], high: columns[2] }),
    coverage: metrics.coverage(y, bounds),
    logWidth: metrics.meanWidth(bounds),
    logIntervalScore: metrics.intervalScore(y, bounds),
    pit: metrics.pitHistogram(y, columns)
  }
}

function regretOf(answered: readonly Answered[], target: Target, rng: Rng): number {
  const pools = candidatePools(
    answered.map(({ row }) => row),
    { rng }
  )
  if (pools.length === 0) return NaN
  // Of two times to the first token the shorter is better.
  const sign = target === 'speed' ? 1 : -1
  const goodness = (log: number) => Math.exp(sign * log)
  return metrics.topRegret(
    answered.map(({ y }) => goodness(y)),
    answered.map(({ predicted }) => goodness(predicted.q50)),
    pools
  )
}

/** Of some rows; undefined where the model says nothing of any. @param rng for the pools of candidates */
export function figuresOf(judged: readonly Judged[], target: Target, rng: Rng): Figures | undefined {
  const rows = judged.filter(({ row }) => logTarget(row, target) !== undefined).length
  const answered = answeredOf(judged, target)
  if (answered.length === 0) return undefined
  const y = answered.map((each) => each.y)
  const median = answered.map(({ predicted }) => predicted.q50)
  const [values, predictions] = [y.map(Math.exp), median.map(Math.exp)]
  return {
    rows,
    answered: answered.length / rows,
    medianApe: metrics.apeQuantile(values, predictions, 0.5),
    p90Ape: metrics.apeQuantile(values, predictions, 0.9),
    mape: metrics.mape(values, predictions, target === 'speed' ? 1 : 0),
    wape: metrics.wape(values, predictions),
    logMae: metrics.meanAbsoluteError(y, median),
    logRmse: metrics.rootMeanSquaredError(y, median),
    logR2: metrics.rSquared(y, median),
    ...intervalFigures(y, answered),
    rankCorrelation: rankCorrelation(y, median),
    topRegret: regretOf(answered, target, rng)
  }
}

/** What the calibration of one model for one target learns from. */
export function scoresOf(judged: readonly Omit<Judged, 'offset'>[], target: Target): number[] {
  return judged.flatMap(({ row, predicted }) => {
    const y = logTarget(row, target)
    return y === undefined || predicted === undefined ? [] : [conformityScore(predicted.q10, predicted.q90, y)]
  })
}
