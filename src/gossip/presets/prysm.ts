import { PeerbanditError } from '../../core/errors.ts'
import type { TopicScoreParams } from '../score-params.ts'
import { checkPeerScoreParams } from '../validate.ts'
import {
  AGGREGATORS_PER_COMMITTEE,
  type Beacon,
  BEACON_THRESHOLDS,
  beaconOf,
  committeesPerSlot,
  DECAY_TO_ZERO,
  firstDeliveries,
  manyBursts,
  MAX_FIRST_DELIVERY_SCORE,
  MAX_IN_MESH_SCORE,
  slotDecay,
  steadyAfterDecay,
  SUBNETS,
  timeInMesh
} from './beacon.ts'
import { type BeaconInputs, NO_MESH_DELIVERIES, type ScorePreset } from './preset.ts'

const WEIGHTS = {
  beacon_block: 0.8,
  beacon_aggregate_and_proof: 0.5,
  sync_committee_contribution_and_proof: 0.2,
  /** All subnets together. */
  beacon_attestation: 1,
  sync_committee: 0.4,
  attester_slashing: 0.05,
  proposer_slashing: 0.05,
  voluntary_exit: 0.05,
  bls_to_execution_change: 0.05
}

const MAX_SCORE = (MAX_IN_MESH_SCORE + MAX_FIRST_DELIVERY_SCORE) * Object.values(WEIGHTS).reduce((sum, weight) => sum + weight, 0)

/** A ninetieth of the messages is expected of a peer. */
const DAMPENING = 90
const WINDOW_MS = 2000
const SYNC_COMMITTEE_SIZE = 512
const SYNC_SUBNETS = 4

/**
 * In the manner of Prysm (`beacon-chain/p2p/gossip_scoring_params.go`, 2026): rates are whole numbers, deficits of deliveries are not scored
 * (their decays and thresholds are kept), and several values are constants.
 * @throws ERR_INVALID_OPTION for an input that is out of range, or with which a whole number is 0
 */
export function prysmPreset(inputs: BeaconInputs = {}): ScorePreset {
  const beacon = beaconOf(inputs)
  const epoch = beacon.slotsPerEpoch
  const params = checkPeerScoreParams({
    topics: topicsOf(beacon),
    topicScoreCap: 32.72,
    appSpecificScore: () => 0,
    appSpecificWeight: 1,
    IPColocationFactorWeight: -35.11,
    IPColocationFactorThreshold: 10,
    IPColocationFactorWhitelist: new Set(),
    behaviourPenaltyWeight: -15.92,
    behaviourPenaltyThreshold: 6,
    behaviourPenaltyDecay: slotDecay(10 * epoch),
    decayInterval: beacon.slotMs,
    decayToZero: DECAY_TO_ZERO,
    retainScore: 100 * epoch * beacon.slotMs
  })
  return { params, thresholds: BEACON_THRESHOLDS }
}

function topicsOf(beacon: Beacon): Record<string, TopicScoreParams> {
  const aggregates = committeesPerSlot(beacon) * AGGREGATORS_PER_COMMITTEE
  const attestations = Math.floor(Math.floor(beacon.activeValidators / SUBNETS) / beacon.slotsPerEpoch)
  const syncMessages = Math.floor(Math.min(beacon.activeValidators, SYNC_COMMITTEE_SIZE) / SYNC_SUBNETS)
  // The other way round than the other clients: more bursts are forgotten more slowly.
  const slow = manyBursts(beacon)
  return {
    beacon_block: block(beacon),
    beacon_aggregate_and_proof: frequent(beacon, {
      topicWeight: WEIGHTS.beacon_aggregate_and_proof,
      perSlot: aggregates,
      ...{ firstEpochs: 1, meshEpochs: 1 }
    }),
    sync_committee_contribution_and_proof: frequent(beacon, {
      topicWeight: WEIGHTS.sync_committee_contribution_and_proof,
      perSlot: SYNC_SUBNETS * AGGREGATORS_PER_COMMITTEE,
      ...{ firstEpochs: 1, meshEpochs: 1 }
    }),
    beacon_attestation: frequent(beacon, {
      topicWeight: WEIGHTS.beacon_attestation / SUBNETS,
      perSlot: attestations,
      firstEpochs: slow ? 4 : 1,
      meshEpochs: slow ? 16 : 4
    }),
    sync_committee: frequent(beacon, {
      topicWeight: WEIGHTS.sync_committee / SYNC_SUBNETS,
      perSlot: syncMessages,
      ...{ firstEpochs: 1, meshEpochs: 4 }
    }),
    attester_slashing: rare(beacon, WEIGHTS.attester_slashing, { weight: 36, cap: 1 }),
    proposer_slashing: rare(beacon, WEIGHTS.proposer_slashing, { weight: 36, cap: 1 }),
    voluntary_exit: rare(beacon, WEIGHTS.voluntary_exit, { weight: 2, cap: 5 }),
    bls_to_execution_change: rare(beacon, WEIGHTS.bls_to_execution_change, { weight: 2, cap: 5 })
  }
}

function block(beacon: Beacon): TopicScoreParams {
  const epoch = beacon.slotsPerEpoch
  const decaySlots = 5 * epoch
  return {
    topicWeight: WEIGHTS.beacon_block,
    ...timeInMesh(beacon),
    firstMessageDeliveriesWeight: 1,
    firstMessageDeliveriesDecay: slotDecay(20 * epoch),
    firstMessageDeliveriesCap: 23,
    meshMessageDeliveriesWeight: 0,
    meshMessageDeliveriesDecay: slotDecay(decaySlots),
    meshMessageDeliveriesCap: decaySlots,
    meshMessageDeliveriesThreshold: decaySlots / 10,
    meshMessageDeliveriesWindow: WINDOW_MS,
    meshMessageDeliveriesActivation: 4 * epoch * beacon.slotMs,
    meshFailurePenaltyWeight: 0,
    meshFailurePenaltyDecay: slotDecay(decaySlots),
    invalidMessageDeliveriesWeight: -140.4475,
    invalidMessageDeliveriesDecay: slotDecay(50 * epoch)
  }
}

interface Frequent {
  readonly topicWeight: number
  readonly perSlot: number
  readonly firstEpochs: number
  readonly meshEpochs: number
}

function frequent(beacon: Beacon, { topicWeight, perSlot, firstEpochs, meshEpochs }: Frequent): TopicScoreParams {
  const epoch = beacon.slotsPerEpoch
  const rate = Math.floor((2 * perSlot) / beacon.meshDegree)
  if (rate === 0) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `meshDegree must be at most ${2 * perSlot}, twice the messages of a slot, for Prysm’s whole numbers, got ${beacon.meshDegree}`
    )
  }
  const decay = slotDecay(meshEpochs * epoch)
  const threshold = steadyAfterDecay(decay, perSlot / DAMPENING)
  return {
    topicWeight,
    ...timeInMesh(beacon),
    ...firstDeliveries(rate, firstEpochs * epoch),
    meshMessageDeliveriesWeight: 0,
    meshMessageDeliveriesDecay: decay,
    meshMessageDeliveriesCap: 4 * threshold,
    meshMessageDeliveriesThreshold: threshold,
    meshMessageDeliveriesWindow: WINDOW_MS,
    meshMessageDeliveriesActivation: epoch * beacon.slotMs,
    meshFailurePenaltyWeight: 0,
    meshFailurePenaltyDecay: decay,
    invalidMessageDeliveriesWeight: -MAX_SCORE / topicWeight,
    invalidMessageDeliveriesDecay: slotDecay(50 * epoch)
  }
}

function rare(beacon: Beacon, topicWeight: number, first: { readonly weight: number; readonly cap: number }): TopicScoreParams {
  return {
    topicWeight,
    ...timeInMesh(beacon),
    firstMessageDeliveriesWeight: first.weight,
    firstMessageDeliveriesDecay: slotDecay(100 * beacon.slotsPerEpoch),
    firstMessageDeliveriesCap: first.cap,
    ...NO_MESH_DELIVERIES,
    invalidMessageDeliveriesWeight: -2000,
    invalidMessageDeliveriesDecay: slotDecay(50 * beacon.slotsPerEpoch)
  }
}
