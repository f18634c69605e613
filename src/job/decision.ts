import type { WorkloadClass } from './job.ts'
import type { Outcome } from './outcome.ts'

/** The authenticated libp2p peer id, or the configured name of an HTTP backend. */
export type PeerId = string

/** One arm's say in a decision. */
export interface ArmVote {
  readonly arm: string
  /** The candidate that this arm ranks first. */
  readonly peer: PeerId
  /** Probability that the policy followed this arm, 0–1. Sums to 1 over the arms of a decision. */
  readonly propensity: number
  /** Reward expected from the arm's peer when the decision was made, 0–1: m(x, b_k) of the doubly-robust credit. */
  readonly expectedReward: number
}

/** Why a candidate was not eligible. */
export const EXCLUSION_REASONS = ['cooling', 'at-limit', 'probing', 'tried', 'unknown-peer'] as const
export type ExclusionReason = (typeof EXCLUSION_REASONS)[number]

/**
 * What was known of the chosen peer when it was chosen, by claims and by what this router saw; what was not known is missing. With the
 * outcome it is what a model of throughput learns from.
 */
export interface KnownOfPeer {
  /** As the peer writes its name. */
  readonly gpu?: string
  /** Of one GPU, GB > 0. */
  readonly vramGb?: number
  /** What the peer says that it writes, tokens/s > 0. */
  readonly claimedTokensPerSecond?: number
  /** Mean round trip and its standard deviation, ms ≥ 0. */
  readonly rttMs?: number
  readonly jitterMs?: number
  /** Share of the observed time that it was connected, 0–1. */
  readonly uptimeRatio?: number
  /** By its last load report, see LoadReport. */
  readonly slots?: number
  readonly running?: number
  readonly queued?: number
  /** Load of its processors, 0–1. */
  readonly cpuRatio?: number
  /** Outcomes seen of it, ≥ 0, and the mean decode speed of their successes, tokens/s. */
  readonly outcomes: number
  readonly seenTokensPerSecond?: number
}

/**
 * Which peer got a job, why, and with what probability: everything that learning and off-policy evaluation need later.
 */
export interface Decision {
  /** Unique and sortable by time. */
  readonly id: string
  readonly jobId: string
  /** 1 for the first attempt at a job. */
  readonly attempt: number
  /** When, in ms since the epoch. */
  readonly atMs: number
  readonly routerId: string
  readonly policy: string
  readonly model: string
  readonly workloadClass: WorkloadClass
  readonly promptTokens: number
  readonly expectedOutputTokens: number
  readonly deadlineMs: number
  /** Eligible candidates; all of them named where they are few, otherwise those that an arm recommends. */
  readonly candidateCount: number
  readonly candidates: readonly PeerId[]
  /** How many candidates were filtered out, by reason. */
  readonly excluded: Readonly<Partial<Record<ExclusionReason, number>>>
  readonly votes: readonly ArmVote[]
  /** The arm that was followed, and the peer it chose. */
  readonly arm: string
  readonly peer: PeerId
  /** P(arm) as logged at decision time, 0–1. */
  readonly armPropensity: number
  /** Marginal probability of the chosen peer, Σ_arm P(arm)·1{arm recommends it}; ≥ armPropensity. */
  readonly peerPropensity: number
  /** Where decisions are journalled; not there in older journals. */
  readonly known?: KnownOfPeer
  /** The uniform number in [0, 1) that drew the arm, and the seed and stream that it came from (decimal 64-bit integers). */
  readonly draw: { readonly u: number; readonly seed: string; readonly stream: string }
}

/** An outcome joined to its decision. */
export interface OutcomeRecord {
  readonly decisionId: string
  /** When the lease ended, in ms since the epoch. */
  readonly atMs: number
  readonly peer: PeerId
  /** Jobs of this router that the peer already had when this one was dispatched, ≥ 0. */
  readonly inFlightAtDispatch: number
  readonly outcome: Outcome
  /** What the outcome was worth under the job's objective, 0–1. */
  readonly reward: number
}
