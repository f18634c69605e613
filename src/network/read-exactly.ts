import type { Stream } from '@libp2p/interface'
import type { AbortOptions } from '../core/abort.ts'
import { PeerbanditError } from '../core/errors.ts'
import { TransportError } from '../router/failure.ts'

/** What of a stream is read: so much of it that one held in memory will do too. */
export type ReadableStream = Pick<
  Stream,
  'protocol' | 'status' | 'remoteWriteStatus' | 'readBufferLength' | 'addEventListener' | 'removeEventListener'
>

/** What the other side did wrong, once it is known; undefined as long as all is well. */
function problemOf(stream: ReadableStream, received: number, wanted: number): Error | undefined {
  if (received > wanted) {
    return new PeerbanditError('ERR_PROTOCOL', `stream ${stream.protocol} must carry ${wanted} bytes, got at least ${received}`)
  }
  if (stream.remoteWriteStatus !== 'closed' || stream.readBufferLength > 0) return undefined
  if (stream.status === 'reset' || stream.status === 'aborted') {
    return new TransportError('disconnected', `stream ${stream.protocol} broke after ${received} of ${wanted} bytes`)
  }
  if (received === wanted) return undefined
  return new PeerbanditError('ERR_PROTOCOL', `stream ${stream.protocol} must carry ${wanted} bytes, ended after ${received}`)
}

/**
 * Reads a message whose length is known. It is complete with its last byte, except for the empty one, which only the end of the
 * stream completes. Call it in the same turn in which the stream was opened: iterating over a stream misses the end of one whose
 * other side writes and closes at once, listeners that are there from the start do not. The stream is left open.
 * @param wanted bytes, ≥ 0
 * @throws ERR_PROTOCOL for more or fewer bytes, TransportError for a reset, the signal's reason
 */
export function readExactly(stream: ReadableStream, wanted: number, { signal }: AbortOptions): Promise<Uint8Array> {
  const message = new Uint8Array(wanted)
  let received = 0
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      stream.removeEventListener('message', take)
      stream.removeEventListener('remoteCloseWrite', look)
      stream.removeEventListener('close', look)
      signal?.removeEventListener('abort', giveUp)
      if (error === undefined) resolve(message)
      else reject(error)
    }
    const giveUp = () => {
      settle(signal?.reason as Error)
    }
    const look = () => {
      const problem = problemOf(stream, received, wanted)
      const ended = stream.remoteWriteStatus === 'closed' && stream.readBufferLength === 0
      if (problem !== undefined || (received === wanted && (wanted > 0 || ended))) settle(problem)
    }
    const take = ({ data }: { readonly data: { readonly byteLength: number; subarray(): Uint8Array } }) => {
      if (received + data.byteLength <= wanted) message.set(data.subarray(), received)
      received += data.byteLength
      look()
    }
    if (signal?.aborted === true) {
      giveUp()
      return
    }
    stream.addEventListener('message', take)
    stream.addEventListener('remoteCloseWrite', look)
    stream.addEventListener('close', look)
    signal?.addEventListener('abort', giveUp, { once: true })
    look()
  })
}
