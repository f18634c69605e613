import { multiaddr } from '@multiformats/multiaddr'
import type { IdentifyResult } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { withDeadline } from '../../src/core/abort.ts'
import { systemClock } from '../../src/core/clock.ts'
import { findProviders, modelCid, provideModels } from '../../src/network/discovery.ts'
import type { NetworkNode } from '../../src/network/node.ts'
import { pingPeer } from '../../src/network/ping.ts'
import { failureReasonOf } from '../../src/router/failure.ts'
import { rejection, startNode, stopLater } from '../network/support.ts'
import { ECHO_PROTOCOL, awaitQuiet } from './peers.ts'
import type { Counts } from './peers.ts'
import type { PeerProcess } from './peer-process.ts'
import { echoFrom, openStreams, serveEcho } from './streams.ts'
import type { EchoCount } from './streams.ts'

/** Another implementation of libp2p. */
export interface Implementation {
  readonly name: string
  /** What its identify says of it. */
  readonly agent: RegExp
  readonly start: () => Promise<PeerProcess>
}

interface Provider {
  readonly id: string
  readonly addresses: readonly string[]
}

const LOAD = { streams: 200, bytes: 4_096 } as const

function soon<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return withDeadline(systemClock, { ms: 30_000, what }, work)
}

const withoutId = (address: string) => address.replace(/\/p2p\/.*/, '')

/** Looks again and again until the node finds this provider of a model. */
async function lookFor(node: NetworkNode, model: string, provider: string): Promise<void> {
  await soon(`finding ${provider}`, async (signal) => {
    const seen = new Set<string>()
    while (!seen.has(provider)) for await (const peer of findProviders(node, model, { signal })) seen.add(peer)
  })
}

/** Asks the peer's DHT again and again until it names this provider. */
async function askFor(peer: PeerProcess, model: string, provider: string): Promise<Provider> {
  const cid = String(await modelCid(model))
  return soon(`${peer.name} finding ${provider}`, async (signal) => {
    for (;;) {
      const found = await peer.call<Provider[]>('findProviders', { cid, count: 20 })
      const match = found.find(({ id }) => id === provider)
      if (match !== undefined) return match
      signal.throwIfAborted()
    }
  })
}

/** A peer of the other implementation, a node of ours that is connected to it, and what the peer said of itself. */
async function startBoth(start: Implementation['start'], role: 'client' | 'server') {
  const peer = stopLater(await start())
  const node = await startNode({ role, ...(role === 'client' ? { listen: [] } : {}) })
  const told = new Promise<IdentifyResult>((resolve) => {
    node.libp2p.addEventListener('peer:identify', ({ detail }) => {
      if (detail.peerId.toString() === peer.id) resolve(detail)
    })
  })
  await node.libp2p.dial(multiaddr(peer.address))
  return { peer, node, told }
}

/** What a node of ours and a peer of another implementation must be able to do with each other. */
export function behavesWith({ name, agent, start }: Implementation): void {
  describe(`a node of ours and ${name}`, () => {
    it('know each other by identify, whoever dialled', async () => {
      const { node, told } = await startBoth(start, 'server')
      const { agentVersion, protocols } = await told
      expect(agentVersion).toMatch(agent)
      expect(protocols).toEqual(expect.arrayContaining(['/ipfs/ping/1.0.0', '/peerbandit/kad/1.0.0', ECHO_PROTOCOL]))

      const other = stopLater(await start())
      await other.call('connect', { address: node.addresses()[0] })
      const heard = await other.call<{ agentVersion: string; protocols: string[] }>('identified', { peer: node.id })
      expect(heard.agentVersion).toMatch(/libp2p/)
      expect(heard.protocols).toEqual(expect.arrayContaining(['/ipfs/ping/1.0.0', '/peerbandit/kad/1.0.0']))
    })

    it('measure the round trip to each other', async () => {
      const { peer, node } = await startBoth(start, 'server')
      for (let i = 0; i < 10; i++) {
        const rttMs = await pingPeer(node, peer.id)
        expect(rttMs, `ping ${i}`).toBeGreaterThan(0)
        expect(rttMs, `ping ${i}`).toBeLessThan(1_000)
      }
      // A peer may keep its own ping's stream.
      expect(openStreams(node, '/ipfs/ping/1.0.0', 'outbound')).toBe(0)
      const back = await peer.call<number>('ping', { peer: node.id })
      expect(back).toBeGreaterThan(0)
      expect(back).toBeLessThan(1_000)
    })

    it('find the providers that the other wrote', async () => {
      const { peer, node } = await startBoth(start, 'client')
      const theirs = stopLater(await start())
      await theirs.call('connect', { address: peer.address })
      await theirs.call('provide', { cid: String(await modelCid('theirs')) })
      await lookFor(node, 'theirs', theirs.id)

      const worker = await startNode({ bootstrap: [peer.address] })
      stopLater(provideModels(worker, ['ours'], { retryMs: 100 }))
      await askFor(theirs, 'ours', worker.id)
      const record = await askFor(peer, 'ours', worker.id)
      expect(record.addresses.map(withoutId)).toEqual(worker.addresses().map(withoutId))
      await lookFor(node, 'ours', worker.id)
      // The record is enough to dial it.
      expect(await pingPeer(node, worker.id)).toBeGreaterThan(0)
    })

    it('find a provider of theirs through a DHT server of ours', async () => {
      const server = await startNode({ role: 'server' })
      const [provider, seeker] = [stopLater(await start()), stopLater(await start())]
      for (const peer of [provider, seeker]) await peer.call('connect', { address: server.addresses()[0] })
      await provider.call('provide', { cid: String(await modelCid('theirs')) })
      expect(await askFor(seeker, 'theirs', provider.id)).toMatchObject({ id: provider.id })
    })

    it('wait for one that hangs no longer than they want to, and reach it again', async () => {
      const { peer, node } = await startBoth(start, 'client')
      await pingPeer(node, peer.id)
      peer.freeze()
      expect(failureReasonOf(await rejection(pingPeer(node, peer.id, { timeoutMs: 200 })))).toBe('timeout')
      peer.thaw()
      expect(await pingPeer(node, peer.id, { timeoutMs: 5_000 })).toBeGreaterThan(0)
    })

    it('see at once that the other is gone', async () => {
      const { peer, node } = await startBoth(start, 'client')
      const gone = new Promise((resolve) => {
        node.libp2p.addEventListener('peer:disconnect', resolve, { once: true })
      })
      await peer.kill()
      await gone
      expect(node.libp2p.getConnections()).toEqual([])
    })

    it('carry 200 streams at once to the other and leave none behind', async () => {
      const { peer, node } = await startBoth(start, 'client')
      for (let round = 0; round < 3; round++) {
        const count = await soon('the echo', (signal) => echoFrom(node, peer.id, { ...LOAD, signal }))
        expect(count, `round ${round}`).toEqual({ whole: LOAD.streams, failures: [] })
        await awaitQuiet(peer, ECHO_PROTOCOL)
        expect(openStreams(node, ECHO_PROTOCOL), `round ${round}`).toBe(0)
      }
      expect(await peer.call<Counts>('counts')).toMatchObject({ connections: 1 })
    })

    it('carry 200 streams at once from the other and leave none behind', async () => {
      const { peer, node } = await startBoth(start, 'server')
      const ended = await serveEcho(node)
      await peer.call('connect', { address: node.addresses()[0] })
      for (let round = 1; round <= 3; round++) {
        const count = await peer.call<EchoCount>('echo', { peer: node.id, ...LOAD })
        expect(count, `round ${round}`).toEqual({ whole: LOAD.streams, failures: [] })
        expect(await soon('the end of all streams', ended)).toBe(round * LOAD.streams)
        expect(openStreams(node, ECHO_PROTOCOL), `round ${round}`).toBe(0)
        await awaitQuiet(peer, ECHO_PROTOCOL)
      }
    })

    it('carry streams in both directions at once', async () => {
      const { peer, node } = await startBoth(start, 'server')
      const ended = await serveEcho(node)
      const [to, from] = await Promise.all([
        soon('the echo', (signal) => echoFrom(node, peer.id, { ...LOAD, signal })),
        peer.call<EchoCount>('echo', { peer: node.id, ...LOAD })
      ])
      expect(to).toEqual({ whole: LOAD.streams, failures: [] })
      expect(from).toEqual({ whole: LOAD.streams, failures: [] })
      expect(await soon('the end of all streams', ended)).toBe(LOAD.streams)
      await awaitQuiet(peer, ECHO_PROTOCOL)
      expect(openStreams(node, ECHO_PROTOCOL)).toBe(0)
    })
  })
}
