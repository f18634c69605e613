import type { PeerScoreParams, TopicScoreParams } from '../score-params.ts'
import type { ScoreRules } from './score-rules.ts'

/** What is counted of a peer in one topic. */
export interface TopicCounters {
  inMesh: boolean
  /** ms */
  graftedAtMs: number
  /** As of the last decay, ms. */
  meshTimeMs: number
  firstMessageDeliveries: number
  meshMessageDeliveries: number
  /** Whether a deficit of deliveries counts yet. */
  active: boolean
  meshFailurePenalty: number
  invalidMessageDeliveries: number
}

/** What is kept of a peer. */
export interface PeerCounters {
  connected: boolean
  /** When it is forgotten, once it has left, ms. */
  expiresAtMs: number
  readonly topics: Map<string, TopicCounters>
  /** As they count in P6. */
  readonly addresses: Set<string>
  behaviourPenalty: number
}

export function newPeer(): PeerCounters {
  return { connected: true, expiresAtMs: 0, topics: new Map(), addresses: new Set(), behaviourPenalty: 0 }
}

export function newTopic(): TopicCounters {
  return {
    inMesh: false,
    graftedAtMs: 0,
    meshTimeMs: 0,
    firstMessageDeliveries: 0,
    meshMessageDeliveries: 0,
    active: false,
    meshFailurePenalty: 0,
    invalidMessageDeliveries: 0
  }
}

function decayed(counter: number, decay: number, decayToZero: number): number {
  const left = counter * decay
  return left < decayToZero ? 0 : left
}

function decayTopic(counters: TopicCounters, params: TopicScoreParams, decayToZero: number): void {
  const { firstMessageDeliveriesDecay, meshMessageDeliveriesDecay } = params
  counters.firstMessageDeliveries = decayed(counters.firstMessageDeliveries, firstMessageDeliveriesDecay, decayToZero)
  counters.meshMessageDeliveries = decayed(counters.meshMessageDeliveries, meshMessageDeliveriesDecay, decayToZero)
  counters.meshFailurePenalty = decayed(counters.meshFailurePenalty, params.meshFailurePenaltyDecay, decayToZero)
  counters.invalidMessageDeliveries = decayed(
    counters.invalidMessageDeliveries,
    params.invalidMessageDeliveriesDecay,
    decayToZero
  )
}

/** One decay of all counters of a connected peer, and its time in the meshes as of now. */
export function decayPeer(peer: PeerCounters, params: PeerScoreParams, atMs: number): void {
  for (const [topic, counters] of peer.topics) {
    const topicParams = params.topics[topic]
    decayTopic(counters, topicParams, params.decayToZero)
    if (!counters.inMesh) continue
    counters.meshTimeMs = atMs - counters.graftedAtMs
    if (counters.meshTimeMs > topicParams.meshMessageDeliveriesActivation) counters.active = true
  }
  peer.behaviourPenalty = decayed(peer.behaviourPenalty, params.behaviourPenaltyDecay, params.decayToZero)
}

export function graft(counters: TopicCounters, atMs: number): void {
  counters.inMesh = true
  counters.graftedAtMs = atMs
  counters.meshTimeMs = 0
  counters.active = false
}

/** Squared, what a peer lacks that leaves a mesh before it delivered enough. */
function addFailure(counters: TopicCounters, { meshMessageDeliveriesThreshold: threshold }: TopicScoreParams): void {
  if (!counters.active || counters.meshMessageDeliveries >= threshold) return
  const deficit = threshold - counters.meshMessageDeliveries
  counters.meshFailurePenalty += deficit * deficit
}

export function prune(counters: TopicCounters, params: TopicScoreParams, rules: ScoreRules): void {
  addFailure(counters, params)
  counters.inMesh = false
  if (!rules.activeAfterPrune) counters.active = false
}

/** What leaving does to the counters of a peer whose score is kept. */
export function leave(counters: TopicCounters, params: TopicScoreParams, rules: ScoreRules): void {
  counters.firstMessageDeliveries = 0
  if (counters.inMesh) addFailure(counters, params)
  counters.inMesh = false
  if (!rules.activeAfterPrune) counters.active = false
}

/** A valid message that nobody had brought before. */
export function countFirst(counters: TopicCounters, params: TopicScoreParams): void {
  counters.firstMessageDeliveries = Math.min(params.firstMessageDeliveriesCap, counters.firstMessageDeliveries + 1)
  if (counters.inMesh) countInMesh(counters, params)
}

/** A valid message, first or in time, of a peer in the mesh. */
export function countInMesh(counters: TopicCounters, params: TopicScoreParams): void {
  counters.meshMessageDeliveries = Math.min(params.meshMessageDeliveriesCap, counters.meshMessageDeliveries + 1)
}
