import type { PeerGroup, Scenario } from '../scenario.ts'
import { LIE, scenarioOf } from './pool.ts'

const NEAR = { min: 5, max: 15 }
const FAR = { min: 300, max: 500 }
const MIDDLE = { min: 40, max: 80 }

/** Four that mislead, four that are better than they look, and two that are neither. */
function pool(looksGood: Partial<PeerGroup>, isGood: Partial<PeerGroup>): PeerGroup[] {
  const plain = { tokensPerSecond: 80, rttMs: MIDDLE }
  return [
    { ...plain, name: 'looks-good', count: 4, ...looksGood },
    { ...plain, name: 'is-good', count: 4, ...isGood },
    { ...plain, name: 'middling', count: 2 }
  ]
}

const FAST = { tokensPerSecond: 150, claims: { tokensPerSecond: 150, gpuModel: 'RTX 4090', vramGb: 24 } }
const SLOW = { tokensPerSecond: 40, claims: { tokensPerSecond: 40, gpuModel: 'GTX 1080', vramGb: 8 } }

/** Pools in which the eight algorithms disagree: each is built so that one factor misleads. */
export const REGIMES: readonly Scenario[] = [
  scenarioOf({
    name: 'far-but-fast',
    description: 'latency misleads: the near peers are slow, the far ones fast, and answers are long',
    peers: pool({ ...SLOW, rttMs: NEAR }, { ...FAST, rttMs: FAR }),
    utilisation: 0.5
  }),
  scenarioOf({
    name: 'near-but-slow',
    description: 'speed misleads: the fast peers are far, the near ones slow, and answers have some ten tokens',
    peers: pool({ ...FAST, rttMs: FAR }, { ...SLOW, rttMs: NEAR }),
    workload: { kind: 'exponential', promptTokens: 20, outputTokens: 8, utilisation: 0.2 }
  }),
  scenarioOf({
    name: 'loaded',
    description: 'hardware misleads: on the best machines something else runs most of the time',
    peers: pool(
      {
        ...FAST,
        rttMs: NEAR,
        claims: { ...FAST.claims, loadRatio: 0.8 },
        behaviours: [{ kind: 'hidden-load', factor: 0.15, meanNormalMs: 10_000, meanSlowMs: 60_000 }]
      },
      { rttMs: MIDDLE }
    ),
    utilisation: 0.5
  }),
  scenarioOf({
    name: 'flaky',
    description: 'uptime and speed mislead: the fast peers are always there and fail four jobs in ten',
    peers: pool(
      { ...FAST, rttMs: NEAR, failureRatio: 0.4 },
      { failureRatio: 0.01, behaviours: [{ kind: 'churn', uptimeRatio: 0.9, cycleMs: 120_000 }] }
    ),
    utilisation: 0.5
  }),
  scenarioOf({
    name: 'lying',
    description: 'claims and load reports mislead: four slow peers say that they are the fastest and idle',
    peers: pool(
      { ...SLOW, claims: LIE, behaviours: [{ kind: 'misreport', loadFactor: 0, speedFactor: 4.5 }] },
      { tokensPerSecond: 100, claims: { tokensPerSecond: 100, gpuModel: 'RTX 3070', vramGb: 8, loadRatio: 0.3 } }
    ),
    utilisation: 0.5
  })
]
