import { describe, expect, it } from 'vitest'
import { DEFAULT_OBJECTIVE, type Objective } from '../../src/job/objective.ts'
import type { Forecast } from '../../src/prediction/forecast.ts'
import { costMs, expectedReward } from '../../src/prediction/job-cost.ts'
import { Pool } from '../../src/prediction/pool.ts'

const sound: Forecast = { firstTokenMs: 200, waitingMs: 0, durationMs: 2_000, crowdingMs: 0, failureRatio: 0 }
const flaky: Forecast = { ...sound, durationMs: 1_500, failureRatio: 0.2 }

function costs(forecast: Forecast, retries: number, objective: Objective = DEFAULT_OBJECTIVE): number {
  return costMs(forecast, { objective, deadlineMs: 30_000, retries, pool: new Pool() })
}

describe('the cost of a job', () => {
  it('is its time where nothing fails and nobody is crowded', () => {
    expect(costs(sound, 2)).toBe(2_000)
    expect(costs(sound, 2, { metric: 'firstTokenMs', bestMs: 50, worstMs: 5_000 })).toBe(200)
  })

  it('has what the job takes from the others', () => {
    expect(costs({ ...sound, crowdingMs: 100 }, 2)).toBe(2_500)
    expect(costs({ ...sound, crowdingMs: 100 }, 2, { ...DEFAULT_OBJECTIVE, congestion: 0 })).toBe(2_000)
  })

  it('of a failure is the more, the fewer attempts are left: the last one fails for good', () => {
    const byRetries = [0, 1, 2, 5].map((retries) => costs(flaky, retries))
    expect(byRetries).toEqual(byRetries.toSorted((a, b) => b - a))
    expect(byRetries[0]).toBeCloseTo(1_500 + 0.2 * (2_000 + 30_000), 6)
  })

  it('prefers the fast peer that fails for a first attempt, and the one that does not for the last', () => {
    const quick = { ...flaky, durationMs: 500 }
    expect(costs(quick, 2)).toBeLessThan(costs(sound, 2))
    expect(costs(quick, 0)).toBeGreaterThan(costs(sound, 0))
  })
})

describe('the reward to expect', () => {
  it('is that of the time, times the share of jobs that do well', () => {
    const certain = expectedReward(sound, DEFAULT_OBJECTIVE, 100)
    expect(certain).toBeCloseTo(Math.log(300 / 20) / Math.log(100), 12)
    expect(expectedReward({ ...sound, failureRatio: 0.25 }, DEFAULT_OBJECTIVE, 100)).toBeCloseTo(0.75 * certain, 12)
  })
})
