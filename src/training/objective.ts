import type { Scalar, Tensor2D } from '@tensorflow/tfjs'
import { PeerbanditError } from '../core/errors.ts'
import { LEVELS, QUANTILE_COUNT } from '../throughput/physics.ts'
import type { EncodedRows } from './encoded-rows.ts'
import type { TensorWeights } from './tf-network.ts'
import type { TensorFlow } from './tensorflow.ts'

/** What the quantiles are held against. All are QUANTILE_COUNT × count and stay the same through training. */
export interface Targets {
  readonly values: Tensor2D
  /** What each error counts: the row's share of all weights, 0 where it was not measured. */
  readonly shares: Tensor2D
  /** The shares, times the level of the quantile. */
  readonly levelShares: Tensor2D
}

/** Fills the rows of one target's quantiles. @param total what the errors of a quantile count together */
function fillTarget(
  measured: Float32Array,
  { weights, count }: EncodedRows,
  total: number,
  into: { readonly values: Float32Array; readonly shares: Float32Array; readonly levelShares: Float32Array }
): void {
  const weightOf = (row: number) => (Number.isNaN(measured[row]) ? 0 : weights[row])
  let sum = 0
  for (let row = 0; row < count; row++) sum += weightOf(row)
  LEVELS.forEach((level, quantile) => {
    for (let row = 0; row < count; row++) {
      const weight = weightOf(row)
      const at = quantile * count + row
      if (weight === 0) continue
      into.values[at] = measured[row]
      into.shares[at] = (total * weight) / sum
      into.levelShares[at] = level * into.shares[at]
    }
  })
}

/** @throws ERR_INVALID_OPTION if no row has a speed */
export function targetsOf(tf: TensorFlow, rows: EncodedRows, firstTokenWeight: number): Targets {
  if (!rows.lnSpeed.some((speed) => !Number.isNaN(speed))) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `rows must have a measured speed, got ${rows.count} rows without`)
  }
  const filled = () => new Float32Array(QUANTILE_COUNT * rows.count)
  const all = { values: filled(), shares: filled(), levelShares: filled() }
  const half = LEVELS.length * rows.count
  const part = (from: number, to: number) => ({
    values: all.values.subarray(from, to),
    shares: all.shares.subarray(from, to),
    levelShares: all.levelShares.subarray(from, to)
  })
  fillTarget(rows.lnSpeed, rows, 1, part(0, half))
  fillTarget(rows.lnFirstToken, rows, firstTokenWeight, part(half, 2 * half))
  const tensor = (values: Float32Array) => tf.tensor2d(values, [QUANTILE_COUNT, rows.count])
  return { values: tensor(all.values), shares: tensor(all.shares), levelShares: tensor(all.levelShares) }
}

/**
 * The pinball loss of every quantile, weighted, and a penalty on large weights. The error e = measured − predicted costs level·e above
 * the quantile and (level − 1)·e below it: level·e + relu(−e).
 * @see Koenker and Bassett 1978, "Regression Quantiles"
 */
export function objective(
  tf: TensorFlow,
  quantiles: Tensor2D,
  { values, shares, levelShares }: Targets,
  penalty: { readonly decay: number; readonly weights: TensorWeights }
): Scalar {
  const above = tf.sub(values, quantiles)
  const pinball = tf.sum(tf.add(tf.mul(levelShares, above), tf.mul(shares, tf.relu(tf.neg(above)))))
  const { decay, weights } = penalty
  const squares = tf.add(tf.sum(tf.square(weights.w1)), tf.sum(tf.square(weights.w2)))
  return tf.add(pinball, tf.mul(squares, decay))
}
