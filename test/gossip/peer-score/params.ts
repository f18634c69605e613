import type { PeerScoreParams, TopicScoreParams } from '../../../src/gossip/score-params.ts'

/** A topic in which everything counts, in round numbers. */
export function someTopic(overrides: Partial<TopicScoreParams> = {}): TopicScoreParams {
  return {
    topicWeight: 1,
    timeInMeshWeight: 1,
    timeInMeshQuantum: 1000,
    timeInMeshCap: 10,
    firstMessageDeliveriesWeight: 1,
    firstMessageDeliveriesDecay: 0.5,
    firstMessageDeliveriesCap: 100,
    meshMessageDeliveriesWeight: -1,
    meshMessageDeliveriesDecay: 0.5,
    meshMessageDeliveriesCap: 100,
    meshMessageDeliveriesThreshold: 20,
    meshMessageDeliveriesWindow: 10,
    meshMessageDeliveriesActivation: 1000,
    meshFailurePenaltyWeight: -1,
    meshFailurePenaltyDecay: 0.5,
    invalidMessageDeliveriesWeight: -1,
    invalidMessageDeliveriesDecay: 0.5,
    ...overrides
  }
}

export function someParams(topic: Partial<TopicScoreParams> = {}, overrides: Partial<PeerScoreParams> = {}): PeerScoreParams {
  return {
    topics: { jobs: someTopic(topic) },
    topicScoreCap: 0,
    appSpecificScore: () => 0,
    appSpecificWeight: 1,
    IPColocationFactorWeight: -5,
    IPColocationFactorThreshold: 1,
    IPColocationFactorWhitelist: new Set(),
    behaviourPenaltyWeight: -10,
    behaviourPenaltyThreshold: 0,
    behaviourPenaltyDecay: 0.5,
    decayInterval: 1000,
    decayToZero: 0.01,
    retainScore: 3_600_000,
    ...overrides
  }
}
