import type { Evidence } from '../peer/evidence.ts'
import type { SeedMetrics } from '../peer/seed-metrics.ts'

/**
 * The factors, in the order in which weighted sums add them up. Four have a second form, which one algorithm each uses: they
 * are what the proof of concept calls its exponential or advanced calculations.
 */
export const FACTOR_IDS = [
  'latency',
  'latencyRecent',
  'uptime',
  'uptimeConsistent',
  'performance',
  'performanceGpu',
  'reliability',
  'reliabilityLongevity',
  'proximity',
  'headroom',
  'efficiency',
  'reputation'
] as const
export type FactorId = (typeof FACTOR_IDS)[number]

/** A judgement and how much there is to it. */
export interface FactorValue {
  /** 0–100, higher is better. */
  readonly score: number
  /** How much evidence stands behind the score: 0 none, towards 1 plenty. */
  readonly maturity: number
}

/** One way to judge a peer, twice. */
export interface Factor {
  readonly id: FactorId
  /**
   * What the proof of concept computes, to the last bit and with its faults: not clamped, whole milliseconds, claims believed.
   * @param nowMs ms since the epoch
   */
  seed(metrics: SeedMetrics, nowMs: number): number
  /** From evidence alone: finite and within bounds for whatever was observed. Maturity 0 when nothing was. */
  corrected(evidence: Evidence): FactorValue
}

/** The value of a factor about which nothing is known. The score counts for nothing at maturity 0. */
export const NO_EVIDENCE: FactorValue = { score: 0, maturity: 0 }

/** Into 0–100. NaN, which only absurd figures could make, is the worst score, never the best. */
export function clampScore(score: number): number {
  return score > 0 ? Math.min(100, score) : 0
}

/** Into 0–1, NaN to 0. */
export function clampRatio(ratio: number): number {
  return ratio > 0 ? Math.min(1, ratio) : 0
}

/**
 * Maturity of an amount of evidence: half at `half`, towards 1 with more.
 * @param weight decayed count or time, ≥ 0
 * @param half in the same unit, > 0
 */
export function maturityOf(weight: number, half: number): number {
  return weight > 0 ? 1 - half / (weight + half) : 0
}
