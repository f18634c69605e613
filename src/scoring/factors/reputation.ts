import type { Evidence } from '../../peer/evidence.ts'
import type { SeedMetrics } from '../../peer/seed-metrics.ts'
import { clampScore, type Factor, maturityOf, NO_EVIDENCE } from '../factor.ts'
import { durationNs, hours } from '../go-arithmetic.ts'
import { longevityPoints, MAX_LONGEVITY_POINTS, stability } from '../stay.ts'

/** Time under observation that makes a reputation half mature. */
const HALF_MATURE_MS = 3_600_000

/** One point for each day since the peer was first seen, 20 at most. */
export function seedLongevity({ firstSeenMs }: SeedMetrics, nowMs: number): number {
  return Math.min(hours(durationNs(nowMs - firstSeenMs)) / 24, 20)
}

/** At most 70, and below 0 for a peer that left more often than it came. */
function seedReputation(metrics: SeedMetrics, nowMs: number): number {
  const stable = metrics.connections > 0 ? (1 - metrics.disconnections / metrics.connections) * 50 : 0
  return Math.min(seedLongevity(metrics, nowMs) + stable, 100)
}

/**
 * Points that gossip can add and take away. A good standing there is cheap to come by, a bad one takes doing: it is worth more, and neither
 * makes a reputation by itself.
 */
const GOSSIP_POINTS = { good: 5, bad: 20 } as const

function gossipPoints({ gossipStanding = 0 }: Evidence): number {
  return gossipStanding * (gossipStanding > 0 ? GOSSIP_POINTS.good : GOSSIP_POINTS.bad)
}

/**
 * How long a peer has been around and how steadily: 20 points for days connected, 80 for being up and seldom leaving; where the node
 * gossips, up to 20 less or 5 more for how the peer behaves there.
 */
export const reputation: Factor = {
  id: 'reputation',
  seed: seedReputation,
  corrected(evidence) {
    const { sessions } = evidence
    if (sessions.uptimeRatio === undefined) return NO_EVIDENCE
    const steady = sessions.uptimeRatio * stability(sessions)
    return {
      score: clampScore(longevityPoints(evidence) + (100 - MAX_LONGEVITY_POINTS) * steady + gossipPoints(evidence)),
      maturity: maturityOf(sessions.observedMs, HALF_MATURE_MS)
    }
  }
}
