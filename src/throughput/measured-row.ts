import type { ThroughputQuery } from './query.ts'

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
}
