import { checkPeerScoreParams } from '../validate.ts'
import type { PeerScoreParams, TopicScoreParams } from '../score-params.ts'
import {
  type Beacon,
  BEACON_THRESHOLDS,
  beaconOf,
  DECAY_TO_ZERO,
  expectedAggregators,
  firstDeliveries,
  manyBursts,
  MAX_FIRST_DELIVERY_SCORE,
  MAX_IN_MESH_SCORE,
  slotDecay,
  steadyAfterDecay,
  steadyBeforeDecay,
  SUBNETS,
  timeInMesh
} from './beacon.ts'
import { type BeaconInputs, NO_MESH_DELIVERIES, type ScorePreset } from './preset.ts'

/** Where the two clients differ. */
interface Client {
  /** Weights of the topics that there are, the attestations of all subnets together. */
  readonly weights: Readonly<Record<string, number>>
  readonly windowMs: number
  readonly ipThreshold: number
  /** `bounded`: the largest deficit takes the most that a peer can have. `topic`: the weight is that of the topic, which is next to nothing. */
  readonly deficit: 'bounded' | 'topic'
  /** Aggregates a slot are counted as whole ones. */
  readonly wholeAggregates: boolean
  /** Epochs until the deficit of a subnet with one burst an epoch counts. */
  readonly subnetActivationEpochs: number
}

const COMMON_WEIGHTS = {
  beacon_block: 0.5,
  beacon_aggregate_and_proof: 0.5,
  beacon_attestation: 1,
  voluntary_exit: 0.05,
  proposer_slashing: 0.05,
  attester_slashing: 0.05
}

const LODESTAR: Client = {
  weights: { ...COMMON_WEIGHTS, bls_to_execution_change: 0.05 },
  windowMs: 12_000,
  ipThreshold: 3,
  deficit: 'bounded',
  wholeAggregates: true,
  subnetActivationEpochs: 1
}

const LIGHTHOUSE: Client = {
  weights: COMMON_WEIGHTS,
  windowMs: 2000,
  ipThreshold: 8,
  deficit: 'topic',
  wholeAggregates: false,
  subnetActivationEpochs: 3
}

/** Deliveries in the mesh of a topic where a deficit of them counts. */
interface MeshInputs {
  readonly decaySlots: number
  readonly capFactor: number
  readonly activationSlots: number
}

interface TopicInputs {
  readonly topicWeight: number
  readonly messagesPerSlot: number
  readonly firstDecaySlots: number
  readonly mesh?: MeshInputs
}

/**
 * In the manner of Lodestar (`packages/beacon-node/src/network/gossip/scoringParameters.ts`, October 2024).
 * @throws ERR_INVALID_OPTION for an input that is out of range
 */
export function lodestarPreset(inputs: BeaconInputs = {}): ScorePreset {
  return presetOf(LODESTAR, beaconOf(inputs))
}

/**
 * In the manner of Lighthouse (`beacon_node/lighthouse_network/src/service/gossipsub_scoring_parameters.rs`, 2024).
 * @throws ERR_INVALID_OPTION for an input that is out of range
 */
export function lighthousePreset(inputs: BeaconInputs = {}): ScorePreset {
  return presetOf(LIGHTHOUSE, beaconOf(inputs))
}

/** What time in the mesh and first deliveries bring at most in all topics together. */
function maxPositiveScore({ weights }: Client): number {
  return (MAX_IN_MESH_SCORE + MAX_FIRST_DELIVERY_SCORE) * Object.values(weights).reduce((sum, weight) => sum + weight, 0)
}

function presetOf(client: Client, beacon: Beacon): ScorePreset {
  const topics = Object.fromEntries(
    Object.entries(topicInputs(client, beacon)).map(([name, topic]) => [name, topicParams(client, beacon, topic)])
  )
  return { params: checkPeerScoreParams(peerParams(client, beacon, topics)), thresholds: BEACON_THRESHOLDS }
}

/** A peer may misbehave 6 times at once, and ten times an epoch takes it to the gossip threshold. */
const FREE_MISBEHAVIOURS = 6
const MISBEHAVIOURS_PER_EPOCH = 10

function peerParams(
  client: Client,
  { slotMs, slotsPerEpoch }: Beacon,
  topics: Record<string, TopicScoreParams>
): PeerScoreParams {
  const behaviourPenaltyDecay = slotDecay(10 * slotsPerEpoch)
  const beyond = steadyBeforeDecay(behaviourPenaltyDecay, MISBEHAVIOURS_PER_EPOCH / slotsPerEpoch) - FREE_MISBEHAVIOURS
  const topicScoreCap = maxPositiveScore(client) / 2
  return {
    topics,
    topicScoreCap,
    appSpecificScore: () => 0,
    appSpecificWeight: 1,
    IPColocationFactorWeight: -topicScoreCap,
    IPColocationFactorThreshold: client.ipThreshold,
    IPColocationFactorWhitelist: new Set(),
    behaviourPenaltyWeight: BEACON_THRESHOLDS.gossipThreshold / beyond ** 2,
    behaviourPenaltyThreshold: FREE_MISBEHAVIOURS,
    behaviourPenaltyDecay,
    decayInterval: slotMs,
    decayToZero: DECAY_TO_ZERO,
    retainScore: 100 * slotsPerEpoch * slotMs
  }
}

function topicInputs(client: Client, beacon: Beacon): Record<string, TopicInputs> {
  const { slotsPerEpoch: epoch } = beacon
  const rare = (name: string, perEpoch: number): TopicInputs => ({
    topicWeight: client.weights[name],
    messagesPerSlot: perEpoch / epoch,
    firstDecaySlots: 100 * epoch
  })
  const aggregates = expectedAggregators(beacon)
  const topics: Record<string, TopicInputs> = {
    beacon_block: {
      topicWeight: client.weights['beacon_block'],
      messagesPerSlot: 1,
      firstDecaySlots: 20 * epoch,
      mesh: { decaySlots: 5 * epoch, capFactor: 3, activationSlots: epoch }
    },
    beacon_aggregate_and_proof: {
      topicWeight: client.weights['beacon_aggregate_and_proof'],
      messagesPerSlot: client.wholeAggregates ? Math.max(1, Math.floor(aggregates)) : aggregates,
      firstDecaySlots: epoch,
      mesh: { decaySlots: 2 * epoch, capFactor: 4, activationSlots: epoch }
    },
    beacon_attestation: subnetInputs(client, beacon),
    voluntary_exit: rare('voluntary_exit', 4),
    proposer_slashing: rare('proposer_slashing', 1 / 5),
    attester_slashing: rare('attester_slashing', 1 / 5),
    bls_to_execution_change: rare('bls_to_execution_change', 4)
  }
  return Object.fromEntries(Object.entries(topics).filter(([name]) => name in client.weights))
}

/** One subnet of attestations: all have the same. */
function subnetInputs(client: Client, beacon: Beacon): TopicInputs {
  const { slotsPerEpoch: epoch, activeValidators } = beacon
  const bursts = manyBursts(beacon)
  return {
    topicWeight: client.weights['beacon_attestation'] / SUBNETS,
    messagesPerSlot: activeValidators / SUBNETS / epoch,
    firstDecaySlots: bursts ? epoch : 4 * epoch,
    mesh: {
      decaySlots: bursts ? 4 * epoch : 16 * epoch,
      capFactor: 16,
      activationSlots: bursts ? Math.floor(epoch / 2) + 1 : client.subnetActivationEpochs * epoch
    }
  }
}

function topicParams(client: Client, beacon: Beacon, topic: TopicInputs): TopicScoreParams {
  const { topicWeight, messagesPerSlot, firstDecaySlots, mesh } = topic
  return {
    topicWeight,
    ...timeInMesh(beacon),
    ...firstDeliveries((2 * messagesPerSlot) / beacon.meshDegree, firstDecaySlots),
    ...(mesh === undefined ? NO_MESH_DELIVERIES : meshDeliveries(client, beacon, { ...topic, mesh })),
    // One invalid message takes the most that a peer can have.
    invalidMessageDeliveriesWeight: -maxPositiveScore(client) / topicWeight,
    invalidMessageDeliveriesDecay: slotDecay(50 * beacon.slotsPerEpoch)
  }
}

/** A fiftieth of the messages is expected of a peer. */
const DAMPENING = 50
const SMALLEST_CAP = 2

function meshDeliveries(
  client: Client,
  { slotMs, currentSlot }: Beacon,
  { topicWeight, messagesPerSlot, mesh }: TopicInputs & { readonly mesh: MeshInputs }
): Pick<TopicScoreParams, keyof typeof NO_MESH_DELIVERIES> {
  const decay = slotDecay(mesh.decaySlots)
  const threshold = steadyAfterDecay(decay, messagesPerSlot / DAMPENING)
  const weight = client.deficit === 'topic' ? -topicWeight : -maxPositiveScore(client) / (topicWeight * threshold ** 2)
  const young = mesh.decaySlots >= currentSlot
  return {
    meshMessageDeliveriesWeight: young ? 0 : weight,
    meshMessageDeliveriesDecay: decay,
    meshMessageDeliveriesCap: Math.max(mesh.capFactor * threshold, SMALLEST_CAP),
    meshMessageDeliveriesThreshold: young ? 0 : threshold,
    meshMessageDeliveriesWindow: client.windowMs,
    meshMessageDeliveriesActivation: mesh.activationSlots * slotMs,
    meshFailurePenaltyWeight: weight,
    meshFailurePenaltyDecay: decay
  }
}
