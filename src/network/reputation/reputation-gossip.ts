import { gossipsub, StrictSign } from '@libp2p/gossipsub'
import type { GossipSub, GossipSubComponents } from '@libp2p/gossipsub'
import type { PeerScoreThresholds, TopicScoreParams } from '../../gossip/score-params.ts'
import { MAX_SIGNED_SUMMARY_BYTES } from './summary-codec.ts'

/** Topic of gossipsub that routers tell each other of peers on. */
export const REPUTATION_TOPIC = '/peerbandit/reputation/1.0.0'

/** gossipsub's own envelope around a message: author, number, signature and key, and what else one exchange carries. */
const ENVELOPE_BYTES = 4_096

/** Summaries come every half minute: how many of them come says nothing of a peer, only whether they are sound. */
const TOPIC_SCORES: TopicScoreParams = {
  topicWeight: 1,
  timeInMeshWeight: 0.01,
  timeInMeshQuantum: 1_000,
  timeInMeshCap: 100,
  firstMessageDeliveriesWeight: 0.1,
  firstMessageDeliveriesDecay: 0.99,
  firstMessageDeliveriesCap: 20,
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: 1,
  meshMessageDeliveriesThreshold: 1,
  meshMessageDeliveriesWindow: 1_000,
  meshMessageDeliveriesActivation: 60_000,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.5,
  // Squared: the first unsound message costs 10, three cost 90, and that is the end of it for ten minutes or so.
  invalidMessageDeliveriesWeight: -10,
  invalidMessageDeliveriesDecay: 0.998
}

const THRESHOLDS: PeerScoreThresholds = {
  gossipThreshold: -20,
  publishThreshold: -40,
  graylistThreshold: -80,
  acceptPXThreshold: 10,
  opportunisticGraftThreshold: 1
}

/** Peers of one host are no crowd where a swarm is tried out on it. */
const ONE_HOST = new Set(['127.0.0.1', '::1'])

/**
 * A gossipsub for {@link REPUTATION_TOPIC} alone, for `createNode`: signed messages, none larger than a summary, and a score that falls with
 * every message that `shareReputation` refuses.
 */
export function reputationGossip(): (components: GossipSubComponents) => GossipSub {
  return gossipsub({
    globalSignaturePolicy: StrictSign,
    allowedTopics: [REPUTATION_TOPIC],
    allowPublishToZeroTopicPeers: true,
    fallbackToFloodsub: false,
    // Room for a few at once; a larger exchange ends the stream.
    maxInboundDataLength: 4 * (MAX_SIGNED_SUMMARY_BYTES + ENVELOPE_BYTES),
    scoreParams: { topics: { [REPUTATION_TOPIC]: { ...TOPIC_SCORES } }, IPColocationFactorWhitelist: ONE_HOST },
    scoreThresholds: { ...THRESHOLDS }
  })
}
