import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { pcg32 } from '../../src/core/rng.ts'
import type { PeerId } from '../../src/job/decision.ts'
import { type MemberWatchOptions, Watch } from '../../src/network/member-watch.ts'
import type { NetworkNode } from '../../src/network/node.ts'
import type { Claims, Observation } from '../../src/peer/observation.ts'
import { someClaims, startNode, startPair, stopLater } from './support.ts'

const OPTIONS: MemberWatchOptions = {
  discoveryIntervalMs: 50,
  probeIntervalMs: 50,
  likelyProbeIntervalMs: 50,
  longestIntervalMs: 200,
  jitterRatio: 0,
  timeoutMs: 200,
  forgetAfterMs: 60_000,
  maxPeers: 8,
  quietUntilServing: true
}

/** An id that no node has. */
async function strangerOf(seed: number): Promise<PeerId> {
  return peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(seed))).toString()
}

interface Setup {
  readonly node: NetworkNode
  readonly found: () => AsyncIterable<PeerId>
  readonly claims: () => Claims
  readonly options?: Partial<MemberWatchOptions>
}

function startWatch({ node, found, claims, options }: Setup) {
  const facts: { readonly peer: PeerId; readonly observation: Observation }[] = []
  const watch = new Watch(
    {
      node,
      clock: systemClock,
      rng: pcg32(1),
      isLikely: () => false,
      observe: (peer, observation) => facts.push({ peer, observation }),
      sources: [{ what: 'looking for peers', find: found }],
      probe: (_, { tell }) => {
        tell({ kind: 'ping', rttMs: 1 })
        return Promise.resolve(claims())
      }
    },
    { ...OPTIONS, ...options }
  )
  watch.start()
  stopLater(watch)
  return { watch, facts, kinds: () => facts.map(({ observation }) => observation.kind) }
}

function until(watch: Watch, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!holds()) return
      forget()
      resolve()
    }
    const forget = watch.onChange(look)
    look()
  })
}

describe('a watch', () => {
  it('finds an honest peer though a hundred are named that nobody has', { timeout: 30_000 }, async () => {
    const strangers = await Promise.all(Array.from({ length: 100 }, (_, i) => strangerOf(i + 1)))
    const [client, server] = await startPair()
    await client.libp2p.peerStore.merge(server.libp2p.peerId, { multiaddrs: [multiaddr(server.addresses()[0])] })
    // eslint-disable-next-line @typescript-eslint/require-await
    const found = async function* () {
      yield* strangers
      yield server.id
    }
    const { watch, facts } = startWatch({ node: client, found, claims: someClaims })
    await until(watch, () => watch.members('tiny').length === 1)
    expect(watch.members('tiny')).toEqual([server.id])
    expect(watch.models()).toEqual(['tiny'])
    expect(strangers.filter((peer) => watch.has(peer)).length).toBeLessThan(OPTIONS.maxPeers)
    expect(new Set(facts.map(({ peer }) => peer))).toEqual(new Set([server.id]))
  })

  it('speaks of a peer from when it serves something, and tells of it in order', async () => {
    const [client, server] = await startPair()
    // eslint-disable-next-line @typescript-eslint/require-await
    const found = async function* () {
      yield server.id
    }
    let models: string[] = []
    const { watch, kinds } = startWatch({ node: client, found, claims: () => someClaims({ models }) })
    await until(watch, () => watch.has(server.id))
    expect(kinds()).toEqual([])
    models = ['tiny']
    await until(watch, () => watch.members('tiny').length === 1)
    expect(kinds().slice(0, 2)).toEqual(['connected', 'ping'])
    models = []
    await until(watch, () => watch.members('tiny').length === 0)
    expect(watch.models()).toEqual([])
  })

  it.each([
    ['longestIntervalMs', { longestIntervalMs: 0 }],
    ['likelyProbeIntervalMs', { likelyProbeIntervalMs: NaN }],
    ['maxPeers', { maxPeers: 0 }]
  ])('refuses a bad %s', async (name, options) => {
    const node = await startNode({ listen: [] })
    // eslint-disable-next-line @typescript-eslint/require-await
    const found = async function* () {
      yield* []
    }
    expect(() => startWatch({ node, found, claims: someClaims, options })).toThrow(name)
  })
})
