import { streamPair } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import type { Stream } from '@libp2p/interface'
import fc from 'fast-check'
import { systemClock } from '../../src/core/clock.ts'
import { PeerbanditError } from '../../src/core/errors.ts'

/** How a peer ends what it sends; one that stays says nothing more. */
export type StreamEnd = 'close' | 'abort' | 'stay'

/** Staying is rare: each input of it takes some milliseconds. */
export const streamEnd: fc.Arbitrary<StreamEnd> = fc.oneof(
  { weight: 6, arbitrary: fc.constant('close' as const) },
  { weight: 3, arbitrary: fc.constant('abort' as const) },
  { weight: 1, arbitrary: fc.constant('stay' as const) }
)

const STAY_MS = 4

/** Otherwise each pair gets a port of its own, and there are only so many of them. */
const ANY_ADDRESS = multiaddr('/ip4/127.0.0.1/tcp/1')

/**
 * Sends pieces over a stream in memory while they are read at its other end. Only a peer that stays makes the reader's signal abort: the
 * end of any other must be noticed by itself.
 */
export async function overStream(
  sent: { readonly pieces: readonly Uint8Array[]; readonly end: StreamEnd },
  read: (stream: Stream, signal: AbortSignal) => Promise<void>
): Promise<void> {
  const connection = { remoteAddr: ANY_ADDRESS }
  const [local, remote] = await streamPair({ outboundConnection: connection, inboundConnection: connection })
  const patience = new AbortController()
  const cancel =
    sent.end === 'stay'
      ? systemClock.after(STAY_MS, () => {
          patience.abort(new PeerbanditError('ERR_TIMEOUT', 'the peer stopped sending'))
        })
      : () => undefined
  try {
    const reading = read(local, patience.signal)
    for (const piece of sent.pieces) remote.send(piece)
    if (sent.end === 'close') remote.close().catch(() => undefined)
    if (sent.end === 'abort') remote.abort(new Error('the peer is gone'))
    await reading
  } finally {
    cancel()
    for (const stream of [local, remote]) stream.abort(new Error('the input is over'))
  }
}
