import { byteStream } from '@libp2p/utils'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Stream } from '@libp2p/interface'
import type { NetworkNode } from '../../src/network/node.ts'
import { ECHO_PROTOCOL } from './peers.ts'

/** How many streams of the echo one node may have open to one peer. */
const MAX_STREAMS = 4_096

/** Resolves when a stream is closed at both ends, or reset. */
function closed(stream: Stream): Promise<void> {
  if (stream.status !== 'open' && stream.timeline.close !== undefined) return Promise.resolve()
  return new Promise((resolve) => {
    stream.addEventListener('close', () => {
      resolve()
    })
  })
}

/**
 * Sends back what comes, until its end. Where the other side wrote and closed at once, js-libp2p has told of the end ('remoteCloseWrite'
 * and 'end') before a handler is called, and gives out the bytes that it read ahead only afterwards: the state says what events no longer do.
 */
function echo(stream: Stream): void {
  const closeAtEnd = () => {
    if (stream.remoteWriteStatus === 'closed' && stream.readBufferLength === 0) void stream.close().catch(() => undefined)
  }
  stream.addEventListener('message', ({ data }) => {
    if (!stream.send(data)) {
      stream.pause()
      void stream.onDrain().then(() => {
        stream.resume()
      })
    }
    closeAtEnd()
  })
  stream.addEventListener('remoteCloseWrite', closeAtEnd)
  closeAtEnd()
}

/** Answers the echo at a node. The promise it returns at the end resolves when every stream that came is closed, with their number. */
export async function serveEcho(node: NetworkNode): Promise<() => Promise<number>> {
  const seen: Promise<void>[] = []
  const handler = (stream: Stream) => {
    seen.push(closed(stream))
    echo(stream)
  }
  await node.libp2p.handle(ECHO_PROTOCOL, handler, {
    maxInboundStreams: MAX_STREAMS,
    // Of a protocol that the node answers itself, this is what counts and not what a dial says.
    maxOutboundStreams: MAX_STREAMS
  })
  return async () => (await Promise.all(seen)).length
}

/** One stream: sends random bytes, reads them back and closes. @throws where they do not come back as they were */
async function echoOnce(node: NetworkNode, peer: string, size: number, signal: AbortSignal): Promise<void> {
  const stream = await node.libp2p.dialProtocol(peerIdFromString(peer), ECHO_PROTOCOL, {
    signal,
    maxOutboundStreams: MAX_STREAMS
  })
  try {
    const bytes = byteStream(stream, { maxBufferSize: size })
    const sent = crypto.getRandomValues(new Uint8Array(size))
    const send = async () => {
      await bytes.write(sent, { signal })
      await stream.close({ signal })
    }
    const [echoed] = await Promise.all([bytes.read({ bytes: size, signal }), send()])
    if (Buffer.compare(echoed.subarray(), sent) !== 0) throw new Error(`${size} bytes came back as others`)
  } catch (error) {
    stream.abort(error as Error)
    throw error
  }
}

/** What came of streams that were opened at once, in the words of the Go and Rust peers' `echo`. */
export interface EchoCount {
  /** Streams over which everything came back as it was. */
  readonly whole: number
  /** What befell the others, each text once. */
  readonly failures: readonly string[]
}

export interface EchoLoad {
  readonly streams: number
  /** Each way and stream. */
  readonly bytes: number
  readonly signal: AbortSignal
}

/** Opens so many streams to a peer at once. */
export async function echoFrom(node: NetworkNode, peer: string, { streams, bytes, signal }: EchoLoad): Promise<EchoCount> {
  const results = await Promise.allSettled(Array.from({ length: streams }, () => echoOnce(node, peer, bytes, signal)))
  const failures = results.filter((result) => result.status === 'rejected').map(({ reason }) => String(reason))
  return { whole: results.length - failures.length, failures: [...new Set(failures)] }
}

/** Open streams of a protocol, over all connections of a node; those of one direction where it is given. */
export function openStreams(node: NetworkNode, protocol: string, direction?: 'inbound' | 'outbound'): number {
  const streams = node.libp2p.getConnections().flatMap((connection) => connection.streams)
  return streams.filter((stream) => stream.protocol === protocol && (direction ?? stream.direction) === stream.direction).length
}
