import type { AbortOptions } from '../core/abort.ts'
import type { ApiCall, JsonObject } from '../job/api-call.ts'
import type { PeerId } from '../job/decision.ts'
import type { LoadReport } from '../job/outcome.ts'

export interface InferenceRequest {
  readonly jobId: string
  readonly model: string
  readonly prompt: string
  /** Size of the prompt where it is known without reading it (replayed traces); 0 otherwise. */
  readonly promptTokens: number
  /** Most tokens to produce, ≥ 1. */
  readonly maxTokens: number
  /** The client's whole request, where it came through an API. Engines that only read prompts pass it over. */
  readonly call?: ApiCall
}

export interface TokensEvent {
  readonly kind: 'tokens'
  readonly text: string
  /** Tokens in this piece, ≥ 1. */
  readonly count: number
  /** The peer's load while it works, where it tells with the piece. */
  readonly load?: LoadReport
  /**
   * The piece in the API's words: the chunks of OpenAI's stream that make it, as the peer sent them. Chunks without a token go along with
   * the next that has one. Missing where the peer only writes text.
   */
  readonly chunks?: readonly JsonObject[]
}

export interface DoneEvent {
  readonly kind: 'done'
  readonly promptTokens: number
  readonly outputTokens: number
  readonly load?: LoadReport
  /** Chunks after the last token: why it ended, what was used. */
  readonly chunks?: readonly JsonObject[]
  /** The whole reply, where the API does not stream it: embeddings. */
  readonly reply?: JsonObject
}

/** What an inference yields: pieces of text, then exactly one `done`. A failure is thrown. */
export type InferenceEvent = TokensEvent | DoneEvent

/**
 * Carries one job to one peer. Implemented over libp2p, over HTTP and by the simulator.
 * The iterable throws a PeerbanditError: ERR_TIMEOUT, ERR_PROTOCOL, or any other error for a connection that broke;
 * {@link EngineError} when the peer itself reports a failure, {@link RequestError} when the request is at fault.
 */
export interface Transport {
  infer(peer: PeerId, request: InferenceRequest, options: AbortOptions): AsyncIterable<InferenceEvent>
}

/** What runs jobs on a peer: the worker's side of a transport. */
export interface Engine {
  infer(request: InferenceRequest, options: AbortOptions): AsyncIterable<InferenceEvent>
  load(): LoadReport
}

/**
 * The peer says that the request is at fault: too long, malformed, refused. Another peer would say the same, and it says nothing about
 * this one.
 */
export class RequestError extends Error {
  /** HTTP status, 400–499. */
  readonly status: number
  /** The error object of OpenAI's API: message, type, param, code. */
  readonly error: JsonObject

  constructor(status: number, error: JsonObject, options?: ErrorOptions) {
    super(typeof error['message'] === 'string' ? error['message'] : 'the request was refused', options)
    this.name = 'RequestError'
    this.status = status
    this.error = error
  }
}

/** A failure that the peer reports, as opposed to one of the way there. */
export class EngineError extends Error {
  readonly reason: 'overloaded' | 'engine'

  constructor(reason: 'overloaded' | 'engine', message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EngineError'
    this.reason = reason
  }
}
