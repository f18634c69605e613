import type { Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { manualClock, systemClock } from '../../../src/core/clock.ts'
import type { NetworkNode } from '../../../src/network/node.ts'
import { askMetrics, METRIC_PROTOCOL, metricAsker, serveMetric } from '../../../src/network/pyrsia/metric-protocol.ts'
import { failureReasonOf } from '../../../src/router/failure.ts'
import { misbehave, rejection, signalOf, startNode, startPair } from '../support.ts'

const GENEROUS = { budget: { perSecond: 1000, burst: 1000 } }

async function connected(servers: readonly NetworkNode[]): Promise<NetworkNode> {
  const client = await startNode({ listen: [], role: 'client' })
  for (const server of servers) await client.libp2p.dial(multiaddr(server.addresses()[0]))
  return client
}

/** Everything that a server sends to a requester that closes at once, and whether it closed its side too. */
async function rawReply(client: NetworkNode, server: NetworkNode): Promise<string> {
  const stream = await client.libp2p.dialProtocol(peerIdFromString(server.id), METRIC_PROTOCOL)
  const got: number[] = []
  const closed = signalOf()
  stream.addEventListener('message', ({ data }) => got.push(...data.subarray()))
  stream.addEventListener('close', () => {
    closed.tell()
  })
  await stream.close()
  await closed.seen
  return Buffer.from(got).toString('hex')
}

describe('the metric exchange', () => {
  it('tells the metric, byte for byte as Pyrsia does, and closes', async () => {
    const [client, server] = await startPair()
    await serveMetric(server, () => 51_097_988.576, GENEROUS)
    expect(await rawReply(client, server)).toBe('08e3a59b248c5d8841')
    expect(await metricAsker(client).ask(server.id)).toBe(51_097_988.576)
  })

  it('sends an empty request and closes its side at once', async () => {
    const [client, server] = await startPair()
    const request = signalOf<string>()
    await misbehave(server, METRIC_PROTOCOL, (stream) => {
      let bytes = 0
      stream.addEventListener('message', ({ data }) => (bytes += data.byteLength))
      const answer = () => {
        request.tell(`${bytes} bytes, ${stream.remoteWriteStatus}`)
        stream.send(Buffer.from('08000000000000f03f', 'hex'))
        void stream.close()
      }
      if (stream.remoteWriteStatus === 'closed') answer()
      else stream.addEventListener('remoteCloseWrite', answer)
    })
    expect(await metricAsker(client).ask(server.id)).toBe(1)
    expect(await request.seen).toBe('0 bytes, closed')
  })

  it('reads a hundred answers of peers that write and close at once', async () => {
    const [client, server] = await startPair()
    let metric = 0
    await misbehave(server, METRIC_PROTOCOL, async (stream) => {
      const bytes = Buffer.alloc(9, 8)
      bytes.writeDoubleLE((metric += 1), 1)
      stream.send(bytes)
      await stream.close()
    })
    const asker = metricAsker(client, GENEROUS)
    const answers: number[] = []
    for (let i = 0; i < 100; i++) answers.push(await asker.ask(server.id))
    expect(answers).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
    expect(client.libp2p.getConnections()[0].streams.filter(({ protocol }) => protocol === METRIC_PROTOCOL)).toEqual([])
  })

  it('reads an answer that comes byte by byte from a peer that never closes', async () => {
    const [client, server] = await startPair()
    await misbehave(server, METRIC_PROTOCOL, (stream) => {
      for (const byte of Buffer.from('08000000000000f03f', 'hex')) stream.send(Uint8Array.of(byte))
    })
    expect(await metricAsker(client).ask(server.id)).toBe(1)
  })

  it.each<[string, (stream: Stream) => void | Promise<void>, string]>([
    ['closes at once', (stream) => stream.close(), 'protocol'],
    ['says nothing', () => undefined, 'timeout'],
    [
      'resets',
      (stream) => {
        stream.abort(new Error('no'))
      },
      'disconnected'
    ],
    ['stops in the middle', (stream) => void stream.send(Uint8Array.of(8, 0, 0)), 'timeout'],
    [
      'ends in the middle',
      async (stream) => {
        stream.send(Uint8Array.of(8, 0, 0))
        await stream.close()
      },
      'protocol'
    ],
    ['sends NaN', (stream) => void stream.send(Buffer.from('08000000000000f87f', 'hex')), 'protocol'],
    ['sends infinity', (stream) => void stream.send(Buffer.from('08000000000000f07f', 'hex')), 'protocol'],
    ['sends less than nothing', (stream) => void stream.send(Buffer.from('08000000000000f0bf', 'hex')), 'protocol'],
    ['sends a longer message', (stream) => void stream.send(Buffer.alloc(17, 16)), 'protocol'],
    ['sends a megabyte', (stream) => void stream.send(new Uint8Array(1_000_000)), 'protocol']
  ])('fails with a peer that %s', async (_, answer, reason) => {
    const [client, server] = await startPair()
    await misbehave(server, METRIC_PROTOCOL, answer)
    expect(failureReasonOf(await rejection(metricAsker(client).ask(server.id, { timeoutMs: 300 })))).toBe(reason)
  })

  it('throws the reason of its signal', async () => {
    const [client, server] = await startPair()
    await misbehave(server, METRIC_PROTOCOL, () => undefined)
    const controller = new AbortController()
    const asking = rejection(metricAsker(client).ask(server.id, { signal: controller.signal }))
    const reason = new Error('stopping')
    controller.abort(reason)
    expect(await asking).toBe(reason)
  })

  it('refuses a request that is not empty', async () => {
    const [client, server] = await startPair()
    await serveMetric(server, () => 1, GENEROUS)
    const stream = await client.libp2p.dialProtocol(peerIdFromString(server.id), METRIC_PROTOCOL)
    const over = signalOf<string>()
    stream.addEventListener('close', () => {
      over.tell(stream.status)
    })
    stream.send(Uint8Array.of(1))
    expect(await over.seen).toBe('reset')
  })

  it('lets go of a requester that never ends its request', async () => {
    const [client, server] = await startPair()
    await serveMetric(server, () => 1, { ...GENEROUS, timeoutMs: 100 })
    const stream = await client.libp2p.dialProtocol(peerIdFromString(server.id), METRIC_PROTOCOL)
    const over = signalOf<string>()
    stream.addEventListener('close', () => {
      over.tell(stream.status)
    })
    expect(await over.seen).toBe('reset')
  })

  it.each([undefined, NaN, -1])('resets while its own metric is %s', async (metric) => {
    const [client, server] = await startPair()
    await serveMetric(server, () => metric)
    expect(failureReasonOf(await rejection(metricAsker(client).ask(server.id)))).toBe('disconnected')
  })
})

describe('the budget of requests', () => {
  it('resets a peer that asks too often, and answers it again later', async () => {
    const [client, server] = await startPair()
    const time = manualClock()
    await serveMetric(server, () => 1, {
      budget: { perSecond: 1, burst: 2 },
      clock: { ...time, after: (ms, callback) => systemClock.after(ms, callback) }
    })
    const asker = metricAsker(client, GENEROUS)
    const outcome = () => asker.ask(server.id).catch(failureReasonOf)
    expect([await outcome(), await outcome(), await outcome()]).toEqual([1, 1, 'disconnected'])
    time.advance(1000)
    expect([await outcome(), await outcome()]).toEqual([1, 'disconnected'])
  })

  it('does not even ask a peer too often', async () => {
    const [client, server] = await startPair()
    let served = 0
    await serveMetric(server, () => (served += 1), GENEROUS)
    const asker = metricAsker(client, { budget: { perSecond: 1e-6, burst: 2 } })
    await asker.ask(server.id)
    await asker.ask(server.id)
    const error = await rejection(asker.ask(server.id))
    expect(error).toMatchObject({ code: 'ERR_OVERLOADED', message: expect.stringMatching(/ask again in \d+ ms/) as string })
    expect(served).toBe(2)
  })
})

describe('asking many peers', () => {
  it('asks all at once, under one deadline, and tells of each what came', async () => {
    const [good, silent, liar, better] = await Promise.all([startNode(), startNode(), startNode(), startNode()])
    await serveMetric(good, () => 3)
    await serveMetric(better, () => 0.25)
    await misbehave(silent, METRIC_PROTOCOL, () => undefined)
    await misbehave(liar, METRIC_PROTOCOL, (stream) => void stream.send(Buffer.from('08000000000000f87f', 'hex')))
    const client = await connected([good, silent, liar, better])
    const nobody = '12D3KooWLLUBEZhkEq6NtTLD99RRpEYdcbe8uzx3L56UgF5VK4bw'
    const asked = [silent.id, good.id, liar.id, nobody, better.id, good.id]
    const startMs = systemClock.now()
    const answers = await askMetrics(client, asked, { timeoutMs: 400 })
    expect(systemClock.now() - startMs).toBeLessThan(2_000)
    const told = [...answers].map(([peer, answer]) => [
      peer,
      answer.status === 'fulfilled' ? answer.value : failureReasonOf(answer.reason)
    ])
    expect(told).toEqual([
      [silent.id, 'timeout'],
      [good.id, 3],
      [liar.id, 'protocol'],
      [nobody, 'unreachable'],
      [better.id, 0.25]
    ])
  })

  it('does not wait for one after the other', async () => {
    const servers = await Promise.all(Array.from({ length: 4 }, () => startNode()))
    // Each answers only when all were asked.
    const all = signalOf()
    let asked = 0
    for (const server of servers) {
      await misbehave(server, METRIC_PROTOCOL, async (stream) => {
        if ((asked += 1) === servers.length) all.tell()
        await all.seen
        stream.send(Buffer.from('08000000000000f03f', 'hex'))
      })
    }
    const client = await connected(servers)
    const answers = await askMetrics(
      client,
      servers.map(({ id }) => id)
    )
    expect([...answers.values()].map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'))
  })

  it('has nothing to tell of nobody', async () => {
    const client = await startNode({ listen: [], role: 'client' })
    expect(await askMetrics(client, [])).toEqual(new Map())
  })
})
