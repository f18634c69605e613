import type { Scenario } from '../scenario.ts'
import { LIE, reversedSpeedFactor, scenarioOf, seedPool } from './pool.ts'

const DRIFT = scenarioOf({
  name: 'drift',
  description: 'half-way the slow peers become fast and the fast ones slow',
  peers: seedPool((profile) => ({
    behaviours: [{ kind: 'speed', factor: reversedSpeedFactor(profile), fromRatio: 0.5 }]
  })),
  utilisation: 0.6
})

const LIARS = scenarioOf({
  name: 'liars',
  description: 'the two unreliable peers claim to be the fastest, and report that speed and no load',
  peers: seedPool((profile) =>
    profile === 'Unreliable' ? { claims: LIE, behaviours: [{ kind: 'misreport', loadFactor: 0, speedFactor: 4.5 }] } : {}
  ),
  utilisation: 0.6
})

function shared(scenario: Scenario): Scenario {
  return {
    ...scenario,
    name: `${scenario.name}-8`,
    description: `as ${scenario.name}, and eight routers share the peers`,
    routers: 8
  }
}

/** What they say of themselves is less than they can do. */
const MODESTY = { gpuModel: 'GTX 1050', tokensPerSecond: 15, vramGb: 4, loadRatio: 0.2 }

/** One thing that goes wrong in each. */
export const TROUBLES: readonly Scenario[] = [
  DRIFT,
  shared(DRIFT),
  scenarioOf({
    name: 'cold-start',
    description: 'a short run from nothing known; peers that return take half a minute to be as fast as before',
    peers: seedPool(() => ({ behaviours: [{ kind: 'slow-start', factor: 0.25, lastsMs: 30_000 }] })),
    jobs: 400,
    utilisation: 0.6
  }),
  LIARS,
  shared(LIARS),
  scenarioOf({
    name: 'sinkhole',
    description: 'one peer answers every request at once: it failed',
    peers: [
      ...seedPool(),
      { name: 'sinkhole', tokensPerSecond: 150, rttMs: { min: 2, max: 10 }, behaviours: [{ kind: 'fail-fast' }] }
    ],
    utilisation: 0.6
  }),
  scenarioOf({
    name: 'black-hole',
    description: 'one peer takes requests and never answers; pings and load reports look fine',
    peers: [
      ...seedPool(),
      { name: 'black-hole', tokensPerSecond: 150, rttMs: { min: 2, max: 10 }, behaviours: [{ kind: 'black-hole' }] }
    ],
    utilisation: 0.6
  }),
  scenarioOf({
    name: 'herding',
    description: '32 routers share the peers and know nothing of each other',
    peers: seedPool(),
    routers: 32,
    probeIntervalMs: 2_000,
    utilisation: 0.6
  }),
  scenarioOf({
    name: 'churn',
    description: 'peers come and go every minute, some streams stop half-way, and twice four in ten leave together',
    peers: seedPool(() => ({
      behaviours: [
        { kind: 'churn', uptimeRatio: 0.8, cycleMs: 60_000 },
        { kind: 'stall', ratio: 0.02 },
        { kind: 'rtt-drift', factor: 3 }
      ]
    })),
    departures: [
      { atRatio: 0.3, forMs: 30_000, peersRatio: 0.4 },
      { atRatio: 0.7, forMs: 30_000, peersRatio: 0.4 }
    ],
    routers: 4,
    utilisation: 0.5
  }),
  scenarioOf({
    name: 'modest',
    description: 'the best peers claim the least, and there is hardly enough to do to find that out',
    peers: seedPool((profile) => (profile === 'HighPerformance' ? { claims: MODESTY } : {})),
    jobs: 1_200,
    utilisation: 0.15
  }),
  scenarioOf({
    name: 'late-bloomers',
    description: 'the best peers are ten times slower than they will be later, when nobody has a reason to try them again',
    peers: seedPool((profile) =>
      profile === 'HighPerformance' ? { behaviours: [{ kind: 'speed', factor: 0.1, toRatio: 0.3 }] } : {}
    ),
    jobs: 2_000,
    utilisation: 0.15
  })
]
