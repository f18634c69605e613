import { gossipsub, type GossipSub, type GossipSubComponents, type GossipsubOpts } from '@libp2p/gossipsub'
import { checkNonNegative } from '../../core/check.ts'
import { PeerbanditError } from '../../core/errors.ts'
import { type Clock, systemClock } from '../../core/clock.ts'
import { checkPeerParams } from '../../gossip/peer-score/check-score-params.ts'
import type { PeerScoreParams, PeerScoreThresholds } from '../../gossip/score-params.ts'
import type { PeerTable } from '../../peer/peer-table.ts'
import { applicationScore } from './application-score.ts'
import { repairScores } from './score-repairs.ts'
import { watchGossip } from './standing.ts'

export interface GossipServiceOptions {
  readonly scoreParams: PeerScoreParams
  readonly scoreThresholds: PeerScoreThresholds
  /**
   * What the router knows of its peers. Their quality becomes P5, and gossipsub's scores become evidence of their reputation.
   * @default gossipsub for itself, with the P5 of `scoreParams`
   */
  readonly table?: PeerTable
  /** Points of P5 for the best quality, and off for the worst; below the distance of the gossip threshold. @default a tenth of it */
  readonly qualityWeight?: number
  /** Peers that left whose scores are kept, ≥ 1. @default 10_000 */
  readonly maxRetained?: number
  /** Between two observations of a peer's standing, ms ≥ 0. @default 10_000 */
  readonly observeEveryMs?: number
  readonly clock?: Clock
  /** All else that gossipsub can be told. */
  readonly gossipsub?: Partial<GossipsubOpts>
}

const QUALITY_SHARE = 0.1

/** Our opinion alone never silences a peer. @throws ERR_INVALID_OPTION */
function checkWeight(weight: number, gossipThreshold: number): number {
  checkNonNegative('qualityWeight', weight)
  if (weight === 0 || weight < -gossipThreshold) return weight
  throw new PeerbanditError(
    'ERR_INVALID_OPTION',
    `qualityWeight must be below ${-gossipThreshold}, the distance of scoreThresholds.gossipThreshold from 0, got ${weight}`
  )
}

/**
 * gossipsub as a service of a libp2p node, with scores as the specification has them (see `repairScores`) and, over a peer table, in both
 * directions: what jobs say of a peer counts in the mesh, and what the mesh says of it counts in its reputation.
 * @throws ERR_INVALID_OPTION
 */
export function gossipService(options: GossipServiceOptions): (components: GossipSubComponents) => GossipSub {
  const { scoreThresholds, table, clock = systemClock, maxRetained, observeEveryMs: intervalMs = 10_000 } = options
  const { gossipThreshold } = scoreThresholds
  const qualityWeight = checkWeight(options.qualityWeight ?? -gossipThreshold * QUALITY_SHARE, gossipThreshold)
  const scoreParams: PeerScoreParams =
    table === undefined
      ? options.scoreParams
      : { ...options.scoreParams, appSpecificScore: applicationScore({ table, clock }), appSpecificWeight: qualityWeight }
  checkPeerParams(scoreParams)
  return (components) => {
    const gossip = gossipsub({ ...options.gossipsub, scoreParams, scoreThresholds })(components)
    repairScores(gossip, { clock, ...(maxRetained === undefined ? {} : { maxRetained }) })
    if (table !== undefined) watchGossip({ gossip, table, half: Math.max(1, -gossipThreshold), intervalMs, clock })
    return gossip
  }
}
