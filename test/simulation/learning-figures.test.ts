import { describe, expect, it } from 'vitest'
import { learningFigures, rollingRatios } from '../../src/simulation/learning-figures.ts'
import { learningResult } from '../../src/simulation/learning-result.ts'
import type { SimulatedRun } from '../../src/simulation/run-scenario.ts'
import { checkScenario } from '../../src/simulation/scenario/check-scenario.ts'
import { planScenario } from '../../src/simulation/scenario/scenario-workload.ts'
import type { Scenario } from '../../src/simulation/scenario/scenario.ts'
import { smallScenario } from './small-scenario.ts'

type Job = SimulatedRun['jobs'][number]

const scenarioWith = (overrides: Partial<Scenario> = {}) => checkScenario(smallScenario({ jobs: 600, ...overrides }), 'small')

/** The slow peer becomes a little faster half-way. */
const CHANGING = scenarioWith({
  peers: smallScenario().peers.map((peer) => ({
    ...peer,
    behaviours: [{ kind: 'speed', factor: peer.name === 'slow' ? 1.5 : 1, fromRatio: 0.5 }]
  }))
})

/** The jobs of a scenario with what came of each. */
async function playedIn(scenario: ReturnType<typeof scenarioWith>, come: (index: number) => Partial<Job>) {
  const plan = await planScenario(scenario, 1)
  const jobs = plan.jobs.map((recorded, index): Job => ({
    ...{ index, router: 0, workloadClass: 'batch', ok: true, durationMs: 1000, firstTokenMs: 1, attempts: 1 },
    ...{ arm: 'arm', failedAt: [], peer: 'fast', ...recorded },
    ...come(index)
  }))
  return { scenario, plan, run: { jobs } }
}

const figuresOf = async (scenario: ReturnType<typeof scenarioWith>, come: (index: number) => Partial<Job>) => {
  const { run: reference } = await playedIn(scenario, () => ({}))
  return learningFigures({ ...(await playedIn(scenario, come)), reference })
}

/** How many jobs arrive before the change. */
async function jobsBeforeChange(): Promise<number> {
  const { jobs, run } = await planScenario(CHANGING, 1)
  return jobs.filter(({ arrivalMs }) => arrivalMs < (run.fromMs + run.toMs) / 2).length
}

describe('what a run shows of learning', () => {
  it('is the ratio of the first 100 jobs to the bound', async () => {
    const { ratioFirst100 } = await figuresOf(scenarioWith(), (index) => ({ durationMs: index < 100 ? 1500 : 9000 }))
    expect(ratioFirst100).toBeCloseTo(1.5, 12)
  })

  it('is nothing for a run that is too short', async () => {
    expect(await figuresOf(scenarioWith({ jobs: 99 }), () => ({}))).toEqual({})
  })

  it('has the mean of every window of 100 jobs over that of the same jobs', async () => {
    const { run } = await playedIn(scenarioWith(), (index) => ({ durationMs: 1000 + index }))
    const { run: reference } = await playedIn(scenarioWith(), () => ({ durationMs: 500 }))
    const ratios = rollingRatios(run.jobs, reference.jobs)
    expect(ratios).toHaveLength(501)
    expect(ratios[0]).toBeCloseTo(1049.5 / 500, 12)
    expect(ratios[500]).toBeCloseTo(1549.5 / 500, 12)
  })

  it('counts the jobs from a change of speeds until a window is within 1.15 of the bound', async () => {
    const changed = await jobsBeforeChange()
    // 40 slow jobs after the change; a window with 15 of them has a mean of 1150 ms.
    const figures = await figuresOf(CHANGING, (index) => ({
      durationMs: index >= changed && index < changed + 40 ? 2000 : 1000
    }))
    expect(figures.recoveryJobs).toBe(25)
    const { fromJob, ratio } = figures.rollingRatio!
    const at = fromJob.indexOf(0)
    expect([fromJob[at + 1], ratio[at], ratio[at + 1]]).toEqual([50, 1.4, 1])
  })

  it('knows no recovery where there is none', async () => {
    expect((await figuresOf(CHANGING, () => ({ durationMs: 1200 }))).recoveryJobs).toBeNull()
    expect(await figuresOf(scenarioWith(), () => ({}))).not.toHaveProperty('recoveryJobs')
  })

  it('compares the share of a group with its part of what all can do, without the first 200 jobs', async () => {
    // 120 and 40 tokens/s: three quarters of the capacity, and one.
    const { shareByGroup } = await figuresOf(scenarioWith(), (index) => ({
      peer: index < 200 || index % 2 === 0 ? 'slow' : 'fast'
    }))
    expect(shareByGroup?.['fast'].share).toBe(0.5)
    expect(shareByGroup?.['fast'].fairShare).toBeCloseTo(0.75, 9)
    expect(shareByGroup?.['slow'].ofFairShare).toBeCloseTo(2, 9)
  })

  it('knows no share over fair share where a group can do nothing', async () => {
    const sinkhole = {
      name: 'hole',
      tokensPerSecond: 100,
      rttMs: { min: 1, max: 1 },
      behaviours: [{ kind: 'fail-fast' }] as const
    }
    const scenario = scenarioWith({ peers: [...smallScenario().peers, sinkhole] })
    const { shareByGroup } = await figuresOf(scenario, () => ({}))
    expect(shareByGroup?.['hole']).toEqual({ share: 0, fairShare: 0, ofFairShare: null })
  })

  it('tells which share of the attempts a group gets once 50 have failed there', async () => {
    const figures = await figuresOf(scenarioWith(), (index) => {
      // 60 failures in the first 60 jobs, one more in every tenth job after that.
      const fails = index < 60 || index % 10 === 0
      return fails ? { failedAt: ['slow'], attempts: 2 } : {}
    })
    // Counted from job 50: 550 jobs, 64 of which went to the slow peer first.
    expect(figures.attemptShareAfterFailures).toEqual({ slow: 64 / (550 + 64) })
  })

  it('counts an attempt that ran out of time at the peer that had it', async () => {
    const figures = await figuresOf(scenarioWith(), (index) =>
      index < 50 ? { failedAt: ['slow'], attempts: 2 } : { ok: false, peer: 'slow', failedAt: [], attempts: 1 }
    )
    expect(figures.attemptShareAfterFailures).toEqual({ slow: 1 })
  })
})

describe('what the runs of a policy show together', () => {
  it('is nothing where no run has anything', () => {
    expect(learningResult([{}, {}])).toEqual({})
  })

  it('is the mean over the runs that have it', () => {
    const share = (value: number) => ({ a: { share: value, fairShare: 0, ofFairShare: null } })
    const result = learningResult([
      { ratioFirst100: 1, recoveryJobs: 10, rollingRatio: { fromJob: [-50, 0], ratio: [1, 3] }, shareByGroup: share(0.2) },
      { ratioFirst100: 2, recoveryJobs: null, rollingRatio: { fromJob: [0, 50], ratio: [5, 9] }, shareByGroup: share(0.4) },
      { attemptShareAfterFailures: { a: 0.5 } }
    ])
    expect(result.ratioFirst100?.mean).toBe(1.5)
    expect([result.recoveryJobs?.mean, result.recoveredRatio]).toEqual([10, 0.5])
    expect(result.rollingRatio).toEqual({ fromJob: [0], ratio: [4] })
    expect(result.shareByGroup?.['a'].share.mean).toBeCloseTo(0.3, 12)
    expect(result.shareByGroup?.['a'].ofFairShare).toBeNull()
    expect(result.attemptShareAfterFailures?.['a'].mean).toBe(0.5)
  })

  it('is no recovery where no run recovered', () => {
    const rollingRatio = { fromJob: [0], ratio: [2] }
    expect(learningResult([{ recoveryJobs: null, rollingRatio }])).toEqual({
      recoveryJobs: null,
      recoveredRatio: 0,
      rollingRatio
    })
  })
})
