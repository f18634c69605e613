import type { WorkloadClass } from '../job/job.ts'

export interface PolicyContext {
  readonly workloadClass: WorkloadClass
  /** ms since the epoch */
  readonly atMs: number
}

/**
 * What an outcome says about every arm. Made by {@link creditFor} from the decision as it was logged, so it may come late,
 * out of order, or never.
 */
export interface Credit {
  readonly workloadClass: WorkloadClass
  /** When the decision was made, ms since the epoch. */
  readonly decidedAtMs: number
  /** Index of the arm that was followed. */
  readonly arm: number
  /** The reward, 0–1. */
  readonly reward: number
  /** 1 for each arm that recommended the chosen peer: what it would have got is known. One entry an arm. */
  readonly agrees: Uint8Array
  /** Doubly-robust pseudo-reward of each arm: m(b_k) + 1{b_k = J}/q(J) · (R − m(J)). */
  readonly pseudoRewards: Float64Array
}

/** What a policy believes of one arm; for reports. */
export interface ArmBelief {
  readonly arm: string
  readonly workloadClass: WorkloadClass
  /** Estimated reward, 0–1 (undefined before any evidence). */
  readonly mean: number | undefined
  /** Effective number of observations. */
  readonly weight: number
  /** Half-width of what is credible around the mean. */
  readonly spread: number
}

/** Plain, versioned, JSON-safe state of a policy. */
export interface PolicySnapshot {
  readonly policy: string
  readonly version: number
  readonly state: unknown
}

/**
 * Picks among arms. The arms are fixed when it is made. It never sees peers: which peer an arm recommends is the selector's
 * business, and so is drawing from the probabilities.
 */
export interface Policy {
  readonly id: string
  readonly arms: readonly string[]
  /** Writes the probability of each arm into `into`; they sum to 1. Reading only: the same state gives the same answer. */
  propensities(context: PolicyContext, into: Float64Array): void
  learn(credit: Credit): void
  beliefs(context: PolicyContext): readonly ArmBelief[]
  snapshot(): PolicySnapshot
  /**
   * Takes in what another policy of the same kind learned, on this router before or on another one. Idempotent.
   * @throws ERR_SNAPSHOT for another kind, version or set of arms
   */
  merge(snapshot: PolicySnapshot): void
}
