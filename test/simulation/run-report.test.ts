import { describe, expect, it } from 'vitest'
import type { HindsightBound } from '../../src/simulation/hindsight.ts'
import { checkTasks, runReporter } from '../../src/simulation/run-report.ts'
import { runScenario } from '../../src/simulation/run-scenario.ts'
import { checkScenario } from '../../src/simulation/scenario/check-scenario.ts'
import { smallScenario } from './small-scenario.ts'

const scenario = checkScenario(smallScenario({ jobs: 120 }), 'small')

describe('the report of a run', () => {
  it('has its times by share of the jobs', async () => {
    const { quantilesMs, p50Ms, p99Ms } = await runReporter()({ scenario, policy: 'random', seed: 1 })
    expect(quantilesMs).toHaveLength(101)
    expect([quantilesMs[50], quantilesMs[99]]).toEqual([p50Ms, p99Ms])
    expect(quantilesMs.toSorted((a, b) => a - b)).toEqual(quantilesMs)
  })

  it('of a bound in hindsight is worked out from the runs of others', async () => {
    const bound: HindsightBound = {
      id: 'better-of-two',
      title: 'For each job the better of two',
      from: ['random', 'p2c'],
      derive: ([first, second]) => ({
        ...first,
        jobs: first.jobs.map((job, i) => (job.durationMs <= second.jobs[i].durationMs ? job : second.jobs[i]))
      })
    }
    const { meanMs } = await runReporter([bound])({ scenario, policy: 'better-of-two', seed: 1 })
    const runs = [
      await runScenario(scenario, { policy: 'random', seed: 1 }),
      await runScenario(scenario, { policy: 'p2c', seed: 1 })
    ]
    const best = runs[0].jobs.map(({ durationMs }, i) => Math.min(durationMs, runs[1].jobs[i].durationMs))
    expect(meanMs).toBeCloseTo(best.reduce((sum, value) => sum + value, 0) / best.length, 9)
  })
})

describe('what is to run is checked before', () => {
  it('by policy', async () => {
    await expect(checkTasks(scenario, ['thompson', 'nobody'])).rejects.toThrow(/got "nobody"/)
  })

  it('by trace', async () => {
    const workload = { kind: 'trace', path: 'nowhere.csv', utilisation: 0.5 } as const
    await expect(checkTasks({ ...scenario, workload }, ['thompson'])).rejects.toMatchObject({ code: 'ERR_TRACE' })
  })
})
