import type { PeerGroup, Scenario } from '../scenario.ts'
import { LIE, scenarioOf } from './pool.ts'

/** From the fastest to the slowest, over four times; each twice. */
const SPEEDS = [160, 120, 80, 60, 40]

function peer(tokensPerSecond: number, more: Partial<PeerGroup> = {}): PeerGroup {
  return { name: `speed-${tokensPerSecond}`, count: 2, tokensPerSecond, rttMs: { min: 20, max: 60 }, ...more }
}

function pool(more: (tokensPerSecond: number) => Partial<PeerGroup> = () => ({})): PeerGroup[] {
  return SPEEDS.map((tokensPerSecond) => peer(tokensPerSecond, more(tokensPerSecond)))
}

/** Nobody says how fast it is. */
const SILENT = { claims: { tokensPerSecond: 0 } }

function reversedFactor(tokensPerSecond: number): number {
  return SPEEDS[SPEEDS.length - 1 - SPEEDS.indexOf(tokensPerSecond)] / tokensPerSecond
}

const COLD_START_MS = 400_000

/**
 * What makes learning from outcomes easy or hard: the list of vLLM semantic-router's router-learning-core
 * (github.com/vllm-project/semantic-router, pull request 3503), which chooses models, restated for peers. Pools and figures are ours.
 */
export const LEARNING: readonly Scenario[] = [
  scenarioOf({
    name: 'learning-stationary',
    description: 'nothing ever changes, and nobody says how fast it is',
    peers: pool(() => SILENT),
    utilisation: 0.5
  }),
  scenarioOf({
    name: 'learning-drift',
    description: 'as learning-stationary, and half-way the order of the speeds is reversed',
    peers: pool((speed) => ({ ...SILENT, behaviours: [{ kind: 'speed', factor: reversedFactor(speed), fromRatio: 0.5 }] })),
    utilisation: 0.5
  }),
  scenarioOf({
    name: 'learning-cold-start',
    description: 'half-way the four fastest of ten peers come, of which nobody knows anything',
    peers: pool((speed) => ({
      ...SILENT,
      ...(speed > 100 ? { behaviours: [{ kind: 'sessions', away: [{ fromMs: 0, toMs: COLD_START_MS / 2 }] }] } : {})
    })),
    durationMs: COLD_START_MS,
    workload: { kind: 'fitted', jobsPerSecond: 2.5 }
  }),
  scenarioOf({
    // A selector learns of an outcome when the job ends, and not later: feedback is late because jobs are long.
    name: 'learning-delayed',
    description: 'one job in five takes a minute, so that its outcome is known dozens of decisions later',
    peers: pool(() => ({ ...SILENT, slots: 16, slowdown: 0 })),
    jobs: 1_500,
    deadlineMs: 300_000,
    workload: {
      kind: 'drawn',
      promptTokens: 0,
      outputTokens: { kind: 'quantiles', probabilities: [0, 0.8, 0.8, 1], values: [20, 60, 3_000, 6_000] },
      utilisation: 0.6
    }
  }),
  scenarioOf({
    name: 'learning-sparse',
    description: 'ten jobs for each of forty peers',
    peers: pool(() => ({ ...SILENT, count: 8 })),
    jobs: 400,
    probeIntervalMs: 5_000,
    utilisation: 0.3
  }),
  scenarioOf({
    name: 'learning-censored',
    description: 'jobs end after four seconds, done or not: of slow peers one sees time-outs alone',
    peers: pool((speed) => ({ ...SILENT, ...(speed < 80 ? { behaviours: [{ kind: 'speed', factor: 0.3 }] } : {}) })),
    deadlineMs: 4_000,
    workload: { kind: 'exponential', promptTokens: 400, outputTokens: 100, utilisation: 0.4 }
  }),
  scenarioOf({
    name: 'learning-poisoned',
    description: 'a third of the peers is slow, claims to be the fastest, and reports that speed and no load',
    peers: [
      ...pool().slice(0, 4),
      peer(40, { count: 4, claims: LIE, behaviours: [{ kind: 'misreport', loadFactor: 0, speedFactor: 4.5 }] })
    ],
    utilisation: 0.5
  }),
  scenarioOf({
    name: 'learning-restart',
    description: 'as learning-stationary with eight routers, all of which are started anew a third into the run',
    peers: pool(() => SILENT),
    routers: 8,
    restartAtRatio: 0.33,
    utilisation: 0.5
  })
]
