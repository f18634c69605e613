import { PeerbanditError } from '../core/errors.ts'
import type { NetworkWeights } from './network.ts'

export const MODEL_FORMAT = 'peerbandit-throughput-model'
export const MODEL_VERSION = 1

/** What is added to both sides of an 80 % interval so that it covers 80 %, in natural logarithms; negative where it was too wide. */
export interface Calibration {
  readonly speed: number
  readonly firstToken: number
}

/** What a model is made of. */
export interface ModelContent {
  readonly weights: NetworkWeights
  /** By conformalised quantiles, from GPUs that were held back: see calibration.ts. */
  readonly calibration: Calibration
  /** GPUs that it was trained on, by their names in the catalogue. */
  readonly knownGpus: readonly string[]
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
