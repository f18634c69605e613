import type { Evidence } from '../../peer/evidence.ts'
import type { SeedMetrics } from '../../peer/seed-metrics.ts'
import { clampScore, type Factor, type FactorValue, maturityOf, NO_EVIDENCE } from '../factor.ts'
import { durationNs, power, wholeMs } from '../go-arithmetic.ts'

/** Answered pings beyond the first that make a jitter half mature. */
const HALF_MATURE_PINGS = 3

/** 100 − variance of the round trips in ms²: one ping alone is perfect. */
function seedVariance({ pings }: SeedMetrics): number {
  const answered = pings.filter(({ ok }) => ok).map(({ rttMs }) => wholeMs(durationNs(rttMs)))
  if (answered.length === 0) return 0
  const mean = answered.reduce((sum, ms) => sum + ms, 0) / answered.length
  const variance = answered.reduce((sum, ms) => sum + power(ms - mean, 2), 0) / answered.length
  return 100 - Math.min(variance, 100)
}

/**
 * The share of the round trip that is steady. Distance makes a round trip long and steady, congestion makes it unsteady, so
 * jitter is held against the round trip, not against a fixed 10 ms. One ping has no jitter and says nothing.
 */
function judge({ roundTrip: { jitterMs, meanMs, answeredRatio, weight } }: Evidence): FactorValue {
  const comparisons = weight * (answeredRatio ?? 0) - 1
  if (jitterMs === undefined || meanMs === undefined || !(comparisons > 0)) return NO_EVIDENCE
  const unsteady = jitterMs === 0 ? 0 : jitterMs / meanMs
  return { score: clampScore(100 * (1 - unsteady)), maturity: maturityOf(comparisons, HALF_MATURE_PINGS) }
}

/** How steady the way to a peer is. */
export const proximity: Factor = { id: 'proximity', seed: seedVariance, corrected: judge }
