import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { pingPeer } from '../../src/network/ping.ts'
import { failureReasonOf } from '../../src/router/failure.ts'
import { rejection, startNode, startPair } from './support.ts'

describe('pingPeer', () => {
  it('measures fractions of a millisecond', async () => {
    const [client, server] = await startPair()
    for (let i = 0; i < 10; i++) {
      const rttMs = await pingPeer(client, server.id)
      expect(rttMs, `ping ${i}`).toBeGreaterThan(0)
      expect(rttMs, `ping ${i}`).toBeLessThan(1_000)
      expect(Number.isInteger(rttMs), `ping ${i}: ${rttMs} ms`).toBe(false)
    }
  })

  it('reads the clock only around the echo', async () => {
    const [client, server] = await startPair()
    const times = [1_000, 1_000.25]
    const clock = { ...systemClock, now: () => times.shift() ?? NaN }
    expect(await pingPeer(client, server.id, { clock })).toBe(0.25)
  })

  it('measures ten times at once over one connection', async () => {
    const [client, server] = await startPair()
    const times = await Promise.all(Array.from({ length: 10 }, () => pingPeer(client, server.id)))
    for (const [i, rttMs] of times.entries()) expect(rttMs, `ping ${i}`).toBeGreaterThan(0)
  })

  it('leaves no stream behind', async () => {
    const [client, server] = await startPair()
    for (let i = 0; i < 5; i++) await pingPeer(client, server.id)
    const open = client.libp2p.getConnections().flatMap(({ streams }) => streams)
    expect(open.filter(({ protocol }) => protocol.includes('ping'))).toHaveLength(0)
  })

  it('fails with a peer that sends other bytes back', async () => {
    const [client, server] = await startPair()
    await server.libp2p.unhandle('/ipfs/ping/1.0.0')
    await server.libp2p.handle('/ipfs/ping/1.0.0', (stream) => {
      stream.addEventListener('message', () => stream.send(new Uint8Array(32)))
    })
    expect(failureReasonOf(await rejection(pingPeer(client, server.id)))).toBe('protocol')
  })

  it('asks again where the responder drops a stream for another one, and not for ever', async () => {
    const [client, server] = await startPair()
    let dropped = 0
    let drops = 2
    await server.libp2p.unhandle('/ipfs/ping/1.0.0')
    await server.libp2p.handle('/ipfs/ping/1.0.0', (stream) => {
      if (dropped++ < drops) stream.abort(new Error('another one came'))
      else stream.addEventListener('message', ({ data }) => stream.send(data))
    })
    expect(await pingPeer(client, server.id)).toBeGreaterThan(0)
    expect(dropped).toBeGreaterThanOrEqual(3)
    drops = Infinity
    expect(failureReasonOf(await rejection(pingPeer(client, server.id)))).toBe('disconnected')
  })

  it('times out with a peer that does not answer', async () => {
    const [client, server] = await startPair()
    await server.libp2p.unhandle('/ipfs/ping/1.0.0')
    await server.libp2p.handle('/ipfs/ping/1.0.0', () => undefined)
    expect(failureReasonOf(await rejection(pingPeer(client, server.id, { timeoutMs: 100 })))).toBe('timeout')
  })

  it('does not reach a peer that is gone', async () => {
    const [client, server] = await startPair()
    await server.stop()
    expect(failureReasonOf(await rejection(pingPeer(client, server.id)))).toBe('unreachable')
  })

  it('gives up looking for a peer that nobody knows', async () => {
    const [client, stranger] = [await startNode(), await startNode()]
    expect(failureReasonOf(await rejection(pingPeer(client, stranger.id, { timeoutMs: 200 })))).toBe('timeout')
  })
})
