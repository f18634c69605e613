import type { ThroughputModel } from '../evaluation/model.ts'
import { baseline, featuresOf, type TargetFit } from './baseline.ts'
import { binned } from './tree-bins.ts'
import { growTree, type Tree, treeValue } from './tree.ts'
import { weightedMedian } from '../../math/weighted-quantile.ts'

export interface BoostedTreesOptions {
  /** @default 200 */
  readonly trees?: number
  /** @default 3 */
  readonly depth?: number
  /** How much of each tree is believed, 0–1. @default 0.1 */
  readonly rate?: number
  /** Of a leaf. @default 5 */
  readonly leastWeight?: number
  /** What the logarithms' errors cost: their squares, or their sizes. @default "absolute" */
  readonly loss?: 'absolute' | 'squared'
}

const DEFAULTS: Required<BoostedTreesOptions> = { trees: 200, depth: 3, rate: 0.1, leastWeight: 5, loss: 'absolute' }

/** A share of what all rows weigh, where they weigh little. */
const LEAST_SHARE = 0.02

interface Boosted {
  readonly start: number
  readonly trees: readonly Tree[]
}

function meanOfRows(values: Float64Array, weights: readonly number[], rows: readonly number[]): number {
  let [sum, weight] = [0, 0]
  for (const i of rows) {
    sum += weights[i] * values[i]
    weight += weights[i]
  }
  return sum / weight
}

/**
 * Gradient boosting: each tree is fitted to what the trees before it leave.
 * @see Friedman 2001, "Greedy Function Approximation: A Gradient Boosting Machine", algorithms 2 (squared) and 3 (absolute)
 */
function boost(
  features: readonly Float32Array[],
  y: readonly number[],
  weights: readonly number[],
  options: Required<BoostedTreesOptions>
): Boosted {
  const { rate, depth, loss } = options
  const bins = binned(features)
  const all = y.map((_, i) => i)
  const leastWeight = Math.min(options.leastWeight, LEAST_SHARE * weights.reduce((sum, weight) => sum + weight, 0))
  const start = loss === 'squared' ? meanOfRows(Float64Array.from(y), weights, all) : weightedMedian(y, weights)
  const residuals = Float64Array.from(y, (value) => value - start)
  const median = (rows: readonly number[]) =>
    weightedMedian(
      rows.map((i) => residuals[i]),
      rows.map((i) => weights[i])
    )
  const mean = (rows: readonly number[]) => meanOfRows(residuals, weights, rows)
  const leaf = loss === 'squared' ? mean : median
  const trees = Array.from({ length: options.trees }, () => {
    const gradients = loss === 'squared' ? residuals : residuals.map(Math.sign)
    const tree = growTree(bins, all, { gradients, weights, leaf }, { depth, leastWeight })
    for (const i of all) residuals[i] -= rate * treeValue(tree, features[i])
    return tree
  })
  return { start, trees }
}

function fitTrees(options: Required<BoostedTreesOptions>): TargetFit {
  return (rows) => {
    const { start, trees } = boost(
      rows.map(({ query }) => featuresOf(query)),
      rows.map(({ y }) => y),
      rows.map(({ weight }) => weight),
      options
    )
    return (query) => {
      const features = featuresOf(query)
      return trees.reduce((sum, tree) => sum + options.rate * treeValue(tree, features), start)
    }
  }
}

/** Gradient-boosted trees on the logarithms. The same rows give the same trees. */
export function boostedTrees(options: BoostedTreesOptions = {}): ThroughputModel {
  const fit = fitTrees({ ...DEFAULTS, ...options })
  return baseline('boosted trees', { speed: fit, firstToken: fit })
}
