import { PeerbanditError } from '../core/errors.ts'
import type { NetworkWeights } from './network.ts'

export const MODEL_FORMAT = 'peerbandit-throughput-model'
export const MODEL_VERSION = 2

/** What is added to both sides of an 80 % interval so that it covers 80 %, in natural logarithms; negative where it was too wide. */
export interface IntervalOffsets {
  readonly speed: number
  readonly firstToken: number
}

/** By conformalised quantiles, see calibration.ts. */
export interface Calibration {
  /** Of GPUs that were held back, measured as the rest of their source. */
  readonly familiar: IntervalOffsets
  /** Of sources that were held back: who measures otherwise, with another engine, is off in ways that no GPU is. At least the familiar. */
  readonly unfamiliar: IntervalOffsets
}

/**
 * By how much machines with a GPU turned out to be faster, and sooner with the first token, than the network says from its facts: in
 * natural logarithms, shrunk to nothing where there are few measurements.
 */
export interface GpuEffect {
  readonly speed: number
  readonly firstToken: number
}

/** What a model is made of. */
export interface ModelContent {
  readonly weights: NetworkWeights
  readonly calibration: Calibration
  /** GPUs that it was trained on, by their names in the catalogue. */
  readonly knownGpus: readonly string[]
  /** Of some of them, by the same names. */
  readonly gpuEffects: Readonly<Record<string, GpuEffect>>
  /** When and from what it was made, with hashes and licences, and how good it is beside baselines. Free form; JSON. */
  readonly card: Readonly<Record<string, unknown>>
}

/** A model with its identity. */
export interface ModelDocument extends ModelContent {
  /** Hexadecimal, of everything else. */
  readonly sha256: string
}

/** @throws ERR_MODEL */
export function refuseModel(defect: string, cause?: unknown): never {
  throw new PeerbanditError('ERR_MODEL', `throughput model: ${defect}`, { cause })
}
