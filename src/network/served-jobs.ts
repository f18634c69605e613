import type { Connection, Stream } from '@libp2p/interface'
import type { Timers } from '../core/clock.ts'
import { TransportError } from '../router/failure.ts'
import { EngineError } from '../router/transport.ts'
import { type FramedStream, framedStream, type FramingLimits } from './framing.ts'
import type { NetworkNode } from './node.ts'
import { MAX_OUTBOUND_STREAMS } from './open-stream.ts'
import { PeerCounts } from './peer-counts.ts'
import type { Serving } from './serving.ts'

/** One job, on a stream of its own. */
export interface ServedJob {
  readonly frames: FramedStream
  /** False for one too many of its requester. */
  readonly admitted: boolean
  /** Aborts when the requester goes away, or the serving ends. */
  readonly signal: AbortSignal
  /** The requester has what it wants, and may hang up without cancelling anything. */
  readonly onDone: () => void
}

export interface JobServer {
  run(job: ServedJob): Promise<void>
  /** It threw. Never throws. @param isGone whether the requester cannot be told any more */
  failed(frames: FramedStream, error: unknown, isGone: boolean): Promise<void>
}

export interface ServeJobsOptions {
  readonly protocol: string
  readonly limits: FramingLimits
  /** Jobs that one remote peer may have here at a time, ≥ 1. Above it there is still an answer, up to twice as many. */
  readonly maxJobsPerPeer: number
  readonly timers: Timers
}

function isGone(stream: Stream): boolean {
  return stream.status !== 'open' && stream.status !== 'closing'
}

/** Serves a protocol with one job a stream. A requester that goes away aborts its job. */
export async function serveJobs(node: NetworkNode, options: ServeJobsOptions, server: JobServer): Promise<Serving> {
  const { protocol, limits, maxJobsPerPeer, timers } = options
  const jobs = new PeerCounts()
  const running = new Set<AbortController>()

  async function serve(stream: Stream, connection: Connection): Promise<void> {
    const frames = framedStream(stream, limits, timers)
    const remote = connection.remotePeer.toString()
    const job = new AbortController()
    const gone = () => {
      job.abort(new TransportError('disconnected', `${remote} went away`))
    }
    const onDone = () => {
      stream.removeEventListener('close', gone)
    }
    stream.addEventListener('close', gone)
    if (isGone(stream)) gone()
    running.add(job)
    try {
      await server.run({ frames, admitted: jobs.enter(remote) <= maxJobsPerPeer, signal: job.signal, onDone })
      await frames.close()
    } catch (error) {
      await server.failed(frames, error, isGone(stream))
    } finally {
      onDone()
      running.delete(job)
      jobs.leave(remote)
    }
  }

  await node.libp2p.handle(protocol, serve, {
    maxInboundStreams: 2 * maxJobsPerPeer,
    maxOutboundStreams: MAX_OUTBOUND_STREAMS
  })
  return {
    async stop() {
      await node.libp2p.unhandle(protocol)
      for (const job of running) job.abort(new EngineError('engine', 'the peer is shutting down'))
    }
  }
}
