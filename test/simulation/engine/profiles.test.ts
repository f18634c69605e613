import { expect, it } from 'vitest'
import { SEED_PROFILES } from '../../../src/simulation/engine/profiles.ts'
import type { PeerProfile } from '../../../src/simulation/engine/profiles.ts'

it('has the five kinds of peers of the proof of concept, with its figures', () => {
  const row = (p: PeerProfile) => [
    p.name,
    ...[p.tokensPerSecond, p.vramGb, p.gpuModel, p.uptimeRatio, p.rttMs.min, p.rttMs.max, p.loadRatio, p.failureRatio, p.slots]
  ]
  expect(SEED_PROFILES.map(row)).toEqual([
    ['HighPerformance', 150, 24, 'RTX 4090', 0.98, 5, 20, 0.3, 0.05, 4],
    ['LowLatency', 80, 16, 'RTX 3080', 0.95, 2, 10, 0.2, 0.03, 4],
    ['Unreliable', 40, 8, 'GTX 1080', 0.75, 50, 200, 0.6, 0.25, 4],
    ['Stable', 90, 12, 'RTX 3070', 0.999, 25, 40, 0.4, 0.01, 4],
    ['LoadBalanced', 110, 16, 'RTX 4080', 0.96, 30, 50, 0.1, 0.08, 4]
  ])
})
