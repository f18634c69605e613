import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { withDeadline } from '../../src/core/abort.ts'
import { systemClock } from '../../src/core/clock.ts'
import { pingPeer } from '../../src/network/ping.ts'
import { startNode, stopLater } from '../network/support.ts'
import { behavesWith } from './libp2p-suite.ts'
import { ECHO_PROTOCOL, awaitQuiet, startGoLibp2p } from './peers.ts'
import { echoFrom } from './streams.ts'

behavesWith({
  name: 'a plain peer of go-libp2p',
  agent: /^go-libp2p-interop\/1\.0\.0$/,
  start: () => startGoLibp2p({ unlimited: true })
})

/** Of one protocol and peer: go-libp2p takes 64, and 4 more for every 8 GiB of the machine's memory, and resets the others. */
const DEFAULT_INBOUND_STREAMS = 64

describe('a peer of go-libp2p with its default limits', () => {
  it('resets the streams above them, and goes on with the connection', async () => {
    const peer = stopLater(await startGoLibp2p())
    const node = await startNode({ listen: [], role: 'client' })
    const connection = await node.libp2p.dial(multiaddr(peer.address))
    const echo = (streams: number) =>
      withDeadline(systemClock, { ms: 30_000, what: 'the echo' }, (signal) =>
        echoFrom(node, peer.id, { streams, bytes: 4_096, signal })
      )

    const many = await echo(400)
    expect(many.whole).toBeGreaterThanOrEqual(DEFAULT_INBOUND_STREAMS)
    expect(many.failures).not.toEqual([])
    for (const failure of many.failures) expect(failure).toMatch(/reset|closed/)
    await awaitQuiet(peer, ECHO_PROTOCOL)

    expect(connection.status).toBe('open')
    expect(await pingPeer(node, peer.id)).toBeGreaterThan(0)
    expect(await echo(DEFAULT_INBOUND_STREAMS)).toEqual({ whole: DEFAULT_INBOUND_STREAMS, failures: [] })
  })
})
