import type { Interval } from '../experiment/comparison-types.ts'
import type { FailureReason } from '../job/outcome.ts'

/** What is missing is null: the state is plain JSON. */
type Maybe<T> = T | null

/** As /metrics has them, since the start; attempts, not jobs. */
export interface TotalsState {
  readonly decisions: number
  readonly inFlight: number
  readonly cancelled: number
  readonly successes: number
  readonly failures: number
  readonly failuresByReason: Readonly<Partial<Record<FailureReason, number>>>
  readonly outputTokens: number
  readonly meanDecisionMicros: Maybe<number>
}

/** What came of the attempts that ended in a few seconds. */
export interface BucketState {
  /** When it begins, ms since the epoch. */
  readonly atMs: number
  readonly successes: number
  readonly failures: number
  /** Of successes, ms. */
  readonly medianMs: Maybe<number>
  readonly p95Ms: Maybe<number>
  readonly firstTokenMs: Maybe<number>
}

export interface PolicyState {
  readonly policy: string
  readonly successes: number
  readonly failures: number
  /** 0–1 */
  readonly successRatio: Maybe<number>
  /** Since the start, of successes, ms. */
  readonly meanMs: Maybe<number>
  readonly meanFirstTokenMs: Maybe<number>
  /** Of the latest successes, `windowSize` of them at most, ms. */
  readonly p50Ms: Maybe<number>
  readonly p95Ms: Maybe<number>
  readonly windowSize: number
  /** Of the last minutes, the oldest first; those in which nothing ended are missing. */
  readonly buckets: readonly BucketState[]
}

/** What is believed of an arm for a class of jobs. */
export interface ArmState {
  readonly arm: string
  /** Expected reward, 0–1; null before any evidence. */
  readonly mean: Maybe<number>
  /** Standard deviation of that belief. */
  readonly deviation: number
  /** Intervals of 80 and 95 %, each [low, high] in 0–1. */
  readonly interval80: Maybe<readonly [number, number]>
  readonly interval95: Maybe<readonly [number, number]>
  /** Probability that the policy follows it now, 0–1, before the guardrail. */
  readonly propensity: number
}

export interface ClassState {
  readonly workloadClass: string
  /** Effective number of observations of the class. */
  readonly weight: number
  readonly arms: readonly ArmState[]
}

/** What came of the decisions that followed an arm, since the start. */
export interface FollowedState {
  readonly arm: string
  readonly successes: number
  readonly failures: number
  readonly meanMs: Maybe<number>
  readonly meanReward: Maybe<number>
}

export interface AgreementState {
  readonly arms: number
  readonly decisions: number
  readonly unanimousRatio: Maybe<number>
  readonly meanDistinct: Maybe<number>
  readonly meanTau: Maybe<number>
}

/** `away` is who is no member now, or not connected. */
export type PeerCondition = 'connected' | 'cooling' | 'probing' | 'full' | 'away'

export interface PeerState {
  readonly peer: string
  readonly name: string
  readonly condition: PeerCondition
  readonly models: readonly string[]
  readonly gpu: Maybe<string>
  /** By its last load report. */
  readonly load: Maybe<{ readonly running: number; readonly queued: number; readonly slots: number; readonly ageMs: number }>
  /** Jobs of this router that it has now. */
  readonly inFlight: number
  readonly claimedTokensPerSecond: Maybe<number>
  readonly observedTokensPerSecond: Maybe<number>
  readonly rttMs: Maybe<number>
  readonly successes: number
  readonly failures: number
  /** Of all attempts that ended, 0–1. */
  readonly share: number
  readonly successRatio: Maybe<number>
  readonly outputTokens: number
}

/** What became of a decision. */
export type OutcomeState =
  | { readonly kind: 'running' }
  | { readonly kind: 'cancelled' }
  | {
      readonly kind: 'success'
      readonly durationMs: number
      readonly firstTokenMs: number
      readonly outputTokens: number
      readonly reward: number
    }
  | { readonly kind: 'failure'; readonly durationMs: number; readonly reason: FailureReason }

export interface DecisionState {
  readonly id: string
  readonly atMs: number
  readonly attempt: number
  readonly model: string
  readonly workloadClass: string
  readonly peer: string
  readonly name: string
  readonly arm: string
  /** In a line or two; the whole of it comes with the decision's scores. */
  readonly reason: string
  readonly outcome: OutcomeState
}

/** How far the hardware model is borne out. */
export interface ThroughputState {
  readonly model: string
  readonly healthy: boolean
  readonly coverage: Maybe<number>
  readonly outcomes: number
}

/** One side of an experiment that runs. */
interface ExperimentSide {
  readonly name: string
  readonly jobs: number
  readonly successRatio: Maybe<number>
  readonly meanMs: Maybe<number>
  readonly p95Ms: Maybe<number>
}

/** An A/B experiment as it stands. */
export interface ExperimentState {
  readonly name: string
  readonly sides: readonly ExperimentSide[]
  /** Of the first side's mean time to that of the second, ms, with its 95 % interval; null while it cannot be told. */
  readonly differenceMs: Maybe<Interval>
  /** In a sentence. */
  readonly verdict: string
}

/** Everything that the page shows. */
export interface DashboardState {
  readonly version: 1
  /** ms since the epoch */
  readonly atMs: number
  readonly uptimeMs: number
  /** Who decides now. */
  readonly policy: string
  readonly totals: TotalsState
  readonly bucketMs: number
  readonly policies: readonly PolicyState[]
  readonly classes: readonly ClassState[]
  readonly followed: readonly FollowedState[]
  readonly agreement: AgreementState
  readonly peers: readonly PeerState[]
  /** Peers that are not listed because there are too many. */
  readonly peersLeftOut: number
  /** The latest first. */
  readonly decisions: readonly DecisionState[]
  /** Whether the predictive arm is used: it predicts as well as the simple rule. */
  readonly predictorTrusted: boolean
  /** Null where no hardware model is in use. */
  readonly throughput: Maybe<ThroughputState>
  readonly experiment: Maybe<ExperimentState>
}

/** An arm's say in a decision. */
interface VoteState {
  readonly arm: string
  readonly peer: string
  readonly propensity: number
  readonly expectedReward: number
}

/** A decision with every score that went into it. */
export interface DecisionDetail extends DecisionState {
  readonly jobId: string
  readonly policy: string
  readonly promptTokens: number
  readonly expectedOutputTokens: number
  readonly deadlineMs: number
  readonly candidateCount: number
  readonly explanation: readonly string[]
  /** In the order of the scores. */
  readonly votes: readonly VoteState[]
  /** Those that are named in the record: all of them where they are few. */
  readonly candidates: readonly {
    readonly peer: string
    readonly name: string
    /** One an arm, higher is better, each on the arm's own scale; null where it is no finite number. */
    readonly scores: readonly Maybe<number>[]
  }[]
}
