import { fromBinary, toBinary } from '@bufbuild/protobuf'
import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import type { Stream } from '@libp2p/interface'
import { byteStream } from '@libp2p/utils'
import type { ByteStream } from '@libp2p/utils'
import { withDeadline } from '../core/abort.ts'
import type { AbortOptions } from '../core/abort.ts'
import type { Timers } from '../core/clock.ts'
import { PeerbanditError, isPeerbanditError, messageOf } from '../core/errors.ts'
import { TransportError } from '../router/failure.ts'
import { type LengthPrefix, VARINT_LENGTH } from './length-prefix.ts'

export interface FramingLimits {
  /** Most bytes of one message. */
  readonly maxMessageBytes: number
  /** Most bytes that the other side may send over the whole stream. */
  readonly maxStreamBytes: number
  /** How long the other side may leave its window full before a write gives up, ms. */
  readonly writeTimeoutMs: number
  /** How lengths are written. @default VARINT_LENGTH */
  readonly prefix?: LengthPrefix
}

type Framing = Required<FramingLimits>

/** Protobuf messages over one stream, each behind its length. Not for concurrent reads. */
export interface FramedStream {
  /**
   * The next message, or undefined when the other side closed after the last one.
   * Whatever it throws, the stream is aborted.
   * @throws ERR_PROTOCOL for a message that is too long, cut short or not decodable, and for too many bytes
   * @throws TransportError when the connection broke
   * @throws the signal's reason
   */
  read<Desc extends DescMessage>(schema: Desc, options: AbortOptions): Promise<MessageShape<Desc> | undefined>
  /** Resolves when there is room for the next one. @throws ERR_TIMEOUT, TransportError, the signal's reason */
  write<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>, options: AbortOptions): Promise<void>
  /** The responder's end: closes our side when everything written has left; the other side may still read it. Never throws. */
  close(): Promise<void>
  /** The requester's end, when it has read all it wants: closes our side, and resets the stream if the other one is still open. */
  finish(): Promise<void>
  /** Ends the stream at once; the other side sees a reset. */
  abort(reason: unknown): void
}

export function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(messageOf(reason))
}

function refuse(stream: Stream, problem: string, cause?: unknown): PeerbanditError {
  return new PeerbanditError('ERR_PROTOCOL', `stream ${stream.protocol}: ${problem}`, { cause })
}

/** Whether the other side ended the stream by closing it, and not by a reset or a broken connection. */
function isEnd(stream: Stream, error: unknown): boolean {
  return error instanceof Error && error.name === 'UnexpectedEOFError' && stream.status !== 'reset' && stream.status !== 'aborted'
}

export function explain(stream: Stream, error: unknown, signal: AbortSignal | undefined): Error {
  if (signal?.aborted === true) return asError(signal.reason)
  if (isPeerbanditError(error)) return error
  if (isEnd(stream, error)) return refuse(stream, 'ended within a message', error)
  return new TransportError('disconnected', `stream ${stream.protocol} broke: ${messageOf(error)}`, { cause: error })
}

/**
 * Aborts the stream when the other side has sent more than it may, read or not; the returned function tells the error, if any.
 * The byte reader has a limit too, but only for what is not read yet, and a read that waits then sees nothing but an end.
 */
export function byteLimit(stream: Stream, maxStreamBytes: number): () => PeerbanditError | undefined {
  let receivedBytes = 0
  let excess: PeerbanditError | undefined
  stream.addEventListener('message', ({ data }) => {
    receivedBytes += data.byteLength
    if (receivedBytes <= maxStreamBytes || excess !== undefined) return
    const error = refuse(stream, `must carry at most ${maxStreamBytes} bytes, got ${receivedBytes}`)
    excess = error
    // Not in the middle of telling the other listeners of this very message.
    queueMicrotask(() => {
      stream.abort(error)
    })
  })
  return () => excess
}

/** Reads the bytes of the next message, or undefined when the other side closed after the last one. */
function messageReader(stream: Stream, bytes: ByteStream<Stream>, { maxMessageBytes, prefix }: Framing) {
  async function take(count: number, { signal }: AbortOptions): Promise<Uint8Array> {
    return (await bytes.read({ bytes: count, signal })).subarray()
  }

  async function takeFirst(options: AbortOptions): Promise<number | undefined> {
    const [byte] = await take(1, options).catch((error: unknown) => {
      if (isEnd(stream, error)) return []
      throw error
    })
    return byte
  }

  function checkLength(length: number): void {
    if (length <= maxMessageBytes) return
    throw refuse(stream, `a message must be at most ${maxMessageBytes} bytes, got a length of ${length}`)
  }

  return async (options: AbortOptions): Promise<Uint8Array | undefined> => {
    const first = await takeFirst(options)
    if (first === undefined) return undefined
    const length = await prefix.read(first, (count) => take(count, options), checkLength)
    if (length === undefined) {
      throw refuse(stream, `the length of a message must be at most ${prefix.maxBytes} bytes, got more`)
    }
    return length === 0 ? new Uint8Array() : take(length, options)
  }
}

function decode<Desc extends DescMessage>(stream: Stream, schema: Desc, message: Uint8Array): MessageShape<Desc> {
  try {
    return fromBinary(schema, message)
  } catch (cause) {
    throw refuse(stream, `a message must be a ${schema.typeName}, got bytes that are not`, cause)
  }
}

/**
 * Frames a stream. Call it when the stream was opened, before anything else is awaited: the byte reader underneath then sees
 * the end of a stream whose other side writes and closes at once, which iterating over a stream does not.
 */
export function framedStream(stream: Stream, limits: FramingLimits, timers: Timers): FramedStream {
  const framing = { prefix: VARINT_LENGTH, ...limits }
  const { maxStreamBytes, writeTimeoutMs, prefix } = framing
  const excess = byteLimit(stream, maxStreamBytes)
  const bytes = byteStream(stream, { maxBufferSize: Infinity })
  const next = messageReader(stream, bytes, framing)

  /** Runs one step; whatever goes wrong ends the stream. */
  async function step<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    try {
      signal?.throwIfAborted()
      return await work()
    } catch (error) {
      const explained = excess() ?? explain(stream, error, signal)
      stream.abort(explained)
      throw explained
    }
  }

  async function close(): Promise<void> {
    const what = `closing stream ${stream.protocol}`
    try {
      await withDeadline(timers, { ms: writeTimeoutMs, what }, (signal) => stream.close({ signal }))
    } catch (error) {
      stream.abort(asError(error))
    }
  }

  return {
    read: (schema, options) =>
      step(async () => {
        const message = await next(options)
        const error = excess()
        if (error !== undefined) throw error
        return message === undefined ? undefined : decode(stream, schema, message)
      }, options.signal),
    write: (schema, message, { signal }) =>
      withDeadline(timers, { ms: writeTimeoutMs, what: `writing to stream ${stream.protocol}`, signal }, (limit) =>
        step(() => bytes.write(prefix.encode(toBinary(schema, message)), { signal: limit }), limit)
      ),
    close,
    async finish() {
      await close()
      // Otherwise a stream that the other side never closes would stay for as long as the connection.
      if (stream.remoteWriteStatus !== 'closed') stream.abort(new Error('the requester has all it wants'))
    },
    abort(reason) {
      stream.abort(asError(reason))
    }
  }
}
