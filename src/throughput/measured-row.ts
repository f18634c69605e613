import type { PeerId } from '../job/decision.ts'
import type { ThroughputQuery } from './query.ts'

/** Whose answer a row was measured on, and when, ms since the epoch. */
export interface AnswerOfPeer {
  readonly peer: PeerId
  readonly sentMs: number
  readonly endedMs: number
}

/** A query whose answer was measured. */
export interface MeasuredRow {
  readonly query: ThroughputQuery
  /** Of one request, while it writes. Missing where only the first token was measured. */
  readonly tokensPerSecond?: number
  /** From the request's arrival at the peer to its first token: without the round trip. */
  readonly firstTokenMs?: number
  /** Where it is from, e.g. "localscore", "journal". */
  readonly source: string
  /** How much it counts in training, > 0. */
  readonly weight: number
  /** Of rows from a journal. */
  readonly answer?: AnswerOfPeer
}
