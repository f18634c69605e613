import { checkInteger, checkNonNegative, checkPositive } from '../core/check.ts'
import type { Rng } from '../core/rng.ts'

/** How far training is. */
export interface TrainingProgress {
  /** Epochs that are done, from 1. */
  readonly epoch: number
  readonly epochs: number
  /** The whole objective in that epoch, on the rows as it saw them. */
  readonly loss: number
}

export interface TrainingOptions {
  /** Weights to begin with, noise, and what is hidden: equal numbers train an equal model on every backend, but for rounding. */
  readonly rng: Rng
  /** Hidden units, ≥ 1. @default 32 */
  readonly hidden?: number
  /** Passes over all rows, ≥ 1. @default 400 */
  readonly epochs?: number
  /** Adam's, > 0, at the start; falls along a cosine to a twentieth. @default 0.01 */
  readonly learningRate?: number
  /** Penalty on the squares of both matrices, ≥ 0. @default 0.001 */
  readonly decay?: number
  /** What the time to the first token counts beside the speed, ≥ 0. @default 0.5 */
  readonly firstTokenWeight?: number
  /** Standard deviation of the noise on what is known of machines and models, in logarithms, ≥ 0. @default 0.1 */
  readonly noise?: number
  /** Whether to hide some of what is known in each epoch, so that the network learns to do without. @default true */
  readonly hiding?: boolean
  /** Called after every epoch, e.g. to draw a progress bar. */
  readonly onEpoch?: (progress: TrainingProgress) => void
  /** Stops after the running epoch; training rejects with its reason. */
  readonly signal?: AbortSignal
}

const DEFAULTS = {
  hidden: 32,
  epochs: 400,
  learningRate: 0.01,
  decay: 1e-3,
  firstTokenWeight: 0.5,
  noise: 0.1,
  hiding: true
}

export type ResolvedTrainingOptions = Required<Omit<TrainingOptions, 'onEpoch' | 'signal'>> &
  Pick<TrainingOptions, 'onEpoch' | 'signal'>

/** @throws ERR_INVALID_OPTION */
export function resolveTrainingOptions(options: TrainingOptions): ResolvedTrainingOptions {
  const resolved = { ...DEFAULTS, ...options }
  checkInteger('hidden', resolved.hidden, { min: 1 })
  checkInteger('epochs', resolved.epochs, { min: 1 })
  checkPositive('learningRate', resolved.learningRate)
  checkNonNegative('decay', resolved.decay)
  checkNonNegative('firstTokenWeight', resolved.firstTokenWeight)
  checkNonNegative('noise', resolved.noise)
  return resolved
}
