import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import type { GossipSub, GossipSubComponents } from '@libp2p/gossipsub'
import type { Identify } from '@libp2p/identify'
import type { PrivateKey } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Ping } from '@libp2p/ping'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from 'libp2p'
import { checkInteger, checkOneOf, checkText } from '../core/check.ts'
import { systemClock } from '../core/clock.ts'
import type { Timers } from '../core/clock.ts'
import { PeerbanditError, messageOf } from '../core/errors.ts'
import type { PeerId } from '../job/decision.ts'
import { keepBootstrapped } from './bootstrap.ts'

type NetworkServices = { identify: Identify; ping: Ping; dht: KadDHT; pubsub?: GossipSub }

/** A running libp2p node. */
export interface NetworkNode {
  /** The authenticated id: the hash of the node's public key. */
  readonly id: PeerId
  /** Only for this floor: nothing above it knows libp2p. */
  readonly libp2p: Libp2p<NetworkServices>
  /** Where it can be dialled, each ending in `/p2p/<id>`; empty for a node that does not listen. */
  addresses(): string[]
  /** Signs with the key that the id is of. Whoever asks puts a domain of its own before what is signed. */
  sign(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** Closes every connection and stops every timer of the node. */
  stop(): Promise<void>
}

export interface NodeOptions {
  /** Multiaddrs to listen on; none for a node that only dials. @default [] */
  readonly listen?: readonly string[]
  /** Multiaddrs to tell others instead of the ones listened on. @default [] */
  readonly announce?: readonly string[]
  /** Multiaddrs, each ending in `/p2p/<id>`, of nodes to join the network by. They are dialled again whenever they go away. @default [] */
  readonly bootstrap?: readonly string[]
  /** Servers answer and store for others, clients only ask. @default 'client' */
  readonly role?: 'server' | 'client'
  /** 32 bytes that the Ed25519 identity is made of. Whoever has them is the node. @default a new identity */
  readonly keySeed?: Uint8Array
  /** Protocol id of the DHT: a network of its own. @default '/peerbandit/kad/1.0.0' */
  readonly dhtProtocol?: string
  /** Connections before the least valued are closed, ≥ 1. @default 1000 */
  readonly maxConnections?: number
  /** Makes the node's gossipsub. @default none */
  readonly pubsub?: (components: GossipSubComponents) => GossipSub
  readonly timers?: Timers
}

const DEFAULTS = {
  listen: [],
  announce: [],
  bootstrap: [],
  role: 'client',
  dhtProtocol: '/peerbandit/kad/1.0.0',
  maxConnections: 1000,
  timers: systemClock
} as const satisfies NodeOptions

/**
 * Connections a second that libp2p takes from one host before it resets them. Its default of 5 breaks a swarm whose nodes
 * share a host; what protects a node here are the limits of each protocol.
 */
const INBOUND_CONNECTIONS_PER_SECOND = 1000

/**
 * Pings of one connection at a time. libp2p's default of one out and two in is shared by its DHT, its connection monitor and
 * ours; the monitor closes the connection when its own ping is one too many.
 */
const PING_STREAMS = 32

/**
 * Streams that may come in before libp2p has finished setting up a connection. Above it, libp2p resets the connection: with its
 * default of 10, a router's first burst of jobs at a new peer.
 */
const MAX_EARLY_STREAMS = 1000

/** The first look-up of the DHT waits for libp2p's own first query, which waits this long for peers to be there. */
const FIRST_QUERY_DELAY_MS = 100

/**
 * libp2p waits for connections to close under timers that do not keep a process alive (AbortSignal.timeout). Where the other side is gone
 * as well nothing else does, and the process would end in the middle of stopping: a timer of ours keeps it, longer than all of theirs.
 */
const LONGEST_STOP_MS = 60_000

/** Whether a text is the id of a libp2p peer. */
export function isPeerId(text: string): boolean {
  try {
    peerIdFromString(text)
    return true
  } catch {
    return false
  }
}

async function identity(seed: Uint8Array | undefined): Promise<PrivateKey> {
  if (seed === undefined) return generateKeyPair('Ed25519')
  checkInteger('keySeed.length', seed.length, { min: 32, max: 32 })
  return generateKeyPairFromSeed('Ed25519', seed)
}

/** libp2p reports a listener that failed only as lines of text, `<address>: listen EADDRINUSE …`. */
function explainStart(error: unknown): unknown {
  const taken = /^\s*(\/\S+): .*EADDRINUSE/m.exec(messageOf(error))?.[1]
  if (taken === undefined) return error
  return new PeerbanditError('ERR_PORT_IN_USE', `listen address ${taken} is taken; choose another port, or 0 for any free one`, {
    cause: error
  })
}

interface ServiceOptions extends Pick<Required<NodeOptions>, 'role' | 'dhtProtocol'> {
  readonly pubsub: NodeOptions['pubsub']
}

function servicesOf({ role, dhtProtocol, pubsub }: ServiceOptions) {
  return {
    identify: identify(),
    ping: ping({ maxInboundStreams: PING_STREAMS, maxOutboundStreams: PING_STREAMS }),
    dht: kadDHT({
      protocol: dhtProtocol,
      clientMode: role === 'client',
      initialQuerySelfInterval: FIRST_QUERY_DELAY_MS,
      // The default drops private addresses, so that nothing is found on a LAN or on one host.
      peerInfoMapper: passthroughMapper
    }),
    ...(pubsub !== undefined && { pubsub })
  }
}

/**
 * Starts a libp2p node over TCP: noise, yamux, identify, ping and a Kademlia DHT of our own. Private addresses are as good as
 * public ones.
 * @throws ERR_PORT_IN_USE naming the address, ERR_INVALID_OPTION
 */
export async function createNode(options: NodeOptions = {}): Promise<NetworkNode> {
  const { listen, announce, bootstrap, role, dhtProtocol, maxConnections, timers } = { ...DEFAULTS, ...options }
  checkOneOf('role', role, ['server', 'client'])
  checkText('dhtProtocol', dhtProtocol)
  checkInteger('maxConnections', maxConnections, { min: 1 })

  const privateKey = await identity(options.keySeed)
  const libp2p = await createLibp2p<NetworkServices>({
    privateKey,
    start: false,
    addresses: { listen: [...listen], announce: [...announce] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ maxEarlyStreams: MAX_EARLY_STREAMS })],
    connectionManager: {
      maxConnections,
      inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND,
      maxIncomingPendingConnections: INBOUND_CONNECTIONS_PER_SECOND
    },
    services: servicesOf({ role, dhtProtocol, pubsub: options.pubsub })
  })
  const bootstrapping = keepBootstrapped(libp2p, bootstrap, timers)
  try {
    await libp2p.start()
  } catch (error) {
    throw explainStart(error)
  }
  bootstrapping.start()

  return {
    id: libp2p.peerId.toString(),
    libp2p,
    addresses: () => libp2p.getMultiaddrs().map(String),
    sign: (bytes) => privateKey.sign(bytes),
    async stop() {
      const release = timers.after(LONGEST_STOP_MS, () => undefined)
      try {
        await bootstrapping.stop()
        await libp2p.stop()
      } finally {
        release()
      }
    }
  }
}
