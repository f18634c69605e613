import type { PeerScoreParams, PeerScoreThresholds, TopicScoreParams } from '../score-params.ts'

/** The parameters of a network's clients: topics by short names of their own, which are to be replaced by the network's. */
export interface ScorePreset {
  readonly params: PeerScoreParams
  readonly thresholds: PeerScoreThresholds
}

/** What the presets of Ethereum's clients are made from. */
export interface BeaconInputs {
  /** ms ≥ 1000 @default 12000 */
  readonly slotMs?: number
  /** ≥ 1 @default 32 */
  readonly slotsPerEpoch?: number
  /** D, ≥ 1 @default 8 */
  readonly meshDegree?: number
  /** Validators whose attestations and aggregates there are, ≥ 1024 @default 16384 */
  readonly activeValidators?: number
  /** Deficits of deliveries do not count before their decay time has gone by. ≥ 0 @default long after */
  readonly currentSlot?: number
}

/** P3 and P3b off, every field written out: where one is missing @libp2p/gossipsub takes a default that is on. */
export const NO_MESH_DELIVERIES = {
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0,
  meshMessageDeliveriesCap: 0,
  meshMessageDeliveriesThreshold: 0,
  meshMessageDeliveriesWindow: 0,
  meshMessageDeliveriesActivation: 0,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0
} as const satisfies Partial<TopicScoreParams>
