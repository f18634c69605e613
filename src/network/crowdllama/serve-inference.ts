import { withDeadline } from '../../core/abort.ts'
import type { Clock, Timers } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import { EngineError, type Engine } from '../../router/transport.ts'
import type { FramedStream } from '../framing.ts'
import { type BaseMessage, BaseMessageSchema } from '../generated/crowdllama/llama_pb.ts'
import { UINT32_LENGTH } from '../length-prefix.ts'
import type { NetworkNode } from '../node.ts'
import { type ServedJob, serveJobs } from '../served-jobs.ts'
import type { Serving } from '../serving.ts'
import { type Answer, answerToCrowdllama, answerWhole } from './answer.ts'
import { failureToCrowdllama, requestFromCrowdllama } from './messages.ts'
import { CROWDLLAMA_INFERENCE } from './protocols.ts'

export interface ServeInferenceComponents {
  readonly engine: Engine
  readonly clock: Clock & Timers
  /** Whether jobs of a model are taken. */
  readonly serves: (model: string) => boolean
  /** Told every answer. */
  readonly onAnswer: (answer: Answer) => void
}

export interface ServeInferenceOptions {
  readonly maxJobsPerPeer: number
  readonly maxRequestBytes: number
  readonly maxTokens: number
  readonly requestTimeoutMs: number
  readonly writeTimeoutMs: number
}

/**
 * Serves an engine on `/crowdllama/inference/1.0.0`: one request, one response, whether a stream was asked for or not. A requester that goes
 * away aborts its job.
 */
export async function serveInference(
  node: NetworkNode,
  { engine, clock, serves, onAnswer }: ServeInferenceComponents,
  { maxJobsPerPeer, maxRequestBytes, maxTokens, requestTimeoutMs, writeTimeoutMs }: ServeInferenceOptions
): Promise<Serving> {
  const limits = {
    maxMessageBytes: maxRequestBytes,
    maxStreamBytes: maxRequestBytes + UINT32_LENGTH.maxBytes,
    writeTimeoutMs,
    prefix: UINT32_LENGTH
  }
  let taken = 0

  async function respond(message: BaseMessage, { admitted, signal }: ServedJob): Promise<BaseMessage> {
    const arrivedMs = clock.now()
    const { model, prompt } = requestFromCrowdllama(message)
    if (!admitted) throw new EngineError('overloaded', `a requester may have ${maxJobsPerPeer} jobs here at a time`)
    if (!serves(model)) throw new EngineError('engine', `model ${JSON.stringify(model)} is not served here`)
    taken += 1
    const request = { jobId: `crowdllama-${taken}`, model, prompt, promptTokens: 0, maxTokens }
    const answer = await answerWhole(engine, request, { clock, arrivedMs, signal })
    onAnswer(answer)
    return answerToCrowdllama(answer, { model, maxTokens, workerId: node.id, atMs: clock.wall() })
  }

  async function run(job: ServedJob): Promise<void> {
    const { frames, signal, onDone } = job
    const limit = { ms: requestTimeoutMs, what: 'reading a request', signal }
    const message = await withDeadline(clock, limit, (held) => frames.read(BaseMessageSchema, { signal: held }))
    if (message === undefined) return
    const response = await respond(message, job).catch((error: unknown) => {
      signal.throwIfAborted()
      const overloaded = error instanceof EngineError && error.reason === 'overloaded'
      return failureToCrowdllama(messageOf(error), node.id, { overloaded })
    })
    onDone()
    await frames.write(BaseMessageSchema, response, { signal })
  }

  const failed = (frames: FramedStream, error: unknown) => {
    frames.abort(error)
    return Promise.resolve()
  }
  return serveJobs(node, { protocol: CROWDLLAMA_INFERENCE, limits, maxJobsPerPeer, timers: clock }, { run, failed })
}
