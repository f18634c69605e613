import type { IncidentMark, Side } from '../experiment/comparison-types.ts'

/** Where one side of a run stands. */
export interface SideStatus {
  /** Jobs that ended, well or not. */
  readonly done: number
  readonly inFlight: number
  readonly failed: number
  /** Mean time per job so far, ms; null before the first. */
  readonly meanMs: number | null
  readonly p95Ms: number | null
  /** Output tokens a second. */
  readonly tokensPerSecond: number
}

export interface ArmStatus {
  readonly arm: string
  /** Share of the adaptive side's jobs that followed it, 0–1. */
  readonly share: number
  /** Believed reward; null before any evidence. */
  readonly belief: number | null
}

export interface PeerStatus {
  readonly name: string
  readonly connected: boolean
  /** Jobs of the adaptive side that it has now. */
  readonly inFlight: number
  /** Its last load report, in a few characters: "2/4 +1" for two of four slots and one waiting. */
  readonly load: string
  /** Shares of each side's jobs, 0–1. */
  readonly shareAdaptive: number
  readonly shareStatic: number
  /** Tokens/s as the adaptive side saw them; null when it saw none. */
  readonly observedTokensPerSecond: number | null
  readonly claimedTokensPerSecond: number
}

/** Everything that the live view shows. */
export interface LiveStatus {
  /** Since the start of the run, ms. */
  readonly elapsedMs: number
  /** Jobs that each side will get. */
  readonly totalJobs: number
  readonly sides: Readonly<Record<Side, SideStatus>>
  readonly arms: readonly ArmStatus[]
  readonly peers: readonly PeerStatus[]
  /** In order of time. The last three are shown. */
  readonly incidents: readonly IncidentMark[]
}
