import { gossipsub, type GossipSub, type GossipsubOpts, type GossipSubComponents } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2p } from 'libp2p'
import { internalsOf } from '../../../src/network/gossip/internals.ts'
import { ANY_PORT, stopLater } from '../support.ts'

type Services = { identify: ReturnType<ReturnType<typeof identify>>; pubsub: GossipSub }
export type GossipNode = Libp2p<Services>

/** Messages are told apart by what they say: nobody signs, so that thousands cost little. */
export const UNSIGNED = {
  globalSignaturePolicy: 'StrictNoSign',
  msgIdFn: (message) => message.data,
  heartbeatInterval: 100,
  D: 6,
  Dlo: 1,
  Dout: 0,
  Dlazy: 0,
  gossipFactor: 0
} as const satisfies Partial<GossipsubOpts>

/** A libp2p node with gossipsub over TCP, stopped after the test. */
export async function startGossipNode(
  service: (components: GossipSubComponents) => GossipSub = gossipsub(UNSIGNED)
): Promise<GossipNode> {
  const node = await createLibp2p<Services>({
    addresses: { listen: [ANY_PORT] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), pubsub: service }
  })
  stopLater({ stop: async () => node.stop() })
  return node
}

/** Resolves as soon as a condition holds that may only change at a heartbeat of the node. */
export function atHeartbeat(gossip: GossipSub, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!isSo()) return
      gossip.removeEventListener('gossipsub:heartbeat', look)
      resolve()
    }
    gossip.addEventListener('gossipsub:heartbeat', look)
    look()
  })
}

export function isMeshPeer(node: GossipNode, topic: string, peer: GossipNode): boolean {
  return internalsOf(node.services.pubsub).mesh.get(topic)?.has(peer.peerId.toString()) === true
}
