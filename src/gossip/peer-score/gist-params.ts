import { topicScoreParams } from '../calculator.ts'
import { GIST_PUBLISHED, gistDesign } from '../gist.ts'
import type { PeerScoreParams, PeerScoreThresholds, TopicScoreParams } from '../score-params.ts'

/**
 * Three readings of vyzo's "Calculating Peer Score Configuration Parameters" (2020-03-18): a topic with 120 messages/s, of which a peer in
 * the mesh brings 10/s first, decays once a second.
 *
 * - `published`: the summary as it is printed, with its slips: 100² as 1000, 200² as 4000, 1/3660 as .0027, P4 before it was squared.
 * - `arithmetic`: the same method, the arithmetic right; its counters are those after N decays of 1 − 1/N, 63 % of what they settle at.
 * - `steady`: the same aims (−1000 at most for a deficit, 0 at half the rate, ten invalid messages for the cap of P2), but with counters as
 *   they settle, r / (1 − d); deficits count after as long as they take to settle.
 */
export type GistSet = 'published' | 'arithmetic' | 'steady'

/** The summary has neither; a window of 2 s as go-libp2p-pubsub's users have it. */
const MISSING = { topicWeight: 1, meshMessageDeliveriesWindow: 2000 }

export const GIST_TOPICS: Readonly<Record<GistSet, TopicScoreParams>> = {
  published: { ...MISSING, ...GIST_PUBLISHED },
  arithmetic: { ...topicScoreParams(gistDesign('truncated')), ...MISSING },
  steady: {
    ...topicScoreParams(gistDesign('true')),
    ...MISSING,
    // Three of the counter's time constants: 95 % of what it settles at.
    meshMessageDeliveriesActivation: 100_000
  }
}

/** From which scores on a peer of {@link GIST_TOPICS} gets no gossip, no messages, no hearing: below what a deficit alone may cost. */
export const GIST_THRESHOLDS: PeerScoreThresholds = {
  gossipThreshold: -10_000,
  publishThreshold: -20_000,
  graylistThreshold: -40_000,
  acceptPXThreshold: 100,
  opportunisticGraftThreshold: 5
}

/** One topic and nothing else: no cap, no addresses, no misbehaviour, no opinion of the application. */
export function paramsOfTopic(
  topic: string,
  params: TopicScoreParams,
  overrides: Partial<PeerScoreParams> = {}
): PeerScoreParams {
  return {
    topics: { [topic]: params },
    topicScoreCap: 0,
    appSpecificScore: () => 0,
    appSpecificWeight: 1,
    IPColocationFactorWeight: 0,
    IPColocationFactorThreshold: 1,
    IPColocationFactorWhitelist: new Set(),
    behaviourPenaltyWeight: 0,
    behaviourPenaltyThreshold: 0,
    behaviourPenaltyDecay: 0.9,
    decayInterval: 1000,
    decayToZero: 0.01,
    retainScore: 3_600_000,
    ...overrides
  }
}
