import { create } from '@bufbuild/protobuf'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { identity } from 'multiformats/hashes/identity'
import { describe, expect, it } from 'vitest'
import { deadline } from '../../../src/core/abort.ts'
import { manualClock, systemClock } from '../../../src/core/clock.ts'
import { pcg32 } from '../../../src/core/rng.ts'
import { ProviderStore, type ProviderStoreOptions } from '../../../src/network/crowdllama/dht/provider-store.ts'
import { crowdllamaNode } from '../../../src/network/crowdllama/node.ts'
import { CROWDLLAMA_DHT, RENDEZVOUS } from '../../../src/network/crowdllama/protocols.ts'
import { findContentProviders, provideContents } from '../../../src/network/discovery.ts'
import { framedStream, type FramedStream } from '../../../src/network/framing.ts'
import { KadMessageSchema } from '../../../src/network/generated/crowdllama/dht/kad_pb.ts'
import type { NetworkNode } from '../../../src/network/node.ts'
import { rejection, stopLater } from '../support.ts'
import { startBareNode, startBootstrap } from './support.ts'

const TYPE = { putValue: 0, getValue: 1, addProvider: 2, getProviders: 3, findNode: 4, ping: 5 }
const LIMITS = { maxMessageBytes: 100_000, maxStreamBytes: 1e6, writeTimeoutMs: 1_000 }
const KEY = RENDEZVOUS.multihash.bytes

type Fields = Parameters<typeof create<typeof KadMessageSchema>>[1]

const idOf = (peer: string) => peerIdFromString(peer).toMultihash().bytes
const hexOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex')
const addressOf = (node: NetworkNode) => multiaddr(node.addresses()[0]).bytes
/** A provider record as nodes send it. */
const recordOf = (node: NetworkNode, addresses = [addressOf(node)]) => ({ id: idOf(node.id), addresses })

/** A stream to a server of the DHT, and its answers. */
async function openDht(node: NetworkNode, server: NetworkNode) {
  const stream = await node.libp2p.dialProtocol(multiaddr(server.addresses()[0]), CROWDLLAMA_DHT)
  const frames = framedStream(stream, LIMITS, systemClock)
  return {
    stream,
    tell: (fields: Fields) => frames.write(KadMessageSchema, create(KadMessageSchema, fields), {}),
    async ask(fields: Fields) {
      await frames.write(KadMessageSchema, create(KadMessageSchema, fields), {})
      return readOf(frames)
    }
  }
}

async function readOf(frames: FramedStream) {
  const limit = deadline(systemClock, 3_000, 'an answer of the DHT')
  return frames.read(KadMessageSchema, limit).finally(() => {
    limit[Symbol.dispose]()
  })
}

describe('the DHT of a CrowdLlama network', () => {
  it('keeps providers under any key of 1 to 80 bytes, the identity hash where nodes meet among them', async () => {
    const [server, worker] = [await startBootstrap(), await startBareNode()]
    const dht = await openDht(worker, server)
    for (const key of [KEY, Uint8Array.of(7), new Uint8Array(80).fill(9)]) {
      await dht.tell({ type: TYPE.addProvider, key, providerPeers: [recordOf(worker)] })
      const reply = await dht.ask({ type: TYPE.getProviders, key })
      expect(hexOf(reply?.key)).toBe(hexOf(key))
      const [{ id, addresses } = { id: undefined, addresses: [] }] = reply?.providerPeers ?? []
      expect(hexOf(id)).toBe(hexOf(idOf(worker.id)))
      expect(addresses.map(hexOf)).toEqual([hexOf(addressOf(worker))])
    }
  })

  it.each([
    ['no key', { type: TYPE.addProvider }],
    ['a key that is too long', { type: TYPE.getProviders, key: new Uint8Array(81) }],
    ['a value', { type: TYPE.putValue, key: Uint8Array.of(1) }],
    ['what nobody knows', { type: 77, key: Uint8Array.of(1) }]
  ])('hangs up on %s', async (_, message) => {
    const [server, worker] = [await startBootstrap(), await startBareNode()]
    const dht = await openDht(worker, server)
    expect(await rejection(dht.ask(message))).toMatchObject({ reason: 'disconnected' })
  })

  it('lets nobody provide for another, without an address, or with garbage for one', async () => {
    const [server, worker, other] = [await startBootstrap(), await startBareNode(), await startBareNode()]
    const dht = await openDht(worker, server)
    const garbage = Uint8Array.of(0xff, 0xff, 0xff)
    for (const record of [recordOf(other), recordOf(worker, []), recordOf(worker, [garbage])]) {
      await dht.tell({ type: TYPE.addProvider, key: KEY, providerPeers: [record] })
      expect((await dht.ask({ type: TYPE.getProviders, key: KEY }))?.providerPeers).toEqual([])
    }
  })

  it('is found by who looks for it, finds those that are connected, and tells nobody of itself', async () => {
    const [server, one, two] = [await startBootstrap(), await startBareNode(), await startBareNode()]
    const client = stopLater(await crowdllamaNode({ bootstrap: [] }))
    const [dht, fromTwo] = [await openDht(one, server), await openDht(two, server)]
    await openDht(client, server)
    expect(await dht.ask({ type: TYPE.ping })).toMatchObject({ type: TYPE.ping })
    const find = async (asked: typeof dht, peer: string) =>
      (await asked.ask({ type: TYPE.findNode, key: idOf(peer) }))?.closerPeers.map(({ id }) => hexOf(id))
    const hex = (peer: string) => hexOf(idOf(peer))
    expect(await find(dht, server.id)).toEqual([hex(server.id)])
    // Identify runs beside the streams that were opened.
    while ((await find(dht, two.id))?.length === 0);
    expect(await find(dht, two.id)).toEqual([hex(two.id)])
    while ((await find(fromTwo, one.id))?.length === 0);
    expect(await find(dht, one.id)).toEqual([hex(two.id)])
    expect((await dht.ask({ type: TYPE.getValue, key: KEY }))?.closerPeers).toHaveLength(1)
  })

  it('closes a stream that says nothing', async () => {
    const server = stopLater(
      await crowdllamaNode({ listen: ['/ip4/127.0.0.1/tcp/0'], role: 'server', dht: { idleTimeoutMs: 100 } })
    )
    const dht = await openDht(await startBareNode(), server)
    await new Promise((resolve) => {
      dht.stream.addEventListener('close', resolve)
    })
    expect(dht.stream.status).not.toBe('open')
  })

  it('serves the client of libp2p: provides and finds under identity hashes', { timeout: 30_000 }, async () => {
    const bootstrap = (await startBootstrap()).addresses()
    const worker = await startBareNode(bootstrap)
    const client = stopLater(await crowdllamaNode({ bootstrap }))
    const cid = CID.createV1(raw.code, identity.digest(new TextEncoder().encode('elsewhere')))
    stopLater(provideContents(worker, [{ name: 'elsewhere', cid: () => cid }], { retryMs: 100, intervalMs: 1_000 }))
    const found: string[] = []
    while (found.length === 0) {
      const limit = deadline(systemClock, 5_000, 'looking')
      for await (const peer of findContentProviders(client, cid, limit)) found.push(peer)
      limit[Symbol.dispose]()
    }
    expect(found).toEqual([worker.id])
  })
})

function startStore(options: ProviderStoreOptions = {}) {
  const clock = manualClock()
  return { clock, store: new ProviderStore({ clock, rng: pcg32(1) }, options) }
}

const key = (text: string) => new TextEncoder().encode(text)
const record = (peer: string) => ({ peer, id: key(peer), addresses: [key('address')] })

describe('a store of providers', () => {
  it('forgets a record that is not written again', () => {
    const { clock, store } = startStore({ recordTtlMs: 1_000 })
    store.add(key('k'), record('a'))
    clock.advance(600)
    store.add(key('k'), record('b'))
    store.add(key('k'), record('a'))
    clock.advance(900)
    expect(store.find(key('k')).map(({ peer }) => peer)).toEqual(['b', 'a'])
    clock.advance(200)
    expect(store.find(key('k'))).toEqual([])
    expect(store.size).toBe(0)
  })

  it('forgets the oldest key of a peer with too many, and none of others', () => {
    const { store } = startStore({ maxKeysPerPeer: 2 })
    for (const name of ['k1', 'k2', 'k3', 'k2', 'k4']) store.add(key(name), record('greedy'))
    store.add(key('k1'), record('modest'))
    const kept = ['k1', 'k2', 'k3', 'k4'].map((name) => store.find(key(name)).map(({ peer }) => peer))
    expect(kept).toEqual([['modest'], ['greedy'], [], ['greedy']])
  })

  it('draws whom it names where there are too many', () => {
    const { store } = startStore({ maxProvidersPerReply: 3 })
    for (let i = 0; i < 10; i++) store.add(key('k'), record(`peer-${i}`))
    const named = new Set<string>()
    for (let i = 0; i < 60; i++) {
      const peers = store.find(key('k')).map(({ peer }) => peer)
      expect(new Set(peers).size).toBe(3)
      for (const peer of peers) named.add(peer)
    }
    expect(named.size).toBe(10)
  })

  it('never holds more than it may, nor a record twice', () => {
    const writes = fc.array(fc.record({ key: fc.nat(9), peer: fc.nat(9), afterMs: fc.nat(300) }), { maxLength: 200 })
    fc.assert(
      fc.property(writes, (list) => {
        const { clock, store } = startStore({ maxRecords: 20, maxKeysPerPeer: 4, recordTtlMs: 1_000 })
        for (const { key: k, peer, afterMs } of list) {
          clock.advance(afterMs)
          store.add(key(`${k}`), record(`${peer}`))
          expect(store.find(key(`${k}`)).filter((each) => each.peer === `${peer}`)).toHaveLength(1)
          expect(store.size).toBeLessThanOrEqual(20)
        }
        const kept = Array.from({ length: 10 }, (_, k) => store.find(key(`${k}`))).flat()
        expect(kept).toHaveLength(store.size)
        for (let peer = 0; peer < 10; peer++) expect(kept.filter((each) => each.peer === `${peer}`).length).toBeLessThanOrEqual(4)
      }),
      { numRuns: 60 }
    )
  })

  it.each([
    ['recordTtlMs', { recordTtlMs: 0 }],
    ['maxKeysPerPeer', { maxKeysPerPeer: 0 }],
    ['maxRecords', { maxRecords: NaN }],
    ['maxProvidersPerReply', { maxProvidersPerReply: 1.5 }]
  ])('refuses a bad %s', (name, options) => {
    expect(() => startStore(options)).toThrow(name)
  })
})
