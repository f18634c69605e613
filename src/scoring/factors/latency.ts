import type { Evidence } from '../../peer/evidence.ts'
import type { SeedMetrics } from '../../peer/seed-metrics.ts'
import { clampRatio, clampScore, type Factor, type FactorValue, maturityOf, NO_EVIDENCE } from '../factor.ts'
import { durationNs, power, wholeMs } from '../go-arithmetic.ts'

/** Pings that make a round trip half mature. */
const HALF_MATURE_PINGS = 3

/** Linear, 0 at 1 s: mean over the pings that were answered. */
function seedMean({ pings }: SeedMetrics): number {
  let totalNs = 0
  let answered = 0
  for (const ping of pings) {
    if (!ping.ok) continue
    totalNs += durationNs(ping.rttMs)
    answered += 1
  }
  if (answered === 0) return 0
  return Math.max(0, 100 - wholeMs(Math.trunc(totalNs / answered)) / 10)
}

/** Linear, 0 at 500 ms: weights 0.9^age, where failed pings have an age but no weight. */
function seedExponential({ pings }: SeedMetrics): number {
  let weighted = 0
  let total = 0
  for (const [i, ping] of pings.entries()) {
    if (!ping.ok) continue
    const weight = power(0.9, pings.length - i - 1)
    weighted += wholeMs(durationNs(ping.rttMs)) * weight
    total += weight
  }
  if (total === 0) return 0
  return Math.max(0, 100 - Math.trunc(weighted / total) / 5)
}

/**
 * 100 − 50·log10(rtt / 10 ms), within 0–100: the three points of the proof of concept's README (10 ms is 100, 100 ms is 50,
 * 1 s is 0) lie on this line, not on its code's. Times the share of pings that were answered.
 */
function judge({ answeredRatio, weight }: Evidence['roundTrip'], rttMs: number | undefined): FactorValue {
  if (answeredRatio === undefined) return NO_EVIDENCE
  const speed = rttMs === undefined ? 0 : clampScore(100 - 50 * Math.log10(rttMs / 10))
  return { score: speed * clampRatio(answeredRatio), maturity: maturityOf(weight, HALF_MATURE_PINGS) }
}

/** Round trip over the last ten minutes or so. */
export const latency: Factor = {
  id: 'latency',
  seed: seedMean,
  corrected: ({ roundTrip }) => judge(roundTrip, roundTrip.meanMs)
}

/** Round trip over the last half minute or so. */
export const latencyRecent: Factor = {
  id: 'latencyRecent',
  seed: seedExponential,
  corrected: ({ roundTrip }) => judge(roundTrip, roundTrip.recentMs)
}
