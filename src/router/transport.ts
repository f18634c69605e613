import type { AbortOptions } from '../core/abort.ts'
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
}

export interface TokensEvent {
  readonly kind: 'tokens'
  readonly text: string
  /** Tokens in this piece, ≥ 1. */
  readonly count: number
  /** The peer's load while it works, where it tells with the piece. */
  readonly load?: LoadReport
}

export interface DoneEvent {
  readonly kind: 'done'
  readonly promptTokens: number
  readonly outputTokens: number
  readonly load?: LoadReport
}

/** What an inference yields: pieces of text, then exactly one `done`. A failure is thrown. */
export type InferenceEvent = TokensEvent | DoneEvent

/**
 * Carries one job to one peer. Implemented over libp2p, over HTTP and by the simulator.
 * The iterable throws a PeerbanditError: ERR_TIMEOUT, ERR_PROTOCOL, or any other error for a connection that broke;
 * {@link EngineError} when the peer itself reports a failure.
 */
export interface Transport {
  infer(peer: PeerId, request: InferenceRequest, options: AbortOptions): AsyncIterable<InferenceEvent>
}

/** What runs jobs on a peer: the worker's side of a transport. */
export interface Engine {
  infer(request: InferenceRequest, options: AbortOptions): AsyncIterable<InferenceEvent>
  load(): LoadReport
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
