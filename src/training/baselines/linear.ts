import { MultivariateLinearRegression } from 'ml-regression'
import type { ThroughputModel } from '../evaluation/model.ts'
import { baseline, FEATURE_COUNT, featuresOf, type TargetFit } from './baseline.ts'

/** Columns that vary: the others are in the intercept. */
function varying(rows: readonly Float32Array[]): number[] {
  return Array.from({ length: FEATURE_COUNT }, (_, i) => i).filter((i) => rows.some((row) => row[i] !== rows[0][i]))
}

/**
 * Least squares of the logarithms on logarithms and flags. The library knows no weights: rows are multiplied by the root of theirs,
 * their 1 for the intercept too.
 */
const fitLinear: TargetFit = (rows) => {
  const features = rows.map(({ query }) => featuresOf(query))
  const columns = varying(features)
  const inputs = (row: Float32Array) => [1, ...columns.map((i) => row[i])]
  const roots = rows.map(({ weight }) => Math.sqrt(weight))
  const model = new MultivariateLinearRegression(
    features.map((row, i) => inputs(row).map((value) => value * roots[i])),
    rows.map(({ y }, i) => [y * roots[i]]),
    { intercept: false, statistics: false }
  )
  return (query) => model.predict(inputs(featuresOf(query)))[0]
}

/** Multivariate linear regression by the package ml-regression. */
export const linear: ThroughputModel = baseline('linear (ml-regression)', { speed: fitLinear, firstToken: fitLinear })
