import type { GossipSub } from '@libp2p/gossipsub'
import type { PeerScore } from '@libp2p/gossipsub/score'
import { PeerbanditError } from '../../core/errors.ts'

/** What `@libp2p/gossipsub` 17 has besides what its types promise. */
export interface GossipInternals {
  readonly score: PeerScore
  /** Peers of the mesh, by topic. */
  readonly mesh: ReadonlyMap<string, ReadonlySet<string>>
}

/** @throws ERR_INVALID_OPTION for a gossipsub that keeps its scores in another way */
export function internalsOf(gossip: GossipSub): GossipInternals {
  const { score, mesh } = gossip as GossipSub & Partial<GossipInternals>
  if (!(mesh instanceof Map && score?.peerStats instanceof Map && score.scoreCache instanceof Map)) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      'gossip must be a GossipSub of @libp2p/gossipsub 17, got one without score.peerStats, score.scoreCache or mesh'
    )
  }
  return { score, mesh }
}
