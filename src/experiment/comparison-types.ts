import type { FailureReason } from '../job/outcome.ts'

export const SIDES = ['adaptive', 'static'] as const
/** The swarm that a job ran through: chosen by the bandit, or by fixed weights. */
export type Side = (typeof SIDES)[number]

/** One job on one side. Jobs with the same index are the same job, sent at the same time. */
export interface JobRow {
  readonly side: Side
  /** Number of the job in the workload, from 0. */
  readonly index: number
  /** When the job arrived, ms since the start of the run. */
  readonly arrivalMs: number
  /** From arrival to the last token with all retries, ms. For a failed job its deadline: failing must not look fast. */
  readonly durationMs: number
  /** From arrival to the first token, ms; null when there was none. */
  readonly firstTokenMs: number | null
  readonly ok: boolean
  /** Why the last attempt failed. */
  readonly failure?: FailureReason
  /** Leases that the job took, ≥ 1. */
  readonly attempts: number
  /** Name of the peer of the last attempt. */
  readonly peer: string
  /** Arm that was followed in the last attempt. */
  readonly arm: string
  readonly workloadClass: string
  readonly promptTokens: number
  readonly outputTokens: number
  /** Time to choose a peer, µs. */
  readonly decisionMicros: number
  /** 0–1 */
  readonly reward: number
}

/** The figures of one side. Failed jobs count in every latency, with their deadline. */
export interface SideSummary {
  readonly jobs: number
  readonly meanMs: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly successRatio: number
  /** Output tokens of successful jobs, over the time from the first arrival to the last completion. */
  readonly tokensPerSecond: number
  /** Leases, all jobs together. */
  readonly attempts: number
  /** Median over jobs that had a first token; null when none had. */
  readonly firstTokenP50Ms: number | null
  /** Mean over the first hundred jobs: what learning costs. */
  readonly first100MeanMs: number
}

/** What is known of a worker apart from its jobs. */
export interface PeerInfo {
  readonly name: string
  /** Peer id on the adaptive side. */
  readonly peerId: string
  /** What kind of machine it plays. */
  readonly profile: string
  /** What happened to it during the run. */
  readonly incident?: string
  /** What the peer says of its decode speed, tokens/s. */
  readonly claimedTokensPerSecond: number
  /** What the adaptive side saw of it, tokens/s; null when it saw none. */
  readonly observedTokensPerSecond: number | null
  /** Mean round trip on the adaptive side, ms; null when it was not measured. */
  readonly rttMs: number | null
}

export interface PeerReport extends PeerInfo {
  /** Share of the side's jobs that ended on this peer, 0–1. */
  readonly adaptiveShare: number
  readonly staticShare: number
  /** Share of those jobs that succeeded, 0–1; null when there were none. */
  readonly adaptiveSuccess: number | null
  readonly staticSuccess: number | null
}

export interface BeliefReport {
  /** Estimated reward. Around 0–1: a doubly-robust estimate from few jobs can lie a little outside. */
  readonly mean: number
  /** Half-width of what is credible around the mean, at most 1. */
  readonly spread: number
  /** Effective number of observations. */
  readonly weight: number
}

export interface ArmReport {
  readonly arm: string
  /** Share of the adaptive side's jobs that followed it, 0–1. */
  readonly share: number
  readonly jobs: number
  /** Mean reward of those jobs, 0–1; null when there were none. */
  readonly meanReward: number | null
  /** What the policy believes of it at the end; null before any evidence. */
  readonly belief: BeliefReport | null
}

/** How often the weighted algorithms mean the same thing. Where they agree, choosing among them changes nothing. */
export interface Agreement {
  /** How many algorithms were compared. */
  readonly algorithms: number
  /** Decisions that were looked at. */
  readonly decisions: number
  /** Share of decisions in which all of them recommend the same peer, 0–1; null without decisions. */
  readonly topShare: number | null
  /** Mean number of different peers that they recommend, ≥ 1; null without decisions. */
  readonly meanDistinct: number | null
  /** Mean rank correlation (Kendall's τ-b) of their whole rankings, −1 to 1; null where it was not measured. */
  readonly meanTau: number | null
}

/** Something that happened during the run. */
export interface IncidentMark {
  /** Since the start of the run, ms. */
  readonly atMs: number
  readonly text: string
}

/** One slice of the run, by arrival. */
export interface TimelineSlice {
  /** Middle of the slice, ms since the start. */
  readonly atMs: number
  /** Mean over the jobs that arrived in the slice; null when none did. */
  readonly adaptiveMeanMs: number | null
  readonly staticMeanMs: number | null
  /** Jobs of the adaptive side in the slice, by the arm that they followed. */
  readonly adaptiveArms: Readonly<Record<string, number>>
}

/** An estimate with its 95 % interval. */
export interface Interval {
  readonly estimate: number
  readonly low: number
  readonly high: number
}

export interface PairedComparison {
  /** Adaptive over static; below 1 the adaptive side is faster. */
  readonly meanRatio: number
  readonly p99Ratio: number
  /** Adaptive minus static, mean over jobs, ms; below 0 the adaptive side is faster. */
  readonly meanDifferenceMs: Interval
  /** One sentence. */
  readonly verdict: string
}

export interface ComparisonReport {
  readonly format: 'peerbandit-comparison'
  readonly version: 1
  readonly seed: number
  /** Jobs that both sides finished. */
  readonly jobs: number
  /** Jobs left out because only one side finished them before the run ended. */
  readonly unpairedJobs: number
  /** Length of the run. */
  readonly minutes: number
  /** Where the workload comes from. */
  readonly workload: string
  /** Offered load over what the swarm can carry. */
  readonly utilisation: number
  /** ISO 8601, UTC. */
  readonly startedAt: string
  /** Shell command that does the run again. */
  readonly command: string
  readonly adaptive: SideSummary
  readonly static: SideSummary
  readonly comparison: PairedComparison
  readonly arms: readonly ArmReport[]
  readonly agreement: Agreement
  readonly peers: readonly PeerReport[]
  /** Median time to choose a peer on the adaptive side, µs. */
  readonly decisionMicros: number
  readonly decisionMicrosP99: number
  readonly incidents: readonly IncidentMark[]
  /** What the adaptive side had learned from when the run ended, and where it is kept. */
  readonly learnedFrom: { readonly outcomes: number; readonly journal: string }
  readonly timeline: readonly TimelineSlice[]
  readonly rows: readonly JobRow[]
}
