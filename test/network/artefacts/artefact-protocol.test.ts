import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Stream } from '@libp2p/interface'
import { create } from '@bufbuild/protobuf'
import { sizeDelimitedEncode } from '@bufbuild/protobuf/wire'
import { CID } from 'multiformats/cid'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { artefactCid, artefactIdFromBytes } from '../../../src/network/artefacts/artefact-id.ts'
import { ARTEFACT_PROTOCOL, fetchDigests, fetchRange, serveArtefacts } from '../../../src/network/artefacts/artefact-protocol.ts'
import { fileStore } from '../../../src/network/artefacts/artefact-store.ts'
import { CHUNK_BYTES, digestsToWire, pieceToWire, rangeFromWire } from '../../../src/network/artefacts/artefact-wire.ts'
import { ArtefactReplySchema, ArtefactRequestSchema } from '../../../src/network/generated/artefact_pb.ts'
import { failureReasonOf } from '../../../src/router/failure.ts'
import { misbehave, rejection, startPair, stopLater } from '../support.ts'
import { scratch, someArtefact, storeOf } from './support.ts'

/** sha2-256 of "hello", as IPFS names it: `ipfs add --raw-leaves --cid-version 1`. */
const HELLO = 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq'

const options = (stallTimeoutMs = 2_000) => ({
  connectTimeoutMs: 2_000,
  stallTimeoutMs,
  timers: systemClock,
  signal: new AbortController().signal
})

describe('an artefact id', () => {
  it('is the CID that others give the same bytes', async () => {
    const path = join(await scratch(), 'hello')
    await writeFile(path, 'hello')
    const store = fileStore()
    stopLater({ stop: () => store.close() })
    expect((await store.add(path)).id).toBe(HELLO)
    expect(artefactIdFromBytes(artefactCid(HELLO).bytes)).toBe(HELLO)
  })

  it.each([
    ['nothing', ''],
    ['a word', 'hello'],
    ['a CID of version 0', 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG'],
    ['an identity hash', 'bafkqadldojxxozdmnrqw2yjnnzzq'],
    ['a directory', 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi']
  ])('is not %s', (_, text) => {
    expect(() => artefactCid(text)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })

  it.each([[[]], [[1]], [[1, 0x55, 0x12, 0x20, 1, 2, 3]], [[...CID.parse('bafkqadldojxxozdmnrqw2yjnnzzq').bytes]]])(
    'is not made of the bytes %j',
    (bytes) => {
      expect(() => artefactIdFromBytes(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }))
    }
  )
})

describe('the artefact protocol', () => {
  it('tells what an artefact is and sends any part of it', async () => {
    const [client, server] = await startPair()
    const { artefact } = await someArtefact(2 * CHUNK_BYTES + 777)
    await serveArtefacts(server, storeOf(artefact))
    const from = { node: client, peer: server.id }
    const digests = await fetchDigests(from, artefact.id, options())
    expect(digests.size).toBe(artefact.size)
    expect(Buffer.compare(digests.chunkDigests, artefact.chunkDigests)).toBe(0)
    for (const [offset, length] of [
      [0, CHUNK_BYTES],
      [2 * CHUNK_BYTES, 777],
      [1_000_001, 1],
      [65_535, 65_537]
    ]) {
      const [into, expected] = [new Uint8Array(length), new Uint8Array(length)]
      let told = 0
      await fetchRange(from, { id: artefact.id, offset, into }, options(), (bytes) => (told += bytes))
      await artefact.read(offset, expected)
      expect(Buffer.compare(into, expected), `${offset}+${length}`).toBe(0)
      expect(told).toBe(length)
    }
    expect(client.libp2p.getConnections()[0].streams.filter(({ protocol }) => protocol === ARTEFACT_PROTOCOL)).toEqual([])
  })

  it('refuses what it has not, and parts beyond the end', async () => {
    const [client, server] = await startPair()
    const { artefact } = await someArtefact(1000)
    await serveArtefacts(server, storeOf(artefact))
    const from = { node: client, peer: server.id }
    expect(await rejection(fetchDigests(from, HELLO, options()))).toMatchObject({ reason: 'engine', message: /unknown/ })
    const beyond = fetchRange(from, { id: artefact.id, offset: 500, into: new Uint8Array(501) }, options())
    expect(await rejection(beyond)).toMatchObject({ reason: 'engine', message: expect.stringContaining('range') as string })
  })

  it('refuses more requests of one peer than it may have', async () => {
    const [client, server] = await startPair()
    const { artefact } = await someArtefact(1000)
    await serveArtefacts(server, storeOf(artefact), { budget: { perSecond: 1e-6, burst: 2 } })
    const from = { node: client, peer: server.id }
    const outcome = () => fetchDigests(from, artefact.id, options()).then(() => 'ok', failureReasonOf)
    expect([await outcome(), await outcome(), await outcome()]).toEqual(['ok', 'ok', 'overloaded'])
  })

  it('gives up a requester that reads nothing', async () => {
    const [client, server] = await startPair()
    const { artefact } = await someArtefact(4 * CHUNK_BYTES)
    await serveArtefacts(server, storeOf(artefact), { writeTimeoutMs: 100 })
    const stream = await client.libp2p.dialProtocol(server.libp2p.peerId, ARTEFACT_PROTOCOL)
    stream.pause()
    const over = new Promise<string>((resolve) => {
      stream.addEventListener('close', () => {
        resolve(stream.status)
      })
    })
    const request = create(ArtefactRequestSchema, { cid: artefactCid(artefact.id).bytes, length: 4 * CHUNK_BYTES })
    stream.send(sizeDelimitedEncode(ArtefactRequestSchema, request))
    expect(await over).toBe('reset')
  })

  it.each([
    ['an absurd offset', { cid: artefactCid(HELLO).bytes, offset: 2n ** 63n, length: 1 }],
    ['an absurd length', { cid: artefactCid(HELLO).bytes, length: 4_000_000_000 }],
    ['no id', { length: 1 }]
  ])('does not take a request with %s', (_, request) => {
    expect(() => rangeFromWire(create(ArtefactRequestSchema, request))).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }))
  })

  const reply = (message: ReturnType<typeof pieceToWire>) => sizeDelimitedEncode(ArtefactReplySchema, message)

  it.each<[string, (stream: Stream) => void | Promise<void>, string]>([
    ['closes at once', (stream) => stream.close(), 'disconnected'],
    ['says nothing', () => undefined, 'timeout'],
    ['sends garbage', (stream) => void stream.send(Uint8Array.of(2, 0xff, 0xff)), 'protocol'],
    ['sends an empty reply', (stream) => void stream.send(reply(create(ArtefactReplySchema))), 'protocol'],
    ['sends an empty piece', (stream) => void stream.send(reply(pieceToWire(new Uint8Array(0)))), 'protocol'],
    ['sends a piece too long', (stream) => void stream.send(reply(pieceToWire(new Uint8Array(1001)))), 'protocol'],
    ['sends part of it', (stream) => void stream.send(reply(pieceToWire(new Uint8Array(999)))), 'timeout'],
    [
      'sends digests instead',
      (stream) => void stream.send(reply(digestsToWire({ size: 0, chunkDigests: new Uint8Array(0) }))),
      'protocol'
    ],
    ['announces a gigabyte', (stream) => void stream.send(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x04)), 'protocol']
  ])('fails with a peer that %s', async (_, answer, reason) => {
    const [client, server] = await startPair()
    await misbehave(server, ARTEFACT_PROTOCOL, answer)
    const range = { id: HELLO, offset: 0, into: new Uint8Array(1000) }
    const error = await rejection(fetchRange({ node: client, peer: server.id }, range, options(200)))
    expect(failureReasonOf(error)).toBe(reason)
  })

  it.each([
    ['too few', { size: CHUNK_BYTES + 1, chunkDigests: new Uint8Array(32) }],
    ['too many', { size: 1, chunkDigests: new Uint8Array(64) }],
    ['those of a size that cannot be', { size: Number.MAX_SAFE_INTEGER, chunkDigests: new Uint8Array(32) }]
  ])('fails with a peer whose digests are %s', async (_, digests) => {
    const [client, server] = await startPair()
    await misbehave(server, ARTEFACT_PROTOCOL, (stream) => void stream.send(reply(digestsToWire(digests))))
    const error = await rejection(fetchDigests({ node: client, peer: server.id }, HELLO, options()))
    expect(failureReasonOf(error)).toBe('protocol')
  })
})
