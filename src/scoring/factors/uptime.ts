import type { Evidence } from '../../peer/evidence.ts'
import type { SeedMetrics } from '../../peer/seed-metrics.ts'
import { clampScore, type Factor, type FactorValue, maturityOf, NO_EVIDENCE } from '../factor.ts'
import { power } from '../go-arithmetic.ts'
import { departureRate } from '../stay.ts'

/** Time under observation that makes an uptime half mature. */
const HALF_MATURE_MS = 600_000
/** What one departure an hour costs the consistent form, and the most that departures can. */
const POINTS_PER_DEPARTURE = 10
const MAX_DEPARTURE_POINTS = 20

/** Share of the records that say "online", however long each state lasted. */
function seedShare({ onlineRecords }: SeedMetrics): number {
  if (onlineRecords.length === 0) return 0
  return (onlineRecords.filter(Boolean).length / onlineRecords.length) * 100
}

/** Ten points as soon as a fifth of the records form one run, so for nearly everybody. */
function seedConsistencyBonus({ onlineRecords }: SeedMetrics): number {
  if (onlineRecords.length < 10) return 0
  let run = 0
  let longest = 0
  for (const online of onlineRecords) {
    run = online ? run + 1 : 0
    longest = Math.max(longest, run)
  }
  return Math.min((longest / onlineRecords.length) * 50, 10)
}

/** Weights 0.95^age by record. */
function seedAdvanced(metrics: SeedMetrics): number {
  const { onlineRecords } = metrics
  if (onlineRecords.length === 0) return 0
  let weighted = 0
  let total = 0
  for (const [i, online] of onlineRecords.entries()) {
    const weight = power(0.95, onlineRecords.length - i - 1)
    if (online) weighted += weight
    total += weight
  }
  return Math.min(100, (weighted / total) * 100 + seedConsistencyBonus(metrics))
}

function judge({ uptimeRatio, observedMs }: Evidence['sessions'], penaltyPoints: number): FactorValue {
  if (uptimeRatio === undefined) return NO_EVIDENCE
  return { score: clampScore(100 * uptimeRatio - penaltyPoints), maturity: maturityOf(observedMs, HALF_MATURE_MS) }
}

/** Share of the observed time that the peer was connected. */
export const uptime: Factor = {
  id: 'uptime',
  seed: seedShare,
  corrected: ({ sessions }) => judge(sessions, 0)
}

/** The same, less up to 20 points for leaving often: one long absence is better than many short ones. */
export const uptimeConsistent: Factor = {
  id: 'uptimeConsistent',
  seed: seedAdvanced,
  corrected: ({ sessions }) => judge(sessions, Math.min(MAX_DEPARTURE_POINTS, POINTS_PER_DEPARTURE * departureRate(sessions)))
}
