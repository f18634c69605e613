import { create } from '@bufbuild/protobuf'
import type { Stream } from '@libp2p/interface'
import { withDeadline } from '../core/abort.ts'
import type { AbortOptions } from '../core/abort.ts'
import { checkPositive } from '../core/check.ts'
import { systemClock } from '../core/clock.ts'
import type { Timers } from '../core/clock.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { PeerId } from '../job/decision.ts'
import type { LoadReport } from '../job/outcome.ts'
import type { Claims } from '../peer/observation.ts'
import { framedStream } from './framing.ts'
import { StatusReplySchema, StatusRequestSchema } from './generated/peerbandit_pb.ts'
import type { NetworkNode } from './node.ts'
import { openStream } from './open-stream.ts'
import type { Serving } from './serving.ts'
import { claimsFromWire, loadFromWire } from './wire.ts'

export const STATUS_PROTOCOL = '/peerbandit/status/1.0.0'

/** Room for the names of some thousand models. */
const MAX_REPLY_BYTES = 65_536
const MAX_REQUEST_BYTES = 64
const LENGTH_BYTES = 5

export interface PeerStatus {
  readonly load: LoadReport
  /** Only when asked for. */
  readonly claims?: Claims
}

export interface ProbeOptions extends AbortOptions {
  /** Whether to ask for the claims too. @default false */
  readonly includeClaims?: boolean
  /** For the whole probe, ms > 0. @default 2000 */
  readonly timeoutMs?: number
  readonly timers?: Timers
}

const PROBE_DEFAULTS = { includeClaims: false, timeoutMs: 2_000, timers: systemClock } as const satisfies ProbeOptions

/**
 * Asks a peer for its load.
 * @throws ERR_TIMEOUT, ERR_PROTOCOL, TransportError, the signal's reason
 */
export async function probeStatus(node: NetworkNode, peer: PeerId, options: ProbeOptions = {}): Promise<PeerStatus> {
  const { includeClaims, timeoutMs, timers } = { ...PROBE_DEFAULTS, ...options }
  checkPositive('timeoutMs', timeoutMs)
  const limits = { maxMessageBytes: MAX_REPLY_BYTES, maxStreamBytes: MAX_REPLY_BYTES + LENGTH_BYTES, writeTimeoutMs: timeoutMs }
  const what = `status of ${peer}`
  const reply = await withDeadline(timers, { ms: timeoutMs, what, signal: options.signal }, async (signal) => {
    const stream = await openStream(node, peer, STATUS_PROTOCOL, { signal, connectTimeoutMs: timeoutMs, timers })
    const frames = framedStream(stream, limits, timers)
    await frames.write(StatusRequestSchema, create(StatusRequestSchema, { includeClaims }), { signal })
    const answer = await frames.read(StatusReplySchema, { signal })
    await frames.finish()
    return answer
  })
  if (reply?.load === undefined) throw new PeerbanditError('ERR_PROTOCOL', `a status of ${peer} must hold its load, got none`)
  const load = loadFromWire(reply.load)
  return reply.claims === undefined ? { load } : { load, claims: claimsFromWire(reply.claims) }
}

/** What is told to whoever asks. */
export interface StatusSource {
  load(): LoadReport
  claims(): Claims
}

export interface ServeStatusOptions {
  /** For reading the request and writing the reply, ms > 0 each. @default 5000 */
  readonly timeoutMs?: number
  readonly timers?: Timers
}

const SERVE_DEFAULTS = { timeoutMs: 5_000, timers: systemClock } as const satisfies ServeStatusOptions

export async function serveStatus(node: NetworkNode, source: StatusSource, options: ServeStatusOptions = {}): Promise<Serving> {
  const { timeoutMs, timers } = { ...SERVE_DEFAULTS, ...options }
  checkPositive('timeoutMs', timeoutMs)
  const limits = {
    maxMessageBytes: MAX_REQUEST_BYTES,
    maxStreamBytes: MAX_REQUEST_BYTES + LENGTH_BYTES,
    writeTimeoutMs: timeoutMs
  }

  async function serve(stream: Stream): Promise<void> {
    const frames = framedStream(stream, limits, timers)
    try {
      const request = await withDeadline(timers, { ms: timeoutMs, what: 'reading a status request' }, (signal) =>
        frames.read(StatusRequestSchema, { signal })
      )
      if (request === undefined) return
      const { models, ...claims } = source.claims()
      const reply = { load: source.load(), ...(request.includeClaims ? { claims: { models: [...models], ...claims } } : {}) }
      await frames.write(StatusReplySchema, create(StatusReplySchema, reply), {})
    } catch (error) {
      frames.abort(error)
    } finally {
      await frames.close()
    }
  }

  await node.libp2p.handle(STATUS_PROTOCOL, serve)
  return {
    async stop() {
      await node.libp2p.unhandle(STATUS_PROTOCOL)
    }
  }
}
