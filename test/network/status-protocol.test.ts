import { create } from '@bufbuild/protobuf'
import { sizeDelimitedEncode } from '@bufbuild/protobuf/wire'
import type { Stream } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { StatusReplySchema } from '../../src/network/generated/peerbandit_pb.ts'
import { STATUS_PROTOCOL, probeStatus, serveStatus } from '../../src/network/status-protocol.ts'
import { failureReasonOf } from '../../src/router/failure.ts'
import { emptyLoad, misbehave, rejection, someClaims, startPair } from './support.ts'

const source = (claims = someClaims(), load = emptyLoad()) => ({ load: () => load, claims: () => claims })

describe('probeStatus', () => {
  it('tells the load of a peer, and its claims only when asked', async () => {
    const [client, server] = await startPair()
    await serveStatus(server, source())
    expect(await probeStatus(client, server.id)).toStrictEqual({ load: emptyLoad() })
    expect(await probeStatus(client, server.id, { includeClaims: true })).toStrictEqual({
      load: emptyLoad(),
      claims: someClaims()
    })
  })

  it('passes on a load ratio that no honest peer has', async () => {
    const [client, server] = await startPair()
    await serveStatus(server, source(someClaims({ loadRatio: 3 })))
    const { claims } = await probeStatus(client, server.id, { includeClaims: true })
    expect(claims?.loadRatio).toBe(3)
  })

  it.each([
    ['a rate', { tokensPerSecond: Infinity }],
    ['memory', { vramGb: -1 }],
    ['a load ratio', { loadRatio: NaN }],
    ['a negative load ratio', { loadRatio: -3 }],
    ['a rate beyond all measure', { tokensPerSecond: 1e300 }]
  ])('refuses claims of %s that cannot be', async (_, claims) => {
    const [client, server] = await startPair()
    await serveStatus(server, source(someClaims(claims)))
    const error = await rejection(probeStatus(client, server.id, { includeClaims: true }))
    expect(error).toMatchObject({ code: 'ERR_PROTOCOL' })
  })

  it('refuses a load that cannot be', async () => {
    const [client, server] = await startPair()
    await serveStatus(server, source(someClaims(), emptyLoad({ cpuRatio: 1.5 })))
    expect(await rejection(probeStatus(client, server.id))).toMatchObject({ code: 'ERR_PROTOCOL' })
  })

  it('serves fifty probes in a row over one connection', async () => {
    const [client, server] = await startPair()
    await serveStatus(server, source())
    for (let i = 0; i < 50; i++) {
      expect((await probeStatus(client, server.id, { includeClaims: true })).load, `probe ${i}`).toEqual(emptyLoad())
    }
    expect(client.libp2p.getConnections()).toHaveLength(1)
  })

  it.each<[string, (stream: Stream) => void | Promise<void>, string]>([
    ['closes at once', (stream) => stream.close(), 'protocol'],
    ['says nothing', () => undefined, 'timeout'],
    ['sends garbage', (stream) => void stream.send(Uint8Array.of(2, 0xff, 0xff)), 'protocol'],
    ['announces a reply of 1 GiB', (stream) => void stream.send(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x04)), 'protocol'],
    [
      'forgets its load',
      (stream) => void stream.send(sizeDelimitedEncode(StatusReplySchema, create(StatusReplySchema))),
      'protocol'
    ]
  ])('fails with a peer that %s', async (_, answer, reason) => {
    const [client, server] = await startPair()
    await misbehave(server, STATUS_PROTOCOL, answer)
    expect(failureReasonOf(await rejection(probeStatus(client, server.id, { timeoutMs: 300 })))).toBe(reason)
  })

  it('finds nobody where the protocol is not served any more', async () => {
    const [client, server] = await startPair()
    const serving = await serveStatus(server, source())
    await probeStatus(client, server.id)
    await serving.stop()
    expect(failureReasonOf(await rejection(probeStatus(client, server.id)))).toBe('unreachable')
  })

  it('throws the reason of its signal', async () => {
    const [client, server] = await startPair()
    await misbehave(server, STATUS_PROTOCOL, () => undefined)
    const controller = new AbortController()
    const probe = rejection(probeStatus(client, server.id, { signal: controller.signal }))
    const reason = new Error('stopping')
    controller.abort(reason)
    expect(await probe).toBe(reason)
  })
})
