import type { Tensor, Tensor2D } from '@tensorflow/tfjs'
import { MACHINE_WIDTH } from '../../../src/throughput/features.ts'
import { MOST_CORRECTION, type NetworkWeights } from '../../../src/throughput/network.ts'
import { CORRECTION_COUNT } from '../../../src/throughput/physics.ts'
import { openBackend } from '../../../src/training/backend.ts'
import { TERM_COUNT } from '../../../src/training/physics-terms.ts'
import type { TensorFlow } from '../../../src/training/tensorflow.ts'
import { tensorQuantiles, type TensorWeights } from '../../../src/training/tf-network.ts'
import type { Features } from './candidates.ts'
import type { Contender, Output } from './contender.ts'

function tensorWeights(tf: TensorFlow, { hidden, w1, b1, w2, b2 }: NetworkWeights): TensorWeights {
  return {
    w1: tf.tensor2d(w1, [MACHINE_WIDTH, hidden]),
    b1: tf.tensor1d(b1),
    w2: tf.tensor2d(w2, [hidden, CORRECTION_COUNT]),
    b2: tf.tensor1d(b2)
  }
}

/** By fused layers, which are faster here and cannot be trained. */
function fusedCorrections(tf: TensorFlow, { w1, b1, w2, b2 }: TensorWeights, machines: Tensor2D): Tensor {
  const hidden = tf.tanh(tf.fused.matMul({ a: machines, b: w1, bias: b1 }))
  const raw = tf.fused.matMul({ a: hidden, b: w2, bias: b2 })
  return tf.mul(tf.tanh(tf.div(raw, MOST_CORRECTION)), MOST_CORRECTION)
}

/** TensorFlow.js with weights that it holds already. */
export async function tensorFlow(name: 'wasm' | 'cpu', weights: NetworkWeights): Promise<Contender> {
  const { tf, close } = await openBackend({ force: name })
  const tensors = tensorWeights(tf, weights)
  const outputOf = (output: Output, { count, machines, terms }: Features) => {
    const rows = tf.tensor2d(machines, [count, MACHINE_WIDTH])
    if (output === 'corrections') return fusedCorrections(tf, tensors, rows)
    return tensorQuantiles(tf, tensors, { machines: rows, terms: tf.tensor2d(terms, [TERM_COUNT, count]) })
  }
  return {
    name: `TensorFlow.js ${name}`,
    quantilesByColumn: true,
    run: (output, features) => () => tf.tidy(() => outputOf(output, features).dataSync<'float32'>()),
    close: async () => {
      tf.dispose(Object.values(tensors))
      await close()
    }
  }
}
