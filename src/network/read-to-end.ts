import type { Stream } from '@libp2p/interface'
import { byteStream } from '@libp2p/utils'
import type { AbortOptions } from '../core/abort.ts'
import { TransportError } from '../router/failure.ts'
import { asError, byteLimit, explain } from './framing.ts'

/**
 * All that the other side writes before it closes. Call it when the stream was opened, before anything else is awaited: what is written
 * and closed at once is seen then, which iterating over a stream does not. Whatever it throws, the stream is aborted.
 * @throws ERR_PROTOCOL for more than `maxBytes`, TransportError when the stream broke, the signal's reason
 */
export async function readToEnd(
  stream: Stream,
  { maxBytes, signal }: AbortOptions & { readonly maxBytes: number }
): Promise<Uint8Array> {
  const excess = byteLimit(stream, maxBytes)
  const bytes = byteStream(stream, { maxBufferSize: Infinity })
  const parts: Uint8Array[] = []
  try {
    for (;;) {
      const part = await bytes.read(signal === undefined ? {} : { signal })
      const error = excess()
      if (error !== undefined) throw error
      if (part === null) break
      parts.push(part.subarray())
    }
    // The end of a stream that was reset looks like any other.
    if (stream.status === 'reset' || stream.status === 'aborted') {
      throw new TransportError('disconnected', `stream ${stream.protocol} was reset`)
    }
    return Buffer.concat(parts)
  } catch (error) {
    const explained = excess() ?? (error instanceof TransportError ? error : explain(stream, error, signal))
    stream.abort(asError(explained))
    throw explained
  }
}
