import type { Stream } from '@libp2p/interface'
import { byteStream } from '@libp2p/utils'
import { withDeadline } from '../core/abort.ts'
import type { AbortOptions } from '../core/abort.ts'
import { checkPositive } from '../core/check.ts'
import { systemClock } from '../core/clock.ts'
import type { Clock, Timers } from '../core/clock.ts'
import { PeerbanditError, isPeerbanditError, messageOf } from '../core/errors.ts'
import type { PeerId } from '../job/decision.ts'
import { TransportError } from '../router/failure.ts'
import type { NetworkNode } from './node.ts'
import { openStream } from './open-stream.ts'

/** @see https://github.com/libp2p/specs/blob/master/ping/ping.md */
const PING_PROTOCOL = '/ipfs/ping/1.0.0'
const PING_BYTES = 32

export interface PingOptions extends AbortOptions {
  /** For connecting and the answer together, ms > 0. @default 2000 */
  readonly timeoutMs?: number
  readonly clock?: Clock & Timers
}

/**
 * A responder of rust-libp2p answers one stream at a time and drops the one before: pings of libp2p's DHT or of its connection monitor
 * take the place of ours.
 */
const MAX_STREAMS = 3

const DEFAULTS = { timeoutMs: 2_000, clock: systemClock } as const satisfies PingOptions

/**
 * The round trip to a peer, in ms with fractions. The peer only needs libp2p's own ping.
 *
 * libp2p's client tells whole milliseconds only, which on a LAN is 0. This one opens a stream, and starts the watch when the
 * protocol is agreed on, so that dialling and negotiation do not count. Each ping has a stream of its own: libp2p's responder
 * ends a stream after 10 s however much it is used, so that one kept for the next ping would be dead when it comes.
 * @throws ERR_TIMEOUT, ERR_PROTOCOL for a wrong echo, TransportError, the signal's reason
 */
export async function pingPeer(node: NetworkNode, peer: PeerId, options: PingOptions = {}): Promise<number> {
  const { timeoutMs, clock } = { ...DEFAULTS, ...options }
  checkPositive('timeoutMs', timeoutMs)
  return withDeadline(clock, { ms: timeoutMs, what: `ping of ${peer}`, signal: options.signal }, async (signal) => {
    for (let streams = 1; ; streams++) {
      const stream = await openStream(node, peer, PING_PROTOCOL, { signal, connectTimeoutMs: timeoutMs, timers: clock })
      try {
        const rttMs = await roundTrip(stream, clock, signal)
        await stream.close({ signal })
        return rttMs
      } catch (error) {
        signal.throwIfAborted()
        if (isPeerbanditError(error)) throw error
        if (streams === MAX_STREAMS)
          throw new TransportError('disconnected', `ping of ${peer} broke: ${messageOf(error)}`, { cause: error })
      } finally {
        // Not kept for a responder that may never close its side.
        if (stream.remoteWriteStatus !== 'closed') stream.abort(new Error('the ping is over'))
      }
    }
  })
}

async function roundTrip(stream: Stream, clock: Clock, signal: AbortSignal): Promise<number> {
  const bytes = byteStream(stream, { maxBufferSize: PING_BYTES })
  const sent = crypto.getRandomValues(new Uint8Array(PING_BYTES))
  const startMs = clock.now()
  await bytes.write(sent, { signal })
  const echo = await bytes.read({ bytes: PING_BYTES, signal })
  const rttMs = clock.now() - startMs
  if (Buffer.compare(echo.subarray(), sent) !== 0)
    throw new PeerbanditError('ERR_PROTOCOL', 'a ping must come back as it was sent, got other bytes')
  return rttMs
}
