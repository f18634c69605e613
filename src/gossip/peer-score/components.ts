import type { PeerScoreParams, TopicScoreParams } from '../score-params.ts'
import type { PeerCounters, TopicCounters } from './counters.ts'
import type { ScoreRules } from './score-rules.ts'

/** The parts of a peer's score, weighted; those of topics are summed over all of them. */
export interface ScoreComponents {
  /** P1, time in the mesh, ≥ 0 */
  readonly timeInMesh: number
  /** P2, first deliveries, ≥ 0 */
  readonly firstMessageDeliveries: number
  /** P3, deficit of deliveries in the mesh, ≤ 0 */
  readonly meshMessageDeliveries: number
  /** P3b, deficits that it was pruned with, ≤ 0 */
  readonly meshFailurePenalty: number
  /** P4, invalid messages, ≤ 0 */
  readonly invalidMessageDeliveries: number
  /** What the cap of all topics takes off, ≤ 0 */
  readonly topicScoreCap: number
  /** P5, the application's, of any sign */
  readonly application: number
  /** P6, peers at its addresses, ≤ 0 */
  readonly ipColocation: number
  /** P7, misbehaviour, ≤ 0 */
  readonly behaviourPenalty: number
  /** The sum */
  readonly score: number
}

/** What a score is made of besides the counters. */
export interface ScoreContext {
  readonly params: PeerScoreParams
  readonly rules: ScoreRules
  /** P5 before its weight. */
  readonly applicationScore: number
  /** Peers at each address of the peer that is not whitelisted. */
  readonly peersAtAddresses: readonly number[]
}

type TopicPart =
  'timeInMesh' | 'firstMessageDeliveries' | 'meshMessageDeliveries' | 'meshFailurePenalty' | 'invalidMessageDeliveries'

/** P1–P4 of one topic with their own weights, without the topic's. */
type TopicComponents = Readonly<Record<TopicPart, number>>

// Not `** 2`, which rounds otherwise than the implementations do.
function squared(value: number): number {
  return value * value
}

function timeInMesh(counters: TopicCounters, params: TopicScoreParams, rules: ScoreRules): number {
  if (!counters.inMesh) return 0
  const quanta = counters.meshTimeMs / params.timeInMeshQuantum
  return Math.min(rules.timeInMesh === 'whole' ? Math.floor(quanta) : quanta, params.timeInMeshCap)
}

function deficit({ active, meshMessageDeliveries }: TopicCounters, params: TopicScoreParams): number {
  return active ? Math.max(0, params.meshMessageDeliveriesThreshold - meshMessageDeliveries) : 0
}

function topicComponents(counters: TopicCounters, params: TopicScoreParams, rules: ScoreRules): TopicComponents {
  const first = rules.recapped
    ? Math.min(counters.firstMessageDeliveries, params.firstMessageDeliveriesCap)
    : counters.firstMessageDeliveries
  return {
    timeInMesh: timeInMesh(counters, params, rules) * params.timeInMeshWeight,
    firstMessageDeliveries: first * params.firstMessageDeliveriesWeight,
    meshMessageDeliveries: squared(deficit(counters, params)) * params.meshMessageDeliveriesWeight,
    meshFailurePenalty: counters.meshFailurePenalty * params.meshFailurePenaltyWeight,
    invalidMessageDeliveries: squared(counters.invalidMessageDeliveries) * params.invalidMessageDeliveriesWeight
  }
}

/** P6 before its weight: the squared number of peers beyond the threshold, of all addresses. */
function surplus(peersAtAddresses: readonly number[], threshold: number): number {
  return peersAtAddresses.reduce((sum, peers) => sum + squared(Math.max(0, peers - threshold)), 0)
}

/**
 * A peer's score and what it is made of.
 * Score = cap(Σ topicWeight · (P1 + P2 + P3 + P3b + P4)) + P5 + P6 + P7, each with its weight; the cap only takes off, and P5–P7 come
 * after it (gossipsub v1.1, "The Score Function").
 */
export function scoreComponents(peer: PeerCounters, context: ScoreContext): ScoreComponents {
  const { params, rules, applicationScore, peersAtAddresses } = context
  const sums = {
    timeInMesh: 0,
    firstMessageDeliveries: 0,
    meshMessageDeliveries: 0,
    meshFailurePenalty: 0,
    invalidMessageDeliveries: 0
  }
  let topicsScore = 0
  for (const [topic, counters] of peer.topics) {
    const topicParams = params.topics[topic]
    const parts = topicComponents(counters, topicParams, rules)
    let topicScore = 0
    for (const part of Object.keys(sums) as TopicPart[]) {
      topicScore += parts[part]
      sums[part] += parts[part] * topicParams.topicWeight
    }
    topicsScore += topicScore * topicParams.topicWeight
  }
  const capped = params.topicScoreCap > 0 ? Math.min(topicsScore, params.topicScoreCap) : topicsScore
  const application = applicationScore * params.appSpecificWeight
  const ipColocation = surplus(peersAtAddresses, params.IPColocationFactorThreshold) * params.IPColocationFactorWeight
  const excess = Math.max(0, peer.behaviourPenalty - params.behaviourPenaltyThreshold)
  const behaviourPenalty = squared(excess) * params.behaviourPenaltyWeight
  return {
    ...sums,
    topicScoreCap: capped - topicsScore,
    application,
    ipColocation,
    behaviourPenalty,
    score: capped + application + ipColocation + behaviourPenalty
  }
}
