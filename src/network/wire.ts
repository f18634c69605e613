import { create } from '@bufbuild/protobuf'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { PeerbanditError } from '../core/errors.ts'
import { show } from '../core/check.ts'
import { type ApiCall, isJsonObject, type JsonObject } from '../job/api-call.ts'
import type { LoadReport } from '../job/outcome.ts'
import { type Claims, MAX_FIGURE } from '../peer/observation.ts'
import { EngineError, RequestError } from '../router/transport.ts'
import type { DoneEvent, InferenceEvent, InferenceRequest, TokensEvent } from '../router/transport.ts'
import { InferenceFrameSchema, InferenceRequestSchema } from './generated/peerbandit_pb.ts'
import type {
  Claims as ClaimsMessage,
  Done as DoneMessage,
  Failure as FailureMessage,
  InferenceFrame,
  InferenceRequest as RequestMessage,
  LoadReport as LoadMessage,
  Tokens as TokensMessage
} from './generated/peerbandit_pb.ts'

// Between messages, which may hold anything that a peer cares to send, and the values that the rest of the code relies on.

function must(ok: boolean, field: string, wanted: string, value: unknown): void {
  if (!ok) throw new PeerbanditError('ERR_PROTOCOL', `${field} must be ${wanted}, got ${show(value)}`)
}

function figure(field: string, value: number): number {
  must(value >= 0 && value <= MAX_FIGURE, field, `from 0 to ${MAX_FIGURE}`, value)
  return value
}

export function loadFromWire({ slots, running, queued, tokensPerSecond, cpuRatio }: LoadMessage): LoadReport {
  must(slots >= 1, 'load.slots', 'at least 1', slots)
  figure('load.tokensPerSecond', tokensPerSecond)
  if (cpuRatio === undefined) return { slots, running, queued, tokensPerSecond }
  must(cpuRatio >= 0 && cpuRatio <= 1, 'load.cpuRatio', 'between 0 and 1', cpuRatio)
  return { slots, running, queued, tokensPerSecond, cpuRatio }
}

export function claimsFromWire({ models, tokensPerSecond, gpuModel, vramGb, loadRatio }: ClaimsMessage): Claims {
  figure('claims.tokensPerSecond', tokensPerSecond)
  figure('claims.vramGb', vramGb)
  figure('claims.loadRatio', loadRatio)
  return { models, tokensPerSecond, gpuModel, vramGb, loadRatio }
}

function parsed(field: string, text: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new PeerbanditError('ERR_PROTOCOL', `${field} must be JSON, got ${show(text)}`, { cause })
  }
  must(isJsonObject(value), field, 'a JSON object', value)
  return value as JsonObject
}

const ENDPOINTS: readonly unknown[] = ['chat', 'completion', 'embedding'] satisfies ApiCall['endpoint'][]

function callFromWire(text: string): ApiCall {
  const { endpoint, body, ollama } = parsed('request.call', text)
  must(ENDPOINTS.includes(endpoint), 'request.call.endpoint', 'chat, completion or embedding', endpoint)
  must(isJsonObject(body), 'request.call.body', 'an object', body)
  must(ollama === undefined || isJsonObject(ollama), 'request.call.ollama', 'an object', ollama)
  return { endpoint, body, ...(ollama === undefined ? {} : { ollama }) } as ApiCall
}

export function requestToWire({ call, ...request }: InferenceRequest): RequestMessage {
  return create(InferenceRequestSchema, { ...request, call: call === undefined ? '' : JSON.stringify(call) })
}

export function requestFromWire({ jobId, model, prompt, promptTokens, maxTokens, call }: RequestMessage): InferenceRequest {
  must(model !== '', 'request.model', 'a string that is not empty', model)
  must(maxTokens >= 1, 'request.maxTokens', 'at least 1', maxTokens)
  const request = { jobId, model, prompt, promptTokens, maxTokens }
  return call === '' ? request : { ...request, call: callFromWire(call) }
}

function chunksFromWire(chunks: readonly string[]): { readonly chunks?: readonly JsonObject[] } {
  return chunks.length === 0 ? {} : { chunks: chunks.map((chunk) => parsed('chunks', chunk)) }
}

function chunksToWire(chunks: readonly JsonObject[] = []): string[] {
  return chunks.map((chunk) => JSON.stringify(chunk))
}

type FrameInit = MessageInitShape<typeof InferenceFrameSchema>['frame']

function frame(value: FrameInit): InferenceFrame {
  return create(InferenceFrameSchema, { frame: value })
}

export function eventToWire(event: InferenceEvent): InferenceFrame {
  switch (event.kind) {
    case 'tokens':
      return frame({
        case: 'tokens',
        value: { text: event.text, count: event.count, load: event.load, chunks: chunksToWire(event.chunks) }
      })
    case 'done': {
      const { promptTokens, outputTokens, load, chunks, reply } = event
      return frame({
        case: 'done',
        value: {
          promptTokens,
          outputTokens,
          load,
          chunks: chunksToWire(chunks),
          reply: reply === undefined ? '' : JSON.stringify(reply)
        }
      })
    }
  }
}

export function failureToWire(failure: EngineError | RequestError): InferenceFrame {
  const { message } = failure
  if (failure instanceof EngineError) return frame({ case: 'failure', value: { reason: failure.reason, message } })
  const { status, error } = failure
  return frame({ case: 'failure', value: { reason: 'request', message, status, error: JSON.stringify(error) } })
}

function tokensFromWire({ text, count, load, chunks }: TokensMessage): TokensEvent {
  must(count >= 1, 'tokens.count', 'at least 1', count)
  const tokens = { kind: 'tokens', text, count, ...chunksFromWire(chunks) } as const
  return load === undefined ? tokens : { ...tokens, load: loadFromWire(load) }
}

function doneFromWire({ promptTokens, outputTokens, load, chunks, reply }: DoneMessage): DoneEvent {
  const whole = reply === '' ? {} : { reply: parsed('done.reply', reply) }
  const done = { kind: 'done', promptTokens, outputTokens, ...chunksFromWire(chunks), ...whole } as const
  return load === undefined ? done : { ...done, load: loadFromWire(load) }
}

function failureFromWire({ reason, message, status, error }: FailureMessage): EngineError | RequestError {
  // A reason that this version does not know is still the peer's own failure.
  if (reason !== 'request') return new EngineError(reason === 'overloaded' ? 'overloaded' : 'engine', message)
  must(status >= 400 && status <= 499, 'failure.status', 'from 400 to 499', status)
  return new RequestError(status, parsed('failure.error', error))
}

/** @throws EngineError or RequestError for a failure frame, ERR_PROTOCOL for an empty or absurd one */
export function eventFromWire({ frame }: InferenceFrame): InferenceEvent {
  switch (frame.case) {
    case 'tokens':
      return tokensFromWire(frame.value)
    case 'done':
      return doneFromWire(frame.value)
    case 'failure':
      throw failureFromWire(frame.value)
    case undefined:
      throw new PeerbanditError('ERR_PROTOCOL', 'a frame must hold tokens, done or failure, got none of them')
  }
}
