import type { Evidence } from '../../peer/evidence.ts'
import type { SeedMetrics } from '../../peer/seed-metrics.ts'
import { type Factor, type FactorValue, NO_EVIDENCE } from '../factor.ts'
import { power } from '../go-arithmetic.ts'
import { gpuSpeed, seedGpuMultiplier } from '../gpu.ts'
import { occupancyOf } from '../occupancy.ts'
import { speedOf, speedScore, type Speed } from '../speed.ts'

/** What a full peer loses of its score; the shares that the proof of concept gives to load. */
const LOAD_SHARE = 0.3
const GPU_LOAD_SHARE = 0.2

/** Linear in the claimed speed, full at 100 tokens/s; the claimed load believed and not clamped. */
function seedStandard({ resource }: SeedMetrics): number {
  const throughput = Math.min(100, (resource.tokensThroughput / 100) * 100)
  return throughput * 0.7 + (1 - resource.load) * 100 * 0.3
}

/** The claimed speed times a factor for four GPU names; a load of 2 counts like one of 0, being squared. */
function seedAdvanced({ resource }: SeedMetrics): number {
  const throughput = Math.min(100, (resource.tokensThroughput / 100) * 100 * seedGpuMultiplier(resource.gpuModel))
  return throughput * 0.8 + power(1 - resource.load, 2) * 100 * 0.2
}

/** The score of the speed, with the share for load taken off as far as the peer is known to be busy. */
function judge(speed: Speed | undefined, busyShare: number): FactorValue {
  if (speed === undefined) return NO_EVIDENCE
  return { score: speedScore(speed.tokensPerSecond) * (1 - busyShare), maturity: speed.maturity }
}

function busy(evidence: Evidence): number {
  const occupancy = occupancyOf(evidence)
  return occupancy === undefined ? 0 : occupancy.busyRatio * occupancy.maturity
}

/** Speed at the present load: observed tokens/s on a logarithmic scale. */
export const performance: Factor = {
  id: 'performance',
  seed: seedStandard,
  corrected: (evidence) => judge(speedOf(evidence), LOAD_SHARE * busy(evidence))
}

/** The same with the GPU weighed in while no speed was observed, and the last free slot worth more than the first. */
export const performanceGpu: Factor = {
  id: 'performanceGpu',
  seed: seedAdvanced,
  corrected: (evidence) =>
    judge(speedOf(evidence, gpuSpeed(evidence.claims?.gpuModel ?? '')), GPU_LOAD_SHARE * (1 - (1 - busy(evidence)) ** 2))
}
