import type { PeerId } from '../job/decision.ts'
import type { Transport } from './transport.ts'

/** The peers that a router can reach: who they are, and how jobs get there. */
export interface Fleet {
  readonly transport: Transport
  /** Whether the peer is one of this fleet's, there now or not. */
  has(peer: PeerId): boolean
  /** Who can run the model now. */
  members(model: string): readonly PeerId[]
  /** Models that somebody can run now. */
  models(): readonly string[]
  /** Calls back whenever what the two say may have changed; the returned function ends that. */
  onChange(listener: () => void): () => void
  /** Lets go of all of them. */
  stop(): Promise<void>
}
