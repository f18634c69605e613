import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs'
import { MACHINE_WIDTH } from '../throughput/features.ts'
import { MOST_CORRECTION, type NetworkWeights } from '../throughput/network.ts'
import { CONSTANTS, CORRECTION_COUNT, QUANTILE_COUNT } from '../throughput/physics.ts'
import { TERM_COUNT, physicsTerms } from './physics-terms.ts'
import type { TensorFlow } from './tensorflow.ts'

/** {@link NetworkWeights} where TensorFlow.js has them. */
export interface TensorWeights {
  readonly w1: Tensor2D
  readonly b1: Tensor1D
  readonly w2: Tensor2D
  readonly b2: Tensor1D
}

/** Rows as the network in TensorFlow.js takes them. */
export interface TensorRows {
  /** count × MACHINE_WIDTH. */
  readonly machines: Tensor2D
  /** TERM_COUNT × count. */
  readonly terms: Tensor2D
}

export function tensorRows(tf: TensorFlow, machines: Float32Array, physics: Float32Array): TensorRows {
  const count = machines.length / MACHINE_WIDTH
  const terms = new Float32Array(TERM_COUNT * count)
  physicsTerms(physics, count, terms)
  return { machines: tf.tensor2d(machines, [count, MACHINE_WIDTH]), terms: tf.tensor2d(terms, [TERM_COUNT, count]) }
}

/** The same as runNetwork, but a tensor a correction. */
function corrections(tf: TensorFlow, { w1, b1, w2, b2 }: TensorWeights, machines: Tensor2D): Tensor[] {
  const hidden = tf.tanh(tf.add(tf.matMul(machines, w1), b1))
  const raw = tf.add(tf.matMul(hidden, w2), b2)
  return tf.unstack(tf.mul(tf.tanh(tf.div(raw, MOST_CORRECTION)), MOST_CORRECTION), 1)
}

/** Three quantiles around the one in the middle. */
function around(tf: TensorFlow, middle: Tensor, below: Tensor, above: Tensor): Tensor[] {
  const width = (correction: Tensor) => tf.softplus(tf.add(correction, CONSTANTS.width))
  return [tf.sub(middle, width(below)), middle, tf.add(middle, width(above))]
}

/** The logarithm of the sum of times that are logarithms themselves. */
function logOfSum(tf: TensorFlow, parts: readonly Tensor[]): Tensor {
  return tf.log(tf.addN(parts.map((part) => tf.exp(part))))
}

/**
 * The network and its physics in operations that TensorFlow.js can differentiate: the same as runNetwork and physicsHead.
 * @returns QUANTILE_COUNT × count, a row a quantile
 */
export function tensorQuantiles(tf: TensorFlow, weights: TensorWeights, { machines, terms }: TensorRows): Tensor2D {
  const c = corrections(tf, weights, machines)
  const [memory, compute, keyValues, prefill, gpuCount, overflow] = tf.unstack(terms, 0)
  const shared = tf.mul(gpuCount, tf.sigmoid(tf.add(c[4], CONSTANTS.sharing)))
  const spilled = tf.mul(overflow, tf.softplus(c[3]))
  const scaled = tf.sub(spilled, shared)
  const speed = tf.neg(
    logOfSum(tf, [
      tf.add(tf.add(memory, c[0]), scaled),
      tf.sub(tf.add(compute, c[1]), shared),
      tf.sub(tf.add(keyValues, c[11]), shared),
      tf.add(c[2], CONSTANTS.fixed)
    ])
  )
  const firstToken = logOfSum(tf, [tf.add(tf.add(prefill, c[7]), scaled), tf.add(c[8], CONSTANTS.firstToken)])
  return tf.stack([...around(tf, speed, c[5], c[6]), ...around(tf, firstToken, c[9], c[10])], 0) as Tensor2D
}

/** Predictions by TensorFlow.js, as physicsHead gives them: rows of QUANTILES. For comparison; serving needs no TensorFlow.js. */
export async function predictWithTensors(
  tf: TensorFlow,
  weights: NetworkWeights,
  rows: { readonly machines: Float32Array; readonly physics: Float32Array }
): Promise<Float32Array> {
  const result = tf.tidy(() => {
    const { hidden, w1, b1, w2, b2 } = weights
    const tensors = {
      w1: tf.tensor2d(w1, [MACHINE_WIDTH, hidden]),
      b1: tf.tensor1d(b1),
      w2: tf.tensor2d(w2, [hidden, CORRECTION_COUNT]),
      b2: tf.tensor1d(b2)
    }
    return tf.transpose(tensorQuantiles(tf, tensors, tensorRows(tf, rows.machines, rows.physics)))
  })
  const values = await result.data<'float32'>()
  result.dispose()
  // A copy: some backends give a view of memory that they use again.
  return Float32Array.from(values).subarray(0, (rows.machines.length / MACHINE_WIDTH) * QUANTILE_COUNT)
}
