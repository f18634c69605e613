import type { Optimizer, Rank, Scalar, Tensor1D, Tensor2D, Variable } from '@tensorflow/tfjs'
import { setImmediate } from 'node:timers/promises'
import { MACHINE_WIDTH } from '../throughput/features.ts'
import type { NetworkWeights } from '../throughput/network.ts'
import { CORRECTION_COUNT } from '../throughput/physics.ts'
import { type AugmentedRows, Augmenter } from './augmentation.ts'
import type { Backend } from './running-backend.ts'
import type { EncodedRows } from './encoded-rows.ts'
import { firstWeights } from './first-weights.ts'
import { type Targets, objective, targetsOf } from './objective.ts'
import type { TensorFlow } from './tensorflow.ts'
import { tensorQuantiles, tensorRows } from './tf-network.ts'
import { type ResolvedTrainingOptions, type TrainingOptions, resolveTrainingOptions } from './trainer-options.ts'

export interface TrainedNetwork {
  readonly weights: NetworkWeights
  /** The objective of every epoch, in order. */
  readonly history: readonly number[]
}

/** Adam's, as Kingma and Ba 2015 have them. */
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
/** Of the learning rate, at the end of the cosine. */
const LAST_SHARE = 0.05

interface Variables {
  readonly w1: Variable<Rank.R2> & Tensor2D
  readonly b1: Variable<Rank.R1> & Tensor1D
  readonly w2: Variable<Rank.R2> & Tensor2D
  readonly b2: Variable<Rank.R1> & Tensor1D
}

function variablesOf(tf: TensorFlow, { hidden, w1, b1, w2, b2 }: NetworkWeights): Variables {
  return tf.tidy(() => ({
    w1: tf.variable(tf.tensor2d(w1, [MACHINE_WIDTH, hidden])),
    b1: tf.variable(tf.tensor1d(b1)),
    w2: tf.variable(tf.tensor2d(w2, [hidden, CORRECTION_COUNT])),
    b2: tf.variable(tf.tensor1d(b2))
  }))
}

/** @param epoch from 0 */
function learningRateAt(epoch: number, { epochs, learningRate }: ResolvedTrainingOptions): number {
  const cosine = (1 + Math.cos((Math.PI * epoch) / epochs)) / 2
  return learningRate * (LAST_SHARE + (1 - LAST_SHARE) * cosine)
}

/** All that one training holds in the backend's memory. */
class Training {
  readonly #tf: TensorFlow
  readonly #options: ResolvedTrainingOptions
  readonly #variables: Variables
  readonly #targets: Targets
  readonly #optimizer: Optimizer

  constructor(tf: TensorFlow, rows: EncodedRows, options: ResolvedTrainingOptions) {
    this.#tf = tf
    this.#options = options
    this.#targets = targetsOf(tf, rows, options.firstTokenWeight)
    this.#variables = variablesOf(tf, firstWeights(options.hidden, options.rng))
    this.#optimizer = tf.train.adam(options.learningRate, ADAM.beta1, ADAM.beta2, ADAM.epsilon)
  }

  /** One step downhill. @returns the objective before it */
  async step(epoch: number, { machines, physics }: AugmentedRows): Promise<number> {
    // Optimizers read it at every step, but do not say so in their type.
    Reflect.set(this.#optimizer, 'learningRate', learningRateAt(epoch, this.#options))
    const loss = this.#optimizer.minimize(() => this.#lossOf(tensorRows(this.#tf, machines, physics)), true)
    const [value] = (await loss?.data()) ?? [NaN]
    loss?.dispose()
    return value
  }

  #lossOf(rows: Parameters<typeof tensorQuantiles>[2]): Scalar {
    const quantiles = tensorQuantiles(this.#tf, this.#variables, rows)
    return objective(this.#tf, quantiles, this.#targets, { decay: this.#options.decay, weights: this.#variables })
  }

  async weights(): Promise<NetworkWeights> {
    const { w1, b1, w2, b2 } = this.#variables
    // A copy: some backends give a view of memory that they use again.
    const read = async (variable: Variable) => Float32Array.from(await variable.data<'float32'>())
    return { hidden: this.#options.hidden, w1: await read(w1), b1: await read(b1), w2: await read(w2), b2: await read(b2) }
  }

  dispose(): void {
    this.#optimizer.dispose()
    const { w1, b1, w2, b2 } = this.#variables
    const { values, shares, levelShares } = this.#targets
    this.#tf.dispose([w1, b1, w2, b2, values, shares, levelShares])
  }
}

/**
 * Fits the network to measured rows: quantiles .1, .5 and .9 of ln tokens/s and of ln seconds to the first token, by Adam on all rows
 * at once. Every epoch sees the rows with fresh noise, and with some of what is known hidden.
 * All random numbers come from `rng` before TensorFlow.js sees them: every backend computes from the same ones.
 * @throws ERR_INVALID_OPTION for options out of range, and where no row has a speed
 * @throws the signal's reason
 */
export async function train(backend: Backend, rows: EncodedRows, options: TrainingOptions): Promise<TrainedNetwork> {
  const resolved = resolveTrainingOptions(options)
  const { epochs, onEpoch, signal } = resolved
  signal?.throwIfAborted()
  await backend.activate()
  const training = new Training(backend.tf, rows, resolved)
  const augmenter = new Augmenter(rows, resolved, resolved.rng)
  const history: number[] = []
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const loss = await training.step(epoch, augmenter.next())
      history.push(loss)
      onEpoch?.({ epoch: epoch + 1, epochs, loss })
      // On the CPU nothing above waits for anything: without this no timer, signal or request would be served until the end.
      await setImmediate()
      signal?.throwIfAborted()
    }
    return { weights: await training.weights(), history }
  } finally {
    training.dispose()
  }
}
