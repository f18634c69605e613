import type { Stream } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { requestMetadata, serveMetadata } from '../../../src/network/crowdllama/metadata-protocol.ts'
import { CROWDLLAMA_METADATA, RENDEZVOUS } from '../../../src/network/crowdllama/protocols.ts'
import { provideContents } from '../../../src/network/discovery.ts'
import type { NetworkNode } from '../../../src/network/node.ts'
import { misbehave, rejection, startNode, startPair, stopLater } from '../support.ts'
import { startBareNode, startBootstrap, startFleet, startWorker, untilFleet } from './support.ts'

const METADATA = { models: ['tiny'], tokensPerSecond: 40, vramGb: 10, loadRatio: 0.5, gpuModel: 'RTX 3080', isWorker: true }
const metadata = () => ({ ...METADATA, updatedMs: systemClock.wall() })

function documentOf(node: NetworkNode, overrides: object = {}): string {
  const document = {
    peer_id: node.id,
    supported_models: ['tiny'],
    tokens_throughput: 40,
    last_updated: new Date(systemClock.wall()).toISOString()
  }
  return JSON.stringify({ ...document, ...overrides })
}

const encode = (text: string) => new TextEncoder().encode(text)

/** Writes and closes at once, as CrowdLlama's nodes do. */
const saying = (text: string) => async (stream: Stream) => {
  stream.send(encode(text))
  await stream.close()
}

/** Sends for as long as it may. */
async function endless(stream: Stream): Promise<void> {
  const part = encode(`"${'x'.repeat(8_000)}",`)
  stream.send(encode('['))
  while (stream.status === 'open') {
    if (!stream.send(part)) await new Promise((resolve) => stream.addEventListener('drain', resolve, { once: true }))
  }
}

const HOSTILE: [string, (node: NetworkNode) => (stream: Stream) => void | Promise<void>, object][] = [
  ['closes without a word', () => (stream) => stream.close(), { code: 'ERR_PROTOCOL' }],
  ['never says anything', () => () => undefined, { code: 'ERR_TIMEOUT' }],
  ['says half and waits', (node) => (stream) => void stream.send(encode(documentOf(node).slice(0, 50))), { code: 'ERR_TIMEOUT' }],
  ['says half and closes', (node) => saying(documentOf(node).slice(0, 50)), { code: 'ERR_PROTOCOL' }],
  [
    'says all and resets',
    (node) => (stream) => {
      stream.send(encode(documentOf(node)))
      setImmediate(() => {
        stream.abort(new Error('enough'))
      })
    },
    // Now and then before the protocol is agreed on.
    { name: 'TransportError' }
  ],
  ['never ends', () => endless, { code: 'ERR_PROTOCOL' }],
  ['says too much', (node) => saying(documentOf(node, { later: 'x'.repeat(100_000) })), { code: 'ERR_PROTOCOL' }],
  ['speaks for another', (node) => saying(documentOf(node, { peer_id: `${node.id.slice(0, -1)}1` })), { code: 'ERR_PROTOCOL' }],
  ['says a bomb', () => saying('['.repeat(60_000)), { code: 'ERR_PROTOCOL' }],
  ['is infinitely fast', (node) => saying(documentOf(node).replace(':40', ':1e999')), { code: 'ERR_PROTOCOL' }],
  ['is slower than nothing', (node) => saying(documentOf(node, { tokens_throughput: -40 })), { code: 'ERR_PROTOCOL' }]
]

describe('the metadata protocol', () => {
  it('hears what is written and closed at once, fifty times', { timeout: 30_000 }, async () => {
    const [client, server] = await startPair()
    stopLater(await serveMetadata(server, metadata))
    for (let i = 0; i < 50; i++) {
      expect(await requestMetadata(client, server.id, { timeoutMs: 2_000 }), `round ${i}`).toMatchObject(METADATA)
    }
    const open = client.libp2p.getConnections().flatMap(({ streams }) => streams)
    expect(open.filter(({ protocol }) => protocol === CROWDLLAMA_METADATA)).toEqual([])
  })

  it('hears what comes in pieces', async () => {
    const [client, server] = await startPair()
    await misbehave(server, CROWDLLAMA_METADATA, async (stream) => {
      for (const byte of encode(documentOf(server))) {
        stream.send(Uint8Array.of(byte))
        await new Promise((resolve) => {
          setImmediate(resolve)
        })
      }
      await stream.close()
    })
    expect(await requestMetadata(client, server.id)).toMatchObject({ models: ['tiny'], isWorker: true })
  })

  it('cannot be spoken with a node that does not know it', async () => {
    const [client, server] = await startPair()
    expect(await rejection(requestMetadata(client, server.id))).toMatchObject({ reason: 'unreachable' })
  })

  it.each(HOSTILE)('is over in time with a node that %s', async (_, answer, error) => {
    const [client, server] = await startPair()
    await misbehave(server, CROWDLLAMA_METADATA, answer(server))
    expect(await rejection(requestMetadata(client, server.id, { timeoutMs: 500 }))).toMatchObject(error)
  })

  it('does not answer where it is no longer served', async () => {
    const [client, server] = await startPair()
    await (await serveMetadata(server, metadata)).stop()
    expect(await rejection(requestMetadata(client, server.id))).toMatchObject({ reason: 'unreachable' })
  })

  it('refuses no time', async () => {
    const node = await startNode({ listen: [] })
    expect(await rejection(requestMetadata(node, node.id, { timeoutMs: 0 }))).toMatchObject({ code: 'ERR_INVALID_OPTION' })
  })
})

describe('a fleet among hostile nodes', () => {
  it('has the honest worker as its only member, and knows of no other', { timeout: 60_000 }, async () => {
    const bootstrap = (await startBootstrap()).addresses()
    const hostile = await Promise.all(
      HOSTILE.map(async ([, answer]) => {
        const node = await startBareNode(bootstrap)
        await misbehave(node, CROWDLLAMA_METADATA, answer(node))
        return node
      })
    )
    const consumer = await startBareNode(bootstrap)
    stopLater(await serveMetadata(consumer, () => ({ ...metadata(), isWorker: false })))
    for (const node of [...hostile, consumer])
      stopLater(provideContents(node, [{ name: 'itself', cid: () => RENDEZVOUS }], { retryMs: 500, intervalMs: 2_000 }))
    const worker = await startWorker({ bootstrap, options: { advertiseIntervalMs: 2_000 } })
    const { selection, fleet } = await startFleet(bootstrap, { watch: { timeoutMs: 1_000 } })
    await untilFleet(fleet, () => fleet.members('tiny').length === 1 && [...hostile, consumer].every(({ id }) => fleet.has(id)))
    expect(fleet.members('tiny')).toEqual([worker.id])
    expect(fleet.models()).toEqual(['tiny'])
    for (const { id } of [...hostile, consumer]) expect(selection.table.rowOf(id), id).toBe(-1)
  })
})
