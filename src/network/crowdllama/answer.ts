import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { AbortOptions } from '../../core/abort.ts'
import type { Clock } from '../../core/clock.ts'
import { decodeTokensPerSecond } from '../../job/outcome.ts'
import { EngineError, type Engine, type InferenceRequest } from '../../router/transport.ts'
import { type BaseMessage, BaseMessageSchema } from '../generated/crowdllama/llama_pb.ts'
import { MAX_MESSAGE_BYTES } from './protocols.ts'

/** A whole answer of an engine, and what it took. Times are ms. */
export interface Answer {
  readonly text: string
  readonly promptTokens: number
  readonly outputTokens: number
  /** From the request's arrival until the engine was asked. */
  readonly waitedMs: number
  /** From then to the first token, and from there to the last. */
  readonly firstTokenMs: number
  readonly decodeMs: number
}

/** Room for the other fields of a response. */
const MAX_TEXT_BYTES = MAX_MESSAGE_BYTES - 4_096

/** @param arrivedMs by `clock.now()` @throws what the engine throws; EngineError for an answer that no message can hold */
export async function answerWhole(
  engine: Engine,
  request: InferenceRequest,
  { clock, arrivedMs, signal }: AbortOptions & { readonly clock: Clock; readonly arrivedMs: number }
): Promise<Answer> {
  const startMs = clock.now()
  let text = ''
  let bytes = 0
  let seenTokens = 0
  let firstMs: number | undefined
  for await (const event of engine.infer(request, signal === undefined ? {} : { signal })) {
    const nowMs = clock.now()
    if (event.kind === 'done') {
      const { promptTokens, outputTokens } = event
      const firstTokenMs = (firstMs ?? nowMs) - startMs
      const decodeMs = nowMs - (firstMs ?? nowMs)
      const counts = { promptTokens, outputTokens: outputTokens > 0 ? outputTokens : seenTokens }
      return { text, ...counts, waitedMs: startMs - arrivedMs, firstTokenMs, decodeMs }
    }
    firstMs ??= nowMs
    seenTokens += event.count
    text += event.text
    bytes += Buffer.byteLength(event.text)
    if (bytes > MAX_TEXT_BYTES) throw new EngineError('engine', `the answer is longer than ${MAX_TEXT_BYTES} bytes`)
  }
  throw new EngineError('engine', 'the engine ended without saying that the job was done')
}

/** Tokens/s of an answer, where there were enough of them to tell. */
export function speedOf({ outputTokens, firstTokenMs, decodeMs }: Answer): number | undefined {
  const durationMs = firstTokenMs + decodeMs
  const decoding = decodeTokensPerSecond({ ok: true, durationMs, firstTokenMs, outputTokens })
  // An engine that tells all at the end has no first token to speak of.
  return decoding ?? (outputTokens > 0 && durationMs > 0 ? (outputTokens * 1000) / durationMs : undefined)
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1e6))
}

const MAX_INT32 = 2 ** 31 - 1
const int32 = (count: number) => Math.min(MAX_INT32, Math.round(count))

/** The response of an answer, with all that CrowdLlama's message has a place for. */
export function answerToCrowdllama(
  { text, promptTokens, outputTokens, waitedMs, firstTokenMs, decodeMs }: Answer,
  about: { readonly model: string; readonly maxTokens: number; readonly workerId: string; readonly atMs: number }
): BaseMessage {
  const { model, maxTokens, workerId, atMs } = about
  const value = {
    model,
    createdAt: timestampFromMs(atMs),
    response: text,
    done: true,
    doneReason: outputTokens >= maxTokens ? 'length' : 'stop',
    totalDuration: nanoseconds(waitedMs + firstTokenMs + decodeMs),
    // What passed before the engine had it: models are loaded there, if at all.
    loadDuration: nanoseconds(waitedMs),
    promptEvalCount: int32(promptTokens),
    promptEvalDuration: nanoseconds(firstTokenMs),
    evalCount: int32(outputTokens),
    evalDuration: nanoseconds(decodeMs),
    workerId
  }
  return create(BaseMessageSchema, { message: { case: 'generateResponse', value } })
}
