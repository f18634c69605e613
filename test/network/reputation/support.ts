import { multiaddr } from '@multiformats/multiaddr'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { PrivateKey } from '@libp2p/interface'
import type { GossipSub } from '@libp2p/gossipsub'
import { expect, vi } from 'vitest'
import type { NetworkNode } from '../../../src/network/node.ts'
import { reputationGossip, REPUTATION_TOPIC } from '../../../src/network/reputation/reputation-gossip.ts'
import { type ReceivedSummary, shareReputation } from '../../../src/network/reputation/share-reputation.ts'
import type { ReputationOptions } from '../../../src/reputation/options.ts'
import { type Reputation, reputation } from '../../../src/reputation/reputation.ts'
import type { Summary } from '../../../src/reputation/summary.ts'
import { startNode, stopLater } from '../support.ts'

export interface Identity {
  readonly id: string
  readonly key: PrivateKey
}

/** The same identity for the same number. */
export async function identityOf(number: number): Promise<Identity> {
  const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(number))
  return { id: peerIdFromPrivateKey(key).toString(), key }
}

export const NOW_MS = 1_700_000_000_000

/** What a router tells of some peers. */
export function summaryBy(router: string, peers: readonly string[], over: Partial<Summary> = {}): Summary {
  const tally = { successes: 12.5, failures: 0.25, paceWeight: 12, paceSum: 12 * Math.log(15) }
  return { router, sequence: 7, atMs: NOW_MS, peers: [...peers].sort().map((peer) => ({ peer, ...tally })), ...over }
}

export interface Sharing {
  readonly node: NetworkNode
  readonly reputation: Reputation
  readonly received: ReceivedSummary[]
  publish(): Promise<void>
}

/** A router that shares its reputation over real TCP. */
export async function startSharing(options: ReputationOptions = {}): Promise<Sharing> {
  const node = await startNode({ pubsub: reputationGossip() })
  const received: ReceivedSummary[] = []
  const known = reputation({ routerId: node.id }, options)
  const sharing = shareReputation(node, known, { onMessage: (message) => received.push(message) })
  stopLater(sharing)
  return { node, reputation: known, received, publish: () => sharing.publish() }
}

/** A node on the topic that sends whatever it likes. */
export async function startAttacker(): Promise<NetworkNode> {
  const node = await startNode({ pubsub: reputationGossip() })
  pubsubOf(node).subscribe(REPUTATION_TOPIC)
  return node
}

export function pubsubOf({ libp2p }: NetworkNode): GossipSub {
  const { pubsub } = libp2p.services
  expect(pubsub).toBeDefined()
  return pubsub!
}

/** gossipsub's own score of a peer. */
export function scoreOf(node: NetworkNode, peer: string): number {
  return (pubsubOf(node) as unknown as { getScore(peer: string): number }).getScore(peer)
}

/** Connects two nodes, and waits until each knows that the other one is on the topic. */
export async function connect(a: NetworkNode, b: NetworkNode): Promise<void> {
  await a.libp2p.dial(multiaddr(b.addresses()[0]))
  await eventually(() => {
    expect(pubsubOf(a).getSubscribers(REPUTATION_TOPIC).map(String)).toContain(b.id)
    expect(pubsubOf(b).getSubscribers(REPUTATION_TOPIC).map(String)).toContain(a.id)
  })
}

export function eventually(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 20_000, interval: 20 })
}
