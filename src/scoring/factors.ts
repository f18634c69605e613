import type { Evidence } from '../peer/evidence.ts'
import type { SeedMetrics } from '../peer/seed-metrics.ts'
import { type Factor, FACTOR_IDS, type FactorId } from './factor.ts'
import { efficiency } from './factors/efficiency.ts'
import { headroom } from './factors/headroom.ts'
import { latency, latencyRecent } from './factors/latency.ts'
import { performance, performanceGpu } from './factors/performance.ts'
import { proximity } from './factors/proximity.ts'
import { reliability, reliabilityLongevity } from './factors/reliability.ts'
import { reputation } from './factors/reputation.ts'
import { uptime, uptimeConsistent } from './factors/uptime.ts'

export const FACTORS: Readonly<Record<FactorId, Factor>> = {
  latency,
  latencyRecent,
  uptime,
  uptimeConsistent,
  performance,
  performanceGpu,
  reliability,
  reliabilityLongevity,
  proximity,
  headroom,
  efficiency,
  reputation
}

/** All factors of one peer, in the order of `FACTOR_IDS`. */
export interface FactorRow {
  readonly scores: Float64Array
  readonly maturities: Float64Array
}

export function factorRow(): FactorRow {
  return { scores: new Float64Array(FACTOR_IDS.length), maturities: new Float64Array(FACTOR_IDS.length) }
}

const IN_ORDER = FACTOR_IDS.map((id) => FACTORS[id])

/** Judges evidence by every factor. Writes into `into`, so that a scoreboard need not allocate for each peer. */
export function judgeEvidence(evidence: Evidence, into: FactorRow): void {
  for (let i = 0; i < IN_ORDER.length; i += 1) {
    const { score, maturity } = IN_ORDER[i].corrected(evidence)
    into.scores[i] = score
    into.maturities[i] = maturity
  }
}

/** The proof of concept's judgement: always fully mature, and 0 throughout for a peer that it does not know. */
export function judgeSeedMetrics(metrics: SeedMetrics | undefined, nowMs: number, into: FactorRow): void {
  into.maturities.fill(1)
  for (let i = 0; i < IN_ORDER.length; i += 1) {
    into.scores[i] = metrics === undefined ? 0 : IN_ORDER[i].seed(metrics, nowMs)
  }
}
