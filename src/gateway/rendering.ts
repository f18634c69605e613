import type { JsonObject } from '../job/api-call.ts'
import type { DoneEvent } from '../router/transport.ts'
import type { ApiError } from './api-error.ts'
import type { Usage } from './chunk-flow.ts'

/** When things happened, ms of the clock. */
interface Timeline {
  readonly startMs: number
  /** When the attempt that answered was sent. */
  readonly sentMs: number
  readonly firstTokenMs: number
  readonly endMs: number
}

export interface Ending {
  readonly done: DoneEvent
  readonly usage: Usage
  readonly timeline: Timeline
  /** Whether several peers wrote the answer: what one of them measured is not all of it. */
  readonly resumed: boolean
}

/** How an answer is written. */
export interface Rendering {
  readonly contentType: string
  /** What goes on the wire now; empty while there is nothing to say. */
  pieces(chunks: readonly JsonObject[]): string
  /** What the last chunks add, and the end. */
  end(chunks: readonly JsonObject[], ending: Ending): string
  /** A failure after the first byte. */
  failure(error: ApiError): string
  /** Forgets everything: another attempt begins from nothing. Only before the first byte. */
  reset(): void
}
