import { createHash } from 'node:crypto'
import type { IdentifyResult, PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerId } from '../../../job/decision.ts'
import type { NetworkNode } from '../../node.ts'

/** A peer as others may learn of it. */
export interface Neighbour {
  readonly id: Uint8Array
  readonly addresses: readonly Uint8Array[]
}

interface Known extends Neighbour {
  readonly peer: PeerId
  /** Whether it answers in the DHT too. */
  readonly isServer: boolean
  /** Where it stands in the DHT: the hash of its id. */
  readonly place: Uint8Array
}

const MAX_ADDRESSES = 16
const MAX_ADDRESS_BYTES = 256

/** A place in the DHT. */
function placeOf(key: Uint8Array): Uint8Array {
  return createHash('sha256').update(key).digest()
}

/** Addresses as they are passed on: not too many, and none that is long, which an honest peer has no use for. */
export function passedOn(addresses: readonly Uint8Array[]): readonly Uint8Array[] {
  return addresses.filter(({ length }) => length > 0 && length <= MAX_ADDRESS_BYTES).slice(0, MAX_ADDRESSES)
}

function compareDistance(target: Uint8Array, a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < target.length; i++) {
    const difference = (a[i] ^ target[i]) - (b[i] ^ target[i])
    if (difference !== 0) return difference
  }
  return 0
}

const hex = (id: Uint8Array) => Buffer.from(id).toString('hex')

/** The peers that are connected and have said who they are: at most as many as there are connections. */
export class Neighbours {
  readonly #libp2p: NetworkNode['libp2p']
  readonly #protocol: string
  /** By id, in hex. */
  readonly #known = new Map<string, Known>()

  constructor({ libp2p }: NetworkNode, protocol: string) {
    this.#libp2p = libp2p
    this.#protocol = protocol
  }

  async start(): Promise<void> {
    this.#libp2p.addEventListener('peer:identify', this.#onIdentify)
    this.#libp2p.addEventListener('peer:disconnect', this.#onDisconnect)
    for (const id of this.#libp2p.getPeers()) {
      const peer = await this.#libp2p.peerStore.get(id).catch(() => undefined)
      if (peer === undefined) continue
      this.#add(
        id,
        peer.protocols,
        peer.addresses.map(({ multiaddr }) => multiaddr)
      )
    }
  }

  stop(): void {
    this.#libp2p.removeEventListener('peer:identify', this.#onIdentify)
    this.#libp2p.removeEventListener('peer:disconnect', this.#onDisconnect)
    this.#known.clear()
  }

  /** The peer of an id, if it is connected. @param id multihash of its public key */
  find(id: Uint8Array): Neighbour | undefined {
    return this.#known.get(hex(id))
  }

  /** The DHT servers nearest to a key, at most `count`. @param except not this one: nobody is told of itself */
  nearest(key: Uint8Array, { count, except }: { readonly count: number; readonly except: PeerId }): Neighbour[] {
    const target = placeOf(key)
    return [...this.#known.values()]
      .filter(({ peer, isServer }) => isServer && peer !== except)
      .sort((a, b) => compareDistance(target, a.place, b.place))
      .slice(0, count)
  }

  readonly #onIdentify = ({ detail }: CustomEvent<IdentifyResult>): void => {
    const { peerId, protocols, listenAddrs, signedPeerRecord } = detail
    this.#add(peerId, protocols, signedPeerRecord?.addresses ?? listenAddrs)
  }

  readonly #onDisconnect = ({ detail }: CustomEvent<Libp2pPeerId>): void => {
    this.#known.delete(hex(detail.toMultihash().bytes))
  }

  #add(peer: Libp2pPeerId, protocols: readonly string[], multiaddrs: readonly Multiaddr[]): void {
    if (this.#libp2p.getConnections(peer).length === 0) return
    const id = peer.toMultihash().bytes
    const addresses = passedOn(multiaddrs.map(({ bytes }) => bytes))
    const isServer = protocols.includes(this.#protocol) && addresses.length > 0
    this.#known.set(hex(id), { peer: peer.toString(), id, addresses, isServer, place: placeOf(id) })
  }
}
