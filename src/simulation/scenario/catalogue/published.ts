import type { BehaviourSpec, PeerGroup, Scenario } from '../scenario.ts'
import { scenarioOf } from './pool.ts'

/** Mean work of a request: 4 s at 100 tokens/s, a thousand times the 4 ms of the source. */
const ABSIM_TOKENS = 400

function absim(about: Pick<Scenario, 'name' | 'description' | 'peers'>): Scenario {
  return scenarioOf({
    ...about,
    routers: 8,
    deadlineMs: 120_000,
    probeIntervalMs: 5_000,
    workload: {
      kind: 'drawn',
      promptTokens: 0,
      outputTokens: { kind: 'exponential', mean: ABSIM_TOKENS },
      utilisation: 0.7
    }
  })
}

function absimServers(name: string, count: number, speedFactor = 1, behaviours: readonly BehaviourSpec[] = []): PeerGroup {
  return {
    name,
    count,
    tokensPerSecond: 100 * speedFactor,
    slots: 4,
    slowdown: 0,
    queueLimit: 1_000,
    rttMs: { min: 38, max: 40 },
    behaviours
  }
}

/**
 * The simulation of C3 (Suresh et al., NSDI 2015; github.com/lalithsuresh/absim), restated: 50 servers that serve four requests at a
 * time, exponential work, Poisson arrivals at 70 %. All times are a thousand times as long, but for the network: its 4 ms of round trip
 * are 40, as 4 s would be no network. 8 routers instead of 150 to 300 clients; every router may choose every server, not three replicas.
 */
const ABSIM: readonly Scenario[] = [
  absim({ name: 'absim-base', description: 'C3: 50 servers that are alike, eight routers', peers: [absimServers('server', 50)] }),
  absim({
    name: 'absim-static',
    description: 'C3: three in ten of 50 servers have half the speed',
    peers: [absimServers('fast', 35), absimServers('slow', 15, 0.5)]
  }),
  absim({
    name: 'absim-time-varying',
    description: 'C3: every ten seconds each of 50 servers becomes five times as fast or as slow',
    peers: [absimServers('server', 50, 1, [{ kind: 'speed-flips', factor: 5, everyMs: 10_000 }])]
  })
]

/**
 * The load ramp of Prequal (Wydrowski et al., NSDI 2024), restated: jobs share a server's processor, work is normal with a deviation
 * as large as its mean and never below 0, antagonists take half of a machine now and then. 20 servers and 8 routers instead of 100 and
 * 100; times are ten times as long (deadline 50 s instead of 5 s); the steps end at 1.27 of what the servers can do, in the source at
 * 1.74. Their length, the mean work and the antagonists are ours. There a server may use more than its share while the machine is idle.
 */
const PREQUAL_RAMP = scenarioOf({
  name: 'prequal-ramp',
  description: 'Prequal: load rises in six steps from 75 % to 127 %; antagonists on the machines',
  peers: [
    {
      name: 'server',
      count: 20,
      tokensPerSecond: 50,
      slots: 32,
      slowdown: 1,
      queueLimit: 1_000,
      rttMs: { min: 5, max: 10 },
      behaviours: [{ kind: 'hidden-load', factor: 0.5, meanNormalMs: 30_000, meanSlowMs: 10_000 }]
    }
  ],
  routers: 8,
  deadlineMs: 50_000,
  workload: {
    kind: 'drawn',
    promptTokens: 0,
    outputTokens: { kind: 'normal', mean: 40, deviation: 40 },
    utilisation: 1,
    steps: [0.75, 0.83, 0.93, 1.03, 1.14, 1.27]
  }
})

/** Successful retrievals in all, and bandwidth in bytes/s: 1e6 to 1e8. */
const LASSIE_PROVIDERS = [
  { name: 'best', count: 4, successRatio: 0.6, bandwidth: 1e8 },
  { name: 'fast', count: 20, successRatio: 0.4, bandwidth: 3e7 },
  { name: 'middle', count: 20, successRatio: 0.5, bandwidth: 1e7 },
  { name: 'slow', count: 50, successRatio: 0.3, bandwidth: 3e6 },
  { name: 'worst', count: 1, successRatio: 0.1, bandwidth: 1e6 }
]

/**
 * The population of Lassie's draft simulator (github.com/filecoin-project/lassie, branch rvagg/score-modelling): groups of 4, 20, 20, 50
 * and 1 providers that succeed in 10 to 60 % and have 1e6 to 1e8 bytes/s; which group has which is ours. A token stands for a megabyte.
 * 2,000 retrievals instead of 50,000, three attempts at each.
 */
const LASSIE = scenarioOf({
  name: 'lassie-population',
  description: 'Lassie: 95 providers that mostly fail, with bandwidths over two orders of magnitude',
  peers: LASSIE_PROVIDERS.map(({ name, count, successRatio, bandwidth }) => ({
    name,
    count,
    tokensPerSecond: bandwidth / 1e6,
    slots: 4,
    failureRatio: 1 - successRatio,
    rttMs: { min: 20, max: 200 }
  })),
  probeIntervalMs: 5_000,
  jobs: 1_500,
  deadlineMs: 60_000,
  workload: { kind: 'exponential', promptTokens: 0, outputTokens: 50, utilisation: 0.2 }
})

/** Settings that were published with the rules of other systems. */
export const PUBLISHED: readonly Scenario[] = [...ABSIM, PREQUAL_RAMP, LASSIE]
