import type { Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { withDeadline } from '../core/abort.ts'
import type { AbortOptions } from '../core/abort.ts'
import type { Timers } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { PeerId } from '../job/decision.ts'
import { TransportError } from '../router/failure.ts'
import type { NetworkNode } from './node.ts'

export interface OpenStreamOptions extends AbortOptions {
  /** For dialling, where there is no connection yet, and agreeing on the protocol together, ms. */
  readonly connectTimeoutMs: number
  readonly timers: Timers
}

/** How many streams of one protocol a node may have open to one peer; libp2p's default of 64 is less than a busy router needs. */
export const MAX_OUTBOUND_STREAMS = 1024

/**
 * Opens a stream to a peer, over the connection there is or a new one.
 * @throws TransportError `unreachable`: no such peer, no connection in time, or it does not speak the protocol
 * @throws the signal's reason
 */
export async function openStream(node: NetworkNode, peer: PeerId, protocol: string, options: OpenStreamOptions): Promise<Stream> {
  const { signal, connectTimeoutMs, timers } = options
  signal?.throwIfAborted()
  try {
    return await withDeadline(timers, { ms: connectTimeoutMs, what: `connecting to ${peer}`, signal }, (limit) =>
      node.libp2p.dialProtocol(peerIdFromString(peer), protocol, { signal: limit, maxOutboundStreams: MAX_OUTBOUND_STREAMS })
    )
  } catch (cause) {
    signal?.throwIfAborted()
    throw new TransportError('unreachable', `${peer} cannot be reached over ${protocol}: ${messageOf(cause)}`, { cause })
  }
}
