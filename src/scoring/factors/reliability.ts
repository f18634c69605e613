import type { Evidence } from '../../peer/evidence.ts'
import type { SeedMetrics } from '../../peer/seed-metrics.ts'
import { clampRatio, clampScore, type Factor, type FactorValue, maturityOf } from '../factor.ts'
import { durationNs, hours } from '../go-arithmetic.ts'
import { departureRate, longevityPoints, stability } from '../stay.ts'
import { seedLongevity } from './reputation.ts'

/** Outcomes say more about a peer's reliability than its sessions do. */
const OUTCOME_SHARE = 0.7
const SESSION_SHARE = 0.3
/** What makes each half mature. */
const HALF_MATURE_OUTCOMES = 3
const HALF_MATURE_MS = 3_600_000
/** What one departure an hour costs the longevity form, and the most that departures can. */
const POINTS_PER_DEPARTURE = 10
const MAX_DEPARTURE_POINTS = 20

/** 1 − disconnections / connections: 0 for a peer that has never yet come back, however long it stayed. */
function seedStability({ connections, disconnections }: SeedMetrics): number {
  return Math.max(0, 1 - disconnections / connections)
}

function seedStandard(metrics: SeedMetrics): number {
  return metrics.connections === 0 ? 0 : seedStability(metrics) * 100
}

/** Adds longevity in points to a ratio, then multiplies by 100: a peer ten days old gets about 1000. */
function seedAdvanced(metrics: SeedMetrics, nowMs: number): number {
  if (metrics.connections === 0) return 0
  const ageHours = hours(durationNs(nowMs - metrics.firstSeenMs))
  const penalty = Math.min((metrics.connections / ageHours) * 0.1, 0.2)
  return Math.max(0, seedStability(metrics) + seedLongevity(metrics, nowMs) - penalty) * 100
}

/**
 * Lower end of the Wilson score interval at one standard error: 1 success of 1 is 0.5, 10 of 10 is 0.91.
 * @see Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference"
 */
function wilsonLower(ratio: number, weight: number): number {
  const p = clampRatio(ratio)
  const z2 = 1 / weight
  return clampRatio((p + z2 / 2 - Math.sqrt(z2 * (p * (1 - p) + z2 / 4))) / (1 + z2))
}

function judge({ outcomes, sessions }: Evidence): FactorValue {
  const outcomeMaturity =
    outcomes.successRatio === undefined ? 0 : OUTCOME_SHARE * maturityOf(outcomes.weight, HALF_MATURE_OUTCOMES)
  const sessionMaturity = SESSION_SHARE * maturityOf(sessions.observedMs, HALF_MATURE_MS)
  const maturity = outcomeMaturity + sessionMaturity
  if (maturity === 0) return { score: 0, maturity }
  const succeeds = outcomeMaturity > 0 ? wilsonLower(outcomes.successRatio ?? 0, outcomes.weight) : 0
  return { score: clampScore((100 * (outcomeMaturity * succeeds + sessionMaturity * stability(sessions))) / maturity), maturity }
}

/** Share of jobs that succeeded, cautiously, and how seldom the peer leaves. */
export const reliability: Factor = { id: 'reliability', seed: seedStandard, corrected: judge }

/** The same with up to 20 points for days connected, less up to 20 for leaving often. */
export const reliabilityLongevity: Factor = {
  id: 'reliabilityLongevity',
  seed: seedAdvanced,
  corrected(evidence) {
    const { score, maturity } = judge(evidence)
    const penalty = Math.min(MAX_DEPARTURE_POINTS, POINTS_PER_DEPARTURE * departureRate(evidence.sessions))
    return { score: clampScore(score + longevityPoints(evidence) - penalty), maturity }
  }
}
