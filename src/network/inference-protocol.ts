import { checkInteger, checkPositive } from '../core/check.ts'
import { systemClock } from '../core/clock.ts'
import type { Clock, Timers } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { PeerId } from '../job/decision.ts'
import { TransportError } from '../router/failure.ts'
import { EngineError, RequestError } from '../router/transport.ts'
import type { Engine, InferenceEvent, InferenceRequest, Transport } from '../router/transport.ts'
import { withDeadline } from '../core/abort.ts'
import type { AbortOptions } from '../core/abort.ts'
import { framedStream } from './framing.ts'
import type { FramedStream } from './framing.ts'
import { InferenceFrameSchema, InferenceRequestSchema } from './generated/peerbandit_pb.ts'
import type { NetworkNode } from './node.ts'
import { openStream } from './open-stream.ts'
import { serveJobs } from './served-jobs.ts'
import type { Serving } from './serving.ts'
import { eventFromWire, eventToWire, failureToWire, requestFromWire, requestToWire } from './wire.ts'

export const INFERENCE_PROTOCOL = '/peerbandit/infer/1.0.0'

export interface TransportOptions {
  /** For dialling and agreeing on the protocol, ms > 0. The job's own deadline comes with its signal. @default 5000 */
  readonly connectTimeoutMs?: number
  /** Most bytes of one frame of a reply, ≥ 1. @default 1048576: an embedding is one */
  readonly maxFrameBytes?: number
  /** Most bytes of a whole reply, ≥ 1. @default 16777216 */
  readonly maxReplyBytes?: number
  /** How long a peer may take no bytes of a request, ms > 0. @default 10000 */
  readonly writeTimeoutMs?: number
  readonly timers?: Timers
}

const TRANSPORT_DEFAULTS = {
  connectTimeoutMs: 5_000,
  maxFrameBytes: 1_048_576,
  maxReplyBytes: 16_777_216,
  writeTimeoutMs: 10_000,
  timers: systemClock
} as const satisfies TransportOptions

/**
 * Carries jobs over libp2p streams, one stream a job. Leaving the iteration early resets the stream, which tells the peer to
 * stop. Beside what {@link Transport} says, it throws a TransportError.
 */
export function libp2pTransport(node: NetworkNode, options: TransportOptions = {}): Transport {
  const { connectTimeoutMs, maxFrameBytes, maxReplyBytes, writeTimeoutMs, timers } = { ...TRANSPORT_DEFAULTS, ...options }
  checkPositive('connectTimeoutMs', connectTimeoutMs)
  checkPositive('writeTimeoutMs', writeTimeoutMs)
  const limits = {
    maxMessageBytes: checkInteger('maxFrameBytes', maxFrameBytes, { min: 1 }),
    maxStreamBytes: checkInteger('maxReplyBytes', maxReplyBytes, { min: 1 }),
    writeTimeoutMs
  }

  async function* infer(peer: PeerId, request: InferenceRequest, { signal }: AbortOptions): AsyncGenerator<InferenceEvent> {
    const stream = await openStream(node, peer, INFERENCE_PROTOCOL, { signal, connectTimeoutMs, timers })
    const frames = framedStream(stream, limits, timers)
    let finished = false
    try {
      await frames.write(InferenceRequestSchema, requestToWire(request), { signal })
      while (!finished) {
        const frame = await frames.read(InferenceFrameSchema, { signal })
        if (frame === undefined) throw new TransportError('disconnected', `${peer} closed the stream before the job was done`)
        const event = eventFromWire(frame)
        finished = event.kind === 'done'
        yield event
      }
    } finally {
      if (finished) await frames.finish()
      else frames.abort(signal?.reason ?? new Error('the requester left'))
    }
  }

  return { infer }
}

export interface ServeEngineOptions {
  /** Jobs that one remote peer may have here at a time, running or queued, ≥ 1; more are refused as `overloaded`. @default 64 */
  readonly maxJobsPerPeer?: number
  /** Most bytes of a request, ≥ 1. @default 1048576 */
  readonly maxRequestBytes?: number
  /** How long a requester may take to send its request, ms > 0. @default 5000 */
  readonly requestTimeoutMs?: number
  /** How long a requester may read nothing before its job is given up, ms > 0. @default 30000 */
  readonly writeTimeoutMs?: number
  readonly clock?: Clock
  readonly timers?: Timers
}

const SERVE_DEFAULTS = {
  maxJobsPerPeer: 64,
  maxRequestBytes: 1_048_576,
  requestTimeoutMs: 5_000,
  writeTimeoutMs: 30_000,
  clock: systemClock,
  timers: systemClock
} as const satisfies ServeEngineOptions

/** The load goes along with the tokens of a job this often at most, ms: enough to follow it, and few bytes more. */
const LOAD_EVERY_MS = 500

/** The message and its length: what a requester may send in all. */
const LENGTH_BYTES = 5

/**
 * Runs a job, with the engine's load beside its first tokens and then from time to time. An engine that tells by itself is left alone.
 */
async function* inferTellingLoad(
  engine: Engine,
  clock: Clock,
  request: InferenceRequest,
  options: AbortOptions
): AsyncGenerator<InferenceEvent> {
  let toldMs = -Infinity
  for await (const event of engine.infer(request, options)) {
    if (event.kind === 'tokens' && event.load === undefined && clock.now() - toldMs >= LOAD_EVERY_MS) {
      toldMs = clock.now()
      yield { ...event, load: engine.load() }
    } else yield event
  }
}

async function readRequest(
  frames: FramedStream,
  { timers, requestTimeoutMs }: Required<ServeEngineOptions>,
  signal: AbortSignal
): Promise<InferenceRequest | undefined> {
  const message = await withDeadline(timers, { ms: requestTimeoutMs, what: 'reading a request', signal }, (limit) =>
    frames.read(InferenceRequestSchema, { signal: limit })
  )
  return message === undefined ? undefined : requestFromWire(message)
}

/** Tells the requester, if it is still there, that its job failed. */
async function reportFailure(frames: FramedStream, error: unknown, isGone: boolean): Promise<void> {
  if (isGone) return
  const told = error instanceof EngineError || error instanceof RequestError
  const failure = told ? error : new EngineError('engine', messageOf(error), { cause: error })
  try {
    await frames.write(InferenceFrameSchema, failureToWire(failure), {})
    await frames.close()
  } catch {
    // The stream is gone, and with it whoever wanted to know.
  }
}

function resolve(options: ServeEngineOptions): Required<ServeEngineOptions> {
  const settings = { ...SERVE_DEFAULTS, ...options }
  checkInteger('maxJobsPerPeer', settings.maxJobsPerPeer, { min: 1 })
  checkInteger('maxRequestBytes', settings.maxRequestBytes, { min: 1 })
  checkPositive('requestTimeoutMs', settings.requestTimeoutMs)
  checkPositive('writeTimeoutMs', settings.writeTimeoutMs)
  return settings
}

/**
 * Serves an engine to whoever asks. A requester that goes away aborts its job. Its load goes along with the tokens, twice a second at
 * most.
 */
export async function serveEngine(node: NetworkNode, engine: Engine, options: ServeEngineOptions = {}): Promise<Serving> {
  const settings = resolve(options)
  const { maxJobsPerPeer, maxRequestBytes, writeTimeoutMs, clock, timers } = settings
  const limits = { maxMessageBytes: maxRequestBytes, maxStreamBytes: maxRequestBytes + LENGTH_BYTES, writeTimeoutMs }
  return serveJobs(
    node,
    { protocol: INFERENCE_PROTOCOL, limits, maxJobsPerPeer, timers },
    {
      async run({ frames, admitted, signal, onDone }) {
        const request = await readRequest(frames, settings, signal)
        if (request === undefined) return
        if (!admitted) throw new EngineError('overloaded', `a requester may have ${maxJobsPerPeer} jobs here at a time`)
        for await (const event of inferTellingLoad(engine, clock, request, { signal })) {
          if (event.kind === 'done') onDone()
          await frames.write(InferenceFrameSchema, eventToWire(event), { signal })
        }
      },
      failed: reportFailure
    }
  )
}
