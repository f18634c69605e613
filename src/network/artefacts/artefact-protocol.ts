import type { Connection, Stream } from '@libp2p/interface'
import { withDeadline } from '../../core/abort.ts'
import { checkInteger, checkPositive } from '../../core/check.ts'
import { systemClock } from '../../core/clock.ts'
import type { Clock, Timers } from '../../core/clock.ts'
import type { PeerId } from '../../job/decision.ts'
import { TransportError } from '../../router/failure.ts'
import { type FramedStream, framedStream } from '../framing.ts'
import { ArtefactReplySchema, ArtefactRequestSchema } from '../generated/artefact_pb.ts'
import type { NetworkNode } from '../node.ts'
import { MAX_OUTBOUND_STREAMS, openStream } from '../open-stream.ts'
import { PeerCounts } from '../peer-counts.ts'
import { requestBudget, type RequestBudgetOptions } from '../request-budget.ts'
import type { Serving } from '../serving.ts'
import { type ArtefactId, DIGEST_BYTES } from './artefact-id.ts'
import type { Artefact, ArtefactStore } from './artefact-store.ts'
import {
  type ArtefactDigests,
  type ArtefactRange,
  digestsFromWire,
  digestsToWire,
  MAX_CHUNKS,
  PIECE_BYTES,
  pieceFromWire,
  pieceToWire,
  rangeFromWire,
  rangeToWire,
  type RefusalReason,
  refusalToWire
} from './artefact-wire.ts'

export const ARTEFACT_PROTOCOL = '/peerbandit/artefact/1.0.0'

/** Room for the fields and lengths around what a message carries. */
const FRAME_BYTES = 64
const MAX_REQUEST_BYTES = 128

export interface ServeArtefactsOptions {
  /** Requests that one remote peer may have here at a time, ≥ 1; more are refused. @default 16 */
  readonly maxRequestsPerPeer?: number
  /** Requests of all peers at a time, ≥ 1; more are refused. @default 128 */
  readonly maxRequests?: number
  /** How often one remote peer may ask; what is above it is refused. @default 200 a second, 400 at once */
  readonly budget?: RequestBudgetOptions
  /** How long a requester may take to send its request, ms > 0. @default 5000 */
  readonly requestTimeoutMs?: number
  /** How long a requester may read nothing before it is given up, ms > 0. @default 30000 */
  readonly writeTimeoutMs?: number
  readonly clock?: Clock & Timers
}

const SERVE_DEFAULTS = {
  maxRequestsPerPeer: 16,
  maxRequests: 128,
  budget: { perSecond: 200, burst: 400 },
  requestTimeoutMs: 5_000,
  writeTimeoutMs: 30_000,
  clock: systemClock
} as const satisfies ServeArtefactsOptions

/** Counts the requests that are being answered, and says which are too many. */
function admission({ maxRequests, maxRequestsPerPeer, budget: limits, clock }: Required<ServeArtefactsOptions>) {
  const budget = requestBudget(clock, limits)
  const counts = new PeerCounts()
  let all = 0
  return {
    /** Why it is refused. Leave in any case. */
    enter(peer: PeerId): string | undefined {
      const count = counts.enter(peer)
      all += 1
      if (!budget.take(peer)) return 'you ask too often'
      if (count > maxRequestsPerPeer) return `you may have ${maxRequestsPerPeer} requests here at a time`
      return all > maxRequests ? `there are ${maxRequests} requests here already` : undefined
    },
    leave(peer: PeerId): void {
      counts.leave(peer)
      all -= 1
    }
  }
}

async function refuse(frames: FramedStream, reason: RefusalReason, message: string): Promise<void> {
  await frames.write(ArtefactReplySchema, refusalToWire(reason, message), {})
}

/** One piece in memory at a time. */
async function sendRange(frames: FramedStream, artefact: Artefact, { offset, length }: ArtefactRange): Promise<void> {
  if (offset + length > artefact.size) {
    await refuse(frames, 'range', `it has ${artefact.size} bytes`)
    return
  }
  for (let sent = 0; sent < length; sent += PIECE_BYTES) {
    const piece = new Uint8Array(Math.min(PIECE_BYTES, length - sent))
    await artefact.read(offset + sent, piece)
    await frames.write(ArtefactReplySchema, pieceToWire(piece), {})
  }
}

async function answer(frames: FramedStream, store: ArtefactStore, range: ArtefactRange): Promise<void> {
  const artefact = store.get(range.id)
  if (artefact === undefined) await refuse(frames, 'unknown', 'it is not here')
  else if (range.length === 0) await frames.write(ArtefactReplySchema, digestsToWire(artefact), {})
  else await sendRange(frames, artefact, range)
}

function resolve(options: ServeArtefactsOptions): Required<ServeArtefactsOptions> {
  const settings = { ...SERVE_DEFAULTS, ...options }
  checkInteger('maxRequestsPerPeer', settings.maxRequestsPerPeer, { min: 1 })
  checkInteger('maxRequests', settings.maxRequests, { min: 1 })
  checkPositive('requestTimeoutMs', settings.requestTimeoutMs)
  checkPositive('writeTimeoutMs', settings.writeTimeoutMs)
  return settings
}

/** Sends parts of its artefacts to whoever asks. @throws ERR_INVALID_OPTION */
export async function serveArtefacts(
  node: NetworkNode,
  store: ArtefactStore,
  options: ServeArtefactsOptions = {}
): Promise<Serving> {
  const settings = resolve(options)
  const { maxRequestsPerPeer, requestTimeoutMs, writeTimeoutMs, clock } = settings
  const limits = { maxMessageBytes: MAX_REQUEST_BYTES, maxStreamBytes: MAX_REQUEST_BYTES + FRAME_BYTES, writeTimeoutMs }
  const admit = admission(settings)
  const running = new Set<FramedStream>()

  async function serve(stream: Stream, connection: Connection): Promise<void> {
    const frames = framedStream(stream, limits, clock)
    const remote = connection.remotePeer.toString()
    running.add(frames)
    const refusal = admit.enter(remote)
    try {
      const what = 'reading a request for an artefact'
      const request = await withDeadline(clock, { ms: requestTimeoutMs, what }, (signal) =>
        frames.read(ArtefactRequestSchema, { signal })
      )
      if (request !== undefined && refusal !== undefined) await refuse(frames, 'overloaded', refusal)
      else if (request !== undefined) await answer(frames, store, rangeFromWire(request))
    } catch (error) {
      frames.abort(error)
    } finally {
      await frames.close()
      admit.leave(remote)
      running.delete(frames)
    }
  }

  await node.libp2p.handle(ARTEFACT_PROTOCOL, serve, {
    // Above our own limit there is still an answer, up to twice as many.
    maxInboundStreams: 2 * maxRequestsPerPeer,
    maxOutboundStreams: MAX_OUTBOUND_STREAMS
  })
  return {
    async stop() {
      await node.libp2p.unhandle(ARTEFACT_PROTOCOL)
      for (const frames of running) frames.abort(new Error('the peer is shutting down'))
    }
  }
}

/** How a request is made. */
export interface FetchOptions {
  /** For dialling and agreeing on the protocol, ms > 0. */
  readonly connectTimeoutMs: number
  /** How long the peer may send nothing, ms > 0. */
  readonly stallTimeoutMs: number
  readonly timers: Timers
  readonly signal: AbortSignal
}

interface Exchange {
  readonly range: ArtefactRange
  /** Most bytes of a message and of all of them. */
  readonly maxMessageBytes: number
  readonly maxStreamBytes: number
}

type Reader = () => Promise<Parameters<typeof digestsFromWire>[0]>

/** Sends the request, lets the work read the replies, and puts the stream away whatever comes of it. */
async function exchange<T>(
  { node, peer }: { readonly node: NetworkNode; readonly peer: PeerId },
  { range, ...limits }: Exchange,
  options: FetchOptions,
  work: (next: Reader) => Promise<T>
): Promise<T> {
  const { signal, timers, stallTimeoutMs } = options
  const stream = await openStream(node, peer, ARTEFACT_PROTOCOL, options)
  const frames = framedStream(stream, { ...limits, writeTimeoutMs: stallTimeoutMs }, timers)
  const what = `${peer} to send more of ${range.id}`
  const next = () =>
    withDeadline(timers, { ms: stallTimeoutMs, what, signal }, async (limit) => {
      const reply = await frames.read(ArtefactReplySchema, { signal: limit })
      if (reply === undefined) throw new TransportError('disconnected', `${peer} closed the stream before all was sent`)
      return reply
    })
  let finished = false
  try {
    await frames.write(ArtefactRequestSchema, rangeToWire(range), { signal })
    const result = await work(next)
    finished = true
    return result
  } finally {
    if (finished) await frames.finish()
    else frames.abort(new Error('the requester left'))
  }
}

/**
 * How long a peer says that an artefact is, and what its chunks hash to: its word until the whole was checked.
 * @throws EngineError for a refusal, ERR_TIMEOUT, ERR_PROTOCOL, TransportError, the signal's reason
 */
export function fetchDigests(
  from: { readonly node: NetworkNode; readonly peer: PeerId },
  id: ArtefactId,
  options: FetchOptions
): Promise<ArtefactDigests> {
  const maxMessageBytes = MAX_CHUNKS * DIGEST_BYTES + FRAME_BYTES
  const limits = { maxMessageBytes, maxStreamBytes: maxMessageBytes + FRAME_BYTES }
  return exchange(from, { range: { id, offset: 0, length: 0 }, ...limits }, options, async (next) =>
    digestsFromWire(await next())
  )
}

/**
 * Fills a buffer with a part of an artefact, as the peer sends it: nothing of it is checked.
 * @param onPiece told the bytes of every piece
 * @throws EngineError for a refusal, ERR_TIMEOUT, ERR_PROTOCOL, TransportError, the signal's reason
 */
export function fetchRange(
  from: { readonly node: NetworkNode; readonly peer: PeerId },
  { id, offset, into }: { readonly id: ArtefactId; readonly offset: number; readonly into: Uint8Array },
  options: FetchOptions,
  onPiece: (bytes: number) => void = () => undefined
): Promise<void> {
  const limits = {
    maxMessageBytes: PIECE_BYTES + FRAME_BYTES,
    // Twice, for peers that send small pieces.
    maxStreamBytes: 2 * into.length + PIECE_BYTES
  }
  return exchange(from, { range: { id, offset, length: into.length }, ...limits }, options, async (next) => {
    for (let filled = 0; filled < into.length;) {
      const piece = pieceFromWire(await next(), into.length - filled)
      into.set(piece, filled)
      filled += piece.length
      onPiece(piece.length)
    }
  })
}
