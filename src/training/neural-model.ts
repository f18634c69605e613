import type { Rng } from '../core/rng.ts'
import type { MeasuredRow } from '../throughput/measured-row.ts'
import { type EncodedRows, encodeRows } from './encoded-rows.ts'
import { fittedWeights } from './evaluation/document-model.ts'
import type { ThroughputModel } from './evaluation/model.ts'
import { gpuEffectsOf } from './gpu-effects.ts'
import type { Backend } from './running-backend.ts'
import { train, type TrainedNetwork } from './trainer.ts'
import type { TrainingOptions } from './trainer-options.ts'

/** As tables name it. */
export const NEURAL_NAME = 'network'

export interface NeuralModelOptions extends Omit<TrainingOptions, 'rng'> {
  /** A fresh one for every fit, so that none depends on those before it. */
  readonly rng: () => Rng
  /** Called before every fit. */
  readonly onFit?: () => void
  /** What training sees of the rows. @default encodeRows */
  readonly encode?: (rows: readonly MeasuredRow[]) => EncodedRows
  /** Called after every fit. */
  readonly onTrained?: (trained: TrainedNetwork) => void
}

/** Rows that were measured: a dataset may hold questions too. */
export async function trainNetwork(
  backend: Backend,
  rows: readonly MeasuredRow[],
  { rng, onFit, onTrained, encode = encodeRows, ...options }: NeuralModelOptions
): Promise<TrainedNetwork> {
  onFit?.()
  const measured = rows.filter(({ tokensPerSecond, firstTokenMs }) => (tokensPerSecond ?? firstTokenMs) !== undefined)
  const trained = await train(backend, encode(measured), { ...options, rng: rng() })
  onTrained?.(trained)
  return trained
}

/** The network under its physics, to stand beside the baselines. */
export function neuralModel(backend: Backend, options: NeuralModelOptions): ThroughputModel {
  return {
    name: NEURAL_NAME,
    async fit(rows) {
      const { weights } = await trainNetwork(backend, rows, options)
      return fittedWeights({ weights, gpuEffects: gpuEffectsOf(rows, fittedWeights({ weights })) })
    }
  }
}
