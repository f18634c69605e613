/**
 * What a peer says of its load with every reply. Fresh, but the peer's own word: counts are taken as they are, the rate is a
 * claim to be audited.
 */
export interface LoadReport {
  /** Jobs it can run side by side, ≥ 1. */
  readonly slots: number
  /** Jobs running now, ≥ 0. */
  readonly running: number
  /** Jobs waiting for a slot, ≥ 0. */
  readonly queued: number
  /** Decode speed of one job at the present load, tokens/s, as the peer measured it; 0 when it has not. */
  readonly tokensPerSecond: number
  /** Load of the machine's processors, 0–1, where the peer can tell. */
  readonly cpuRatio?: number
}

/** Why a lease failed. One union for records, logs, metrics and reports. */
export const FAILURE_REASONS = [
  'timeout', // no first token, or no next token, in time
  'unreachable', // no connection or no protocol
  'disconnected', // the stream ended before the job did
  'overloaded', // the peer refused: queue full
  'protocol', // the peer sent what the protocol does not allow
  'engine', // the peer said that it failed
  'abandoned' // the lease was dropped without an outcome
] as const
export type FailureReason = (typeof FAILURE_REASONS)[number]

export interface Success {
  readonly ok: true
  /** From dispatch to the last token, ms ≥ 0. */
  readonly durationMs: number
  /** From dispatch to the first token, ms, 0 ≤ firstTokenMs ≤ durationMs. */
  readonly firstTokenMs: number
  /** Tokens produced, ≥ 0. */
  readonly outputTokens: number
  readonly load?: LoadReport
}

export interface Failure {
  readonly ok: false
  readonly reason: FailureReason
  /** From dispatch to the failure, ms ≥ 0. */
  readonly durationMs: number
  readonly load?: LoadReport
}

/** What came of a lease. A job that its own client cancelled has no outcome: it says nothing about the peer. */
export type Outcome = Success | Failure

/** Tokens a second after the first token, where there were enough of them to tell. */
export function decodeTokensPerSecond({ durationMs, firstTokenMs, outputTokens }: Success): number | undefined {
  const decodeMs = durationMs - firstTokenMs
  if (!(outputTokens >= 2 && decodeMs > 0)) return undefined
  return ((outputTokens - 1) * 1000) / decodeMs
}
