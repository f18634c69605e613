import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { Connection, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { withDeadline } from '../../../core/abort.ts'
import { checkPositive } from '../../../core/check.ts'
import { type Clock, systemClock, type Timers } from '../../../core/clock.ts'
import { PeerbanditError } from '../../../core/errors.ts'
import { type Rng, systemRng } from '../../../core/rng.ts'
import type { PeerId } from '../../../job/decision.ts'
import { framedStream } from '../../framing.ts'
import { type KadMessage, KadMessageSchema, type KadPeer, type KadPeerSchema } from '../../generated/crowdllama/dht/kad_pb.ts'
import type { NetworkNode } from '../../node.ts'
import type { Serving } from '../../serving.ts'
import { CROWDLLAMA_DHT } from '../protocols.ts'
import { type Neighbour, Neighbours, passedOn } from './neighbours.ts'
import { ProviderStore, type ProviderStoreOptions } from './provider-store.ts'

const TYPE = { getValue: 1, addProvider: 2, getProviders: 3, findNode: 4, ping: 5 } as const

/** As of the Go implementation. */
const MAX_KEY_BYTES = 80
/** k of the DHT: how many nearer peers an answer names. */
const BUCKET_SIZE = 20
const MAX_MESSAGE_BYTES = 65_536
const MAX_STREAM_BYTES = 1_048_576
const MAX_STREAMS = 64
const CONNECTED = 1
const NOT_CONNECTED = 0

export interface ServeDhtOptions extends ProviderStoreOptions {
  /** Protocol id of the DHT. @default '/ipfs/kad/1.0.0' */
  readonly dhtProtocol?: string
  /** How long a stream may be idle before it is closed, ms > 0. @default 60000 */
  readonly idleTimeoutMs?: number
  readonly clock?: Clock & Timers
  readonly rng?: Rng
}

const DEFAULTS = {
  dhtProtocol: CROWDLLAMA_DHT,
  idleTimeoutMs: 60_000,
  clock: systemClock,
  rng: systemRng
} as const satisfies ServeDhtOptions

type PeerInit = MessageInitShape<typeof KadPeerSchema>

function checkKey({ key }: KadMessage): Uint8Array {
  if (key.length >= 1 && key.length <= MAX_KEY_BYTES) return key
  throw new PeerbanditError('ERR_PROTOCOL', `a key of the DHT must be of 1 to ${MAX_KEY_BYTES} bytes, got ${key.length}`)
}

function isMultiaddr(bytes: Uint8Array): boolean {
  try {
    multiaddr(bytes)
    return true
  } catch {
    return false
  }
}

/** The answers of one node of the DHT: what others ask for, from what it knows. */
export class DhtAnswers {
  readonly #own: () => Neighbour
  readonly #neighbours: Pick<Neighbours, 'find' | 'nearest'>
  readonly #store: ProviderStore

  constructor(own: () => Neighbour, neighbours: Pick<Neighbours, 'find' | 'nearest'>, store: ProviderStore) {
    this.#own = own
    this.#neighbours = neighbours
    this.#store = store
  }

  /** @returns undefined where there is nothing to say @throws ERR_PROTOCOL */
  answer(message: KadMessage, from: Neighbour & { readonly peer: PeerId }): KadMessage | undefined {
    const { type, clusterLevel } = message
    switch (type) {
      case TYPE.ping:
        return create(KadMessageSchema, { type, clusterLevel })
      case TYPE.addProvider:
        this.#keep(message, from)
        return undefined
      case TYPE.getProviders: {
        const providerPeers = this.#store.find(checkKey(message)).map((record) => this.#told(record))
        return this.#reply(message, { providerPeers, closerPeers: this.#nearest(message, from.peer) })
      }
      // Values are not kept here; whoever looks for one is told who is nearer.
      case TYPE.getValue:
        return this.#reply(message, { closerPeers: this.#nearest(message, from.peer) })
      case TYPE.findNode:
        return this.#reply(message, { closerPeers: this.#findNode(message, from) })
      default:
        throw new PeerbanditError('ERR_PROTOCOL', `a message of the DHT must be of a type that is served here, got ${type}`)
    }
  }

  #reply({ type, key, clusterLevel }: KadMessage, peers: MessageInitShape<typeof KadMessageSchema>): KadMessage {
    return create(KadMessageSchema, { ...peers, type, key, clusterLevel })
  }

  #told({ id, addresses }: Neighbour): PeerInit {
    const connection = this.#neighbours.find(id) === undefined ? NOT_CONNECTED : CONNECTED
    return { id, addresses: [...addresses], connection }
  }

  #nearest(message: KadMessage, except: PeerId): PeerInit[] {
    return this.#neighbours.nearest(checkKey(message), { count: BUCKET_SIZE, except }).map((each) => this.#told(each))
  }

  /** Whoever looks for this node must find it, or takes it for broken; a client of the DHT is found where it is connected. */
  #findNode(message: KadMessage, { id, peer }: Neighbour & { readonly peer: PeerId }): PeerInit[] {
    const key = checkKey(message)
    const own = this.#own()
    if (Buffer.compare(key, own.id) === 0) return [{ id: own.id, addresses: [...own.addresses], connection: CONNECTED }]
    const nearest = this.#nearest(message, peer)
    const target = Buffer.compare(key, id) === 0 ? undefined : this.#neighbours.find(key)
    if (target === undefined || target.addresses.length === 0) return nearest
    return [this.#told(target), ...nearest.filter((each) => Buffer.compare(each.id ?? key, key) !== 0)]
  }

  /** Only a peer itself says that it provides something. */
  #keep(message: KadMessage, { id, peer }: Neighbour & { readonly peer: PeerId }): void {
    const key = checkKey(message)
    const own = message.providerPeers.find((each: KadPeer) => Buffer.compare(each.id, id) === 0)
    // Copies: a part of what was received would keep all of it in memory.
    const addresses = passedOn(own?.addresses ?? [])
      .filter(isMultiaddr)
      .map((address) => Uint8Array.from(address))
    if (addresses.length > 0) this.#store.add(key, { peer, id, addresses })
  }
}

/**
 * Answers others in the DHT, for a node whose own DHT is a client: what that of libp2p for JavaScript does in server mode, except that it
 * takes providers under any key of 1 to 80 bytes, as that of Go does. The former takes keys for CIDs and refuses the identity hash under
 * which CrowdLlama's nodes meet. What is kept is bounded and goes when it is old; values are not kept at all.
 */
export async function serveDht(node: NetworkNode, options: ServeDhtOptions = {}): Promise<Serving> {
  const { dhtProtocol, idleTimeoutMs, clock, rng, ...storeOptions } = { ...DEFAULTS, ...options }
  checkPositive('idleTimeoutMs', idleTimeoutMs)
  const limits = { maxMessageBytes: MAX_MESSAGE_BYTES, maxStreamBytes: MAX_STREAM_BYTES, writeTimeoutMs: idleTimeoutMs }
  const neighbours = new Neighbours(node, dhtProtocol)
  const ownId = node.libp2p.peerId.toMultihash().bytes
  const own = () => ({ id: ownId, addresses: node.libp2p.getMultiaddrs().map(({ bytes }) => bytes) })
  const answers = new DhtAnswers(own, neighbours, new ProviderStore({ clock, rng }, storeOptions))

  async function serve(stream: Stream, connection: Connection): Promise<void> {
    const frames = framedStream(stream, limits, clock)
    const { remotePeer } = connection
    const from = { peer: remotePeer.toString(), id: remotePeer.toMultihash().bytes, addresses: [] }
    const limit = { ms: idleTimeoutMs, what: `waiting for ${from.peer} in the DHT` }
    try {
      for (;;) {
        const message = await withDeadline(clock, limit, (signal) => frames.read(KadMessageSchema, { signal }))
        if (message === undefined) break
        const reply = answers.answer(message, from)
        if (reply !== undefined) await frames.write(KadMessageSchema, reply, {})
      }
    } catch (error) {
      frames.abort(error)
    } finally {
      await frames.close()
    }
  }

  await neighbours.start()
  await node.libp2p.handle(dhtProtocol, serve, { maxInboundStreams: MAX_STREAMS, maxOutboundStreams: MAX_STREAMS })
  return {
    async stop() {
      await node.libp2p.unhandle(dhtProtocol)
      neighbours.stop()
    }
  }
}
