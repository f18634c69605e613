import { withDeadline } from '../../core/abort.ts'
import type { AbortOptions } from '../../core/abort.ts'
import { checkInteger, checkPositive } from '../../core/check.ts'
import { systemClock } from '../../core/clock.ts'
import type { Timers } from '../../core/clock.ts'
import type { PeerId } from '../../job/decision.ts'
import { TransportError } from '../../router/failure.ts'
import type { InferenceEvent, InferenceRequest, Transport } from '../../router/transport.ts'
import { framedStream } from '../framing.ts'
import { type BaseMessage, BaseMessageSchema } from '../generated/crowdllama/llama_pb.ts'
import { UINT32_LENGTH } from '../length-prefix.ts'
import type { NetworkNode } from '../node.ts'
import { openStream } from '../open-stream.ts'
import { eventsFromCrowdllama, requestToCrowdllama } from './messages.ts'
import { CROWDLLAMA_INFERENCE, MAX_MESSAGE_BYTES } from './protocols.ts'

export interface CrowdllamaTransportOptions {
  /** For dialling and agreeing on the protocol, ms > 0. @default 5000 */
  readonly connectTimeoutMs?: number
  /** How long a worker may take no bytes of a request, ms > 0. @default 10000 */
  readonly writeTimeoutMs?: number
  /** How long a worker may take to answer, ms > 0, where the job's own deadline is not sooner. @default 600000 */
  readonly replyTimeoutMs?: number
  /** Most bytes of a reply, from 1 to 10485760, the protocol's own limit. @default 10485760 */
  readonly maxReplyBytes?: number
  readonly timers?: Timers
}

const DEFAULTS = {
  connectTimeoutMs: 5_000,
  writeTimeoutMs: 10_000,
  replyTimeoutMs: 600_000,
  maxReplyBytes: MAX_MESSAGE_BYTES,
  timers: systemClock
} as const satisfies CrowdllamaTransportOptions

/**
 * Carries jobs to workers of a CrowdLlama network, one stream a job. Answers come whole: there is nothing before the last token. Leaving
 * resets the stream, which ours stop for and CrowdLlama's own do not notice.
 */
export function crowdllamaTransport(node: NetworkNode, options: CrowdllamaTransportOptions = {}): Transport {
  const settings = { ...DEFAULTS, ...options }
  const { connectTimeoutMs, writeTimeoutMs, replyTimeoutMs, maxReplyBytes, timers } = settings
  checkPositive('connectTimeoutMs', connectTimeoutMs)
  checkPositive('writeTimeoutMs', writeTimeoutMs)
  checkPositive('replyTimeoutMs', replyTimeoutMs)
  checkInteger('maxReplyBytes', maxReplyBytes, { min: 1, max: MAX_MESSAGE_BYTES })
  const limits = {
    maxMessageBytes: maxReplyBytes,
    maxStreamBytes: maxReplyBytes + UINT32_LENGTH.maxBytes,
    writeTimeoutMs,
    prefix: UINT32_LENGTH
  }

  async function ask(peer: PeerId, request: BaseMessage, signal: AbortSignal): Promise<BaseMessage> {
    const stream = await openStream(node, peer, CROWDLLAMA_INFERENCE, { signal, connectTimeoutMs, timers })
    const frames = framedStream(stream, limits, timers)
    await frames.write(BaseMessageSchema, request, { signal })
    const reply = await frames.read(BaseMessageSchema, { signal })
    await frames.finish()
    // So does a node that is no worker.
    if (reply === undefined) throw new TransportError('disconnected', `${peer} closed the stream without an answer`)
    return reply
  }

  async function* infer(peer: PeerId, request: InferenceRequest, { signal }: AbortOptions): AsyncGenerator<InferenceEvent> {
    const message = requestToCrowdllama(request)
    const limit = { ms: replyTimeoutMs, what: `job ${request.jobId} at ${peer}`, signal }
    const reply = await withDeadline(timers, limit, (held) => ask(peer, message, held))
    yield* eventsFromCrowdllama(reply, request)
  }

  return { infer }
}
