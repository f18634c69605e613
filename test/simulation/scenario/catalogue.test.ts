import { describe, expect, it } from 'vitest'
import { runScenario } from '../../../src/simulation/run-scenario.ts'
import { SCENARIOS } from '../../../src/simulation/scenario/catalogue/catalogue.ts'
import { checkScenario } from '../../../src/simulation/scenario/check-scenario.ts'

/** In these, peers fail so much that this is all that can be done. */
const HARD: Readonly<Record<string, number>> = {
  'all-nodes-500': 0.9,
  flaky: 0.85,
  'lassie-population': 0.75
}

const JOBS = 80

/** In a shorter run of these nobody would have the time to learn what is going on. */
const WHOLE = ['all-nodes-500', 'black-hole-after']

describe('the scenarios that come with the package', () => {
  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    'are small enough to run in seconds, and are probed as in the planning study: %s',
    (name, scenario) => {
      const { jobs, peers, routers, probeIntervalMs } = checkScenario(scenario, name)
      expect(jobs).toBeGreaterThanOrEqual(400)
      expect(jobs).toBeLessThanOrEqual(4000)
      const count = peers.reduce((sum, peer) => sum + (peer.count ?? 1), 0)
      const expected = count > 20 ? 5000 : routers > 10 ? 2000 : 1000
      expect(probeIntervalMs).toBe(expected)
    }
  )

  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    'run under the per-token rule and the bound, which does what can be done: %s',
    async (name, scenario) => {
      const checked = checkScenario(scenario, name)
      const small = WHOLE.includes(name) ? checked : { ...checked, jobs: JOBS }
      const [bound, rule] = [
        await runScenario(small, { policy: 'omniscient-sed', seed: 1 }),
        await runScenario(small, { policy: 'fixed:per-token', seed: 1 })
      ]
      const successRatio = (run: typeof bound) => run.jobs.filter(({ ok }) => ok).length / small.jobs
      expect([bound.jobs.length, rule.jobs.length]).toEqual([small.jobs, small.jobs])
      expect(successRatio(bound)).toBeGreaterThanOrEqual(HARD[name] ?? 0.97)
      expect(successRatio(rule)).toBeGreaterThan(0.5)
    }
  )
})
