import type { Scenario } from '../../src/simulation/scenario/scenario.ts'

/** Two honest peers, one three times as fast as the other, and some seconds of jobs. */
export function smallScenario(overrides: Partial<Scenario> = {}): Scenario {
  return {
    format: 'peerbandit-scenario',
    version: 1,
    name: 'small',
    description: 'two honest peers',
    peers: [
      { name: 'fast', tokensPerSecond: 120, rttMs: { min: 10, max: 20 } },
      { name: 'slow', tokensPerSecond: 40, rttMs: { min: 20, max: 20 } }
    ],
    workload: { kind: 'exponential', promptTokens: 200, outputTokens: 60, utilisation: 0.6 },
    jobs: 200,
    ...overrides
  }
}
