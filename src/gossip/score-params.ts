/**
 * Parameters of gossipsub's peer scores (specification: gossipsub v1.1, "Peer Scoring"), with the names and units of `@libp2p/gossipsub`:
 * what is made here can be handed to it as it is. Times are ms; the decays hold for one decay interval.
 */
export interface TopicScoreParams {
  /** What the score of this topic counts for in the peer's. ≥ 0 */
  topicWeight: number
  /** P1, time in the mesh. ≥ 0, per quantum */
  timeInMeshWeight: number
  /** ms > 0 */
  timeInMeshQuantum: number
  /** Quanta that count, > 0 */
  timeInMeshCap: number
  /** P2, first deliveries of messages. ≥ 0 */
  firstMessageDeliveriesWeight: number
  /** 0–1, both excluded */
  firstMessageDeliveriesDecay: number
  /** > 0 */
  firstMessageDeliveriesCap: number
  /** P3, the squared deficit of deliveries in the mesh. ≤ 0; 0 switches it off */
  meshMessageDeliveriesWeight: number
  /** 0–1, both excluded */
  meshMessageDeliveriesDecay: number
  /** ≥ the threshold */
  meshMessageDeliveriesCap: number
  /** Below it there is a deficit. > 0 */
  meshMessageDeliveriesThreshold: number
  /** How late after the first a delivery still counts, ms ≥ 0 */
  meshMessageDeliveriesWindow: number
  /** Time in the mesh before a deficit counts, ms ≥ 1000 */
  meshMessageDeliveriesActivation: number
  /** P3b, squared deficits with which the peer was pruned. ≤ 0 */
  meshFailurePenaltyWeight: number
  /** 0–1, both excluded */
  meshFailurePenaltyDecay: number
  /** P4, the square of the number of invalid messages. ≤ 0 */
  invalidMessageDeliveriesWeight: number
  /** 0–1, both excluded */
  invalidMessageDeliveriesDecay: number
}

/** Parameters of a peer's whole score. */
export interface PeerScoreParams {
  /** By topic. */
  topics: Record<string, TopicScoreParams>
  /** Most that all topics together may bring; 0 for no limit. ≥ 0 */
  topicScoreCap: number
  /** P5: what the application thinks of a peer. */
  appSpecificScore: (peer: string) => number
  appSpecificWeight: number
  /** P6, the squared number of peers at one IP address beyond the threshold. ≤ 0 */
  IPColocationFactorWeight: number
  /** Peers ≥ 1 */
  IPColocationFactorThreshold: number
  IPColocationFactorWhitelist: Set<string>
  /** P7, the squared number of misbehaviours beyond the threshold. ≤ 0 */
  behaviourPenaltyWeight: number
  /** ≥ 0 */
  behaviourPenaltyThreshold: number
  /** 0–1, both excluded */
  behaviourPenaltyDecay: number
  /** Between two decays, ms ≥ 1000 */
  decayInterval: number
  /** Counters below this are 0. 0–1, both excluded */
  decayToZero: number
  /** How long the score of a peer that left is kept, ms ≥ 0 */
  retainScore: number
}

/** From which score on a peer is treated how. graylist ≤ publish ≤ gossip ≤ 0. */
export interface PeerScoreThresholds {
  gossipThreshold: number
  publishThreshold: number
  graylistThreshold: number
  /** ≥ 0 */
  acceptPXThreshold: number
  /** ≥ 0 */
  opportunisticGraftThreshold: number
}
