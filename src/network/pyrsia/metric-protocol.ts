import type { Connection, Stream } from '@libp2p/interface'
import { withDeadline } from '../../core/abort.ts'
import type { AbortOptions } from '../../core/abort.ts'
import { checkPositive } from '../../core/check.ts'
import { systemClock } from '../../core/clock.ts'
import type { Clock, Timers } from '../../core/clock.ts'
import { isPeerbanditError, messageOf, PeerbanditError } from '../../core/errors.ts'
import type { PeerId } from '../../job/decision.ts'
import { TransportError } from '../../router/failure.ts'
import { asError } from '../framing.ts'
import type { NetworkNode } from '../node.ts'
import { openStream } from '../open-stream.ts'
import { readExactly } from '../read-exactly.ts'
import { requestBudget, type RequestBudgetOptions } from '../request-budget.ts'
import type { Serving } from '../serving.ts'
import { decodeMetric, encodeMetric, METRIC_BYTES } from './metric-codec.ts'

/** As Pyrsia has it: the requester closes its side at once, the responder writes its metric and closes. */
export const METRIC_PROTOCOL = '/metric-exchange/1'

export interface ServeMetricOptions {
  /** Requests that one remote peer may make; what is above it is reset. @default 1 a second, 5 at once */
  readonly budget?: RequestBudgetOptions
  /** For one request and its reply, ms > 0. @default 5000 */
  readonly timeoutMs?: number
  readonly clock?: Clock & Timers
}

const SERVE_DEFAULTS = { budget: { perSecond: 1, burst: 5 }, timeoutMs: 5_000, clock: systemClock } as const

function ended(stream: Stream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stream.status !== 'open' && stream.status !== 'closing') resolve()
    const done = () => {
      resolve()
    }
    stream.addEventListener('close', done, { once: true })
    signal.addEventListener('abort', done, { once: true })
  })
}

/**
 * Tells whoever asks how busy this host is. One that knows no metric, or has asked too often, or sends anything but the end of an
 * empty request gets a reset.
 * @param metric finite and ≥ 0, the lower the better; undefined while it is not known
 */
export async function serveMetric(
  node: NetworkNode,
  metric: () => number | undefined,
  options: ServeMetricOptions = {}
): Promise<Serving> {
  const { budget: limits, timeoutMs, clock } = { ...SERVE_DEFAULTS, ...options }
  checkPositive('timeoutMs', timeoutMs)
  const budget = requestBudget(clock, limits)

  async function answer(stream: Stream, remote: PeerId, signal: AbortSignal): Promise<void> {
    if (!budget.take(remote)) throw new PeerbanditError('ERR_OVERLOADED', `${remote} asks for the metric too often`)
    await readExactly(stream, 0, { signal })
    const value = metric()
    if (value === undefined) throw new PeerbanditError('ERR_OVERLOADED', 'the metric of this host is not known yet')
    stream.send(encodeMetric(value))
    await stream.close({ signal })
    await ended(stream, signal)
  }

  async function serve(stream: Stream, connection: Connection): Promise<void> {
    const remote = connection.remotePeer.toString()
    try {
      await withDeadline(clock, { ms: timeoutMs, what: `the metric request of ${remote}` }, (signal) =>
        answer(stream, remote, signal)
      )
    } catch (error) {
      stream.abort(asError(error))
    }
  }

  await node.libp2p.handle(METRIC_PROTOCOL, serve)
  return {
    async stop() {
      await node.libp2p.unhandle(METRIC_PROTOCOL)
    }
  }
}

export interface MetricAskerOptions {
  /** Requests that are made of one peer. @default 0.5 a second, 3 at once: less than what peers of our own refuse */
  readonly budget?: RequestBudgetOptions
  readonly clock?: Clock & Timers
}

export interface AskOptions extends AbortOptions {
  /** For dialling and the answer, of all peers together, ms > 0. @default 2000 */
  readonly timeoutMs?: number
}

/** Asks peers how busy they are. What they say is their own word: a hint, and nothing to reward anybody for. */
export interface MetricAsker {
  /**
   * A peer's metric, finite and ≥ 0, the lower the better.
   * @throws ERR_TIMEOUT, ERR_PROTOCOL, TransportError, the signal's reason; ERR_OVERLOADED, without asking it, for a peer that was
   * asked too often
   */
  ask(peer: PeerId, options?: AskOptions): Promise<number>
  /** Asks all of them at once. Resolves when each has answered or failed, at the deadline at the latest; never rejects. */
  askAll(peers: Iterable<PeerId>, options?: AskOptions): Promise<ReadonlyMap<PeerId, PromiseSettledResult<number>>>
}

const ASK_BUDGET: RequestBudgetOptions = { perSecond: 0.5, burst: 3 }
const ASK_TIMEOUT_MS = 2_000

async function exchange(stream: Stream, signal: AbortSignal): Promise<number> {
  try {
    // The listeners are there before anything is awaited; see readExactly.
    const [reply] = await Promise.all([readExactly(stream, METRIC_BYTES, { signal }), stream.close({ signal })])
    return decodeMetric(reply)
  } catch (error) {
    signal.throwIfAborted()
    if (isPeerbanditError(error) || error instanceof TransportError) throw error
    throw new TransportError('disconnected', `stream ${stream.protocol} broke: ${messageOf(error)}`, { cause: error })
  } finally {
    // Not kept for a responder that may never close its side.
    if (stream.remoteWriteStatus !== 'closed') stream.abort(new Error('the requester has all it wants'))
  }
}

export function metricAsker(node: NetworkNode, options: MetricAskerOptions = {}): MetricAsker {
  const { clock = systemClock, budget: limits = ASK_BUDGET } = options
  const budget = requestBudget(clock, limits)

  async function ask(peer: PeerId, { timeoutMs = ASK_TIMEOUT_MS, signal: outer }: AskOptions = {}): Promise<number> {
    checkPositive('timeoutMs', timeoutMs)
    if (!budget.take(peer)) {
      const waitMs = Math.ceil(budget.waitMs(peer))
      throw new PeerbanditError('ERR_OVERLOADED', `${peer} was asked for its metric too often; ask again in ${waitMs} ms`)
    }
    return withDeadline(clock, { ms: timeoutMs, what: `metric of ${peer}`, signal: outer }, async (signal) => {
      const stream = await openStream(node, peer, METRIC_PROTOCOL, { signal, connectTimeoutMs: timeoutMs, timers: clock })
      return exchange(stream, signal)
    })
  }

  return {
    ask,
    async askAll(peers, askOptions = {}) {
      const asked = [...new Set(peers)]
      // Each has the deadline of all, since all start now.
      const answers = await Promise.allSettled(asked.map((peer) => ask(peer, askOptions)))
      return new Map(asked.map((peer, i) => [peer, answers[i]]))
    }
  }
}

/** Asks once, without a budget that lasts: see {@link MetricAsker}. */
export function askMetrics(
  node: NetworkNode,
  peers: Iterable<PeerId>,
  options: AskOptions & MetricAskerOptions = {}
): Promise<ReadonlyMap<PeerId, PromiseSettledResult<number>>> {
  return metricAsker(node, options).askAll(peers, options)
}
