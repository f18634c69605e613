import type { AbortOptions } from '../core/abort.ts'
import type { ApiCall } from '../job/api-call.ts'
import type { Decision, PeerId } from '../job/decision.ts'
import type { FailureReason } from '../job/outcome.ts'
import type { DoneEvent, TokensEvent } from './transport.ts'

/**
 * A job on its way: what was decided, the tokens, and how attempts ended. A job that was sent to a second peer is an attempt of the one that
 * answers; nothing is heard of the other.
 */
export type JobEvent =
  | { readonly kind: 'attempt'; readonly decision: Decision }
  | TokensEvent
  /** The attempt failed. Tokens seen so far stand where they are kept: the next attempt goes on from them. Otherwise they are void. */
  | {
      readonly kind: 'attempt-failed'
      readonly decision: Decision
      readonly reason: FailureReason
      readonly message: string
      readonly kept: boolean
    }
  | (DoneEvent & { readonly decision: Decision })

/** What goes to the peer and is no business of the choice. */
export interface Prompt {
  readonly text: string
  /** Most tokens to produce, ≥ 1. */
  readonly maxTokens: number
  /** What the client asked, where it came through an API. */
  readonly call?: ApiCall
  /**
   * How to go on from an answer that was cut off; undefined where it cannot be gone on from.
   * @param text so far @param tokens that it is, ≥ 1
   */
  readonly resume?: (text: string, tokens: number) => Prompt | undefined
}

/** Of one job. */
export interface RunOptions extends AbortOptions {
  /** Which of the candidates may have it. @default all */
  readonly accepts?: (peer: PeerId) => boolean
}
