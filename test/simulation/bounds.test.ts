import { describe, expect, it } from 'vitest'
import { bestArmPerJob, bestFixedArm, fastestPeerFloor } from '../../src/simulation/bounds.ts'
import { runScenario, type SimulatedRun } from '../../src/simulation/run-scenario.ts'
import { checkScenario } from '../../src/simulation/scenario/check-scenario.ts'
import { readScenario } from '../../src/simulation/scenario/read-scenario.ts'
import { planScenario } from '../../src/simulation/scenario/scenario-workload.ts'
import { absent, changedSpeed, type PeerNature, plainNature } from '../../src/simulation/virtual/behaviours.ts'
import { smallScenario } from './small-scenario.ts'

function peer(tokensPerSecond: number, ...behaviours: readonly ((nature: PeerNature) => PeerNature)[]): PeerNature {
  const claims = { models: [], tokensPerSecond, gpuModel: '', vramGb: 0, loadRatio: 0 }
  const plain = plainNature({ name: 'peer', tokensPerSecond }, { claims, roundTripMs: () => 30 })
  return behaviours.reduce((nature, behaviour) => behaviour(nature), plain)
}

/** 90 work tokens at 1000 ms. */
const JOB = { arrivalMs: 1_000, promptTokens: 200, outputTokens: 80 }

/** A run whose jobs took so long. */
function run(durationsMs: readonly number[]): SimulatedRun {
  const jobs = durationsMs.map((durationMs, index) => ({
    index,
    arrivalMs: 10 * index,
    router: 0,
    workloadClass: 'batch',
    promptTokens: 1,
    outputTokens: 1,
    ok: true,
    durationMs,
    firstTokenMs: 1,
    attempts: 1,
    peer: `peer of ${durationMs}`,
    arm: 'arm',
    failedAt: []
  }))
  return { jobs, loadGini: 0, decisionMicros: 0, events: 0 }
}

describe('fastestPeerFloor', () => {
  it.each([
    ['a peer', [peer(100)], 900],
    ['the faster of two', [peer(100), peer(180)], 500],
    ['one that becomes three times as fast', [peer(60, changedSpeed(3, { fromMs: 2_000, toMs: Infinity }))], 1_000 + 500 / 3],
    ['one that comes back later', [peer(100, absent([{ fromMs: 0, toMs: 1_700 }])), peer(50)], 1_600],
    ['nobody in time', [peer(1)], 30_000],
    ['nobody at all', [], 30_000]
  ])('is what a job takes alone at %s', (_name, natures, expectedMs) => {
    expect(fastestPeerFloor({ jobs: [JOB], natures }, 30_000)[0]).toBeCloseTo(expectedMs, 6)
  })

  it.each(['hidden-1', 'churn', 'steady-80'])('is below every job of the omniscient bound: %s', async (name) => {
    const scenario = { ...(await readScenario(name)), jobs: 200 }
    const floor = fastestPeerFloor(await planScenario(scenario, 3), scenario.deadlineMs)
    const { jobs } = await runScenario(scenario, { policy: 'omniscient-sed', seed: 3 })
    expect(floor).toHaveLength(200)
    for (const [i, job] of jobs.entries()) expect(job.durationMs, `job ${i}`).toBeGreaterThan(floor[i] - scenario.frameMs)
  })
})

describe('bounds in hindsight', () => {
  const runs = [run([10, 50, 30]), run([20, 20, 40]), run([90, 30, 20])]

  it('name the arm with the least mean', () => {
    const arms = runs.map((each, i) => ({ arm: `arm-${i}`, run: each }))
    expect(bestFixedArm(arms).arm).toBe('arm-1')
  })

  it('take each job from the run in which it was fastest', () => {
    const jobs = bestArmPerJob(runs)
    expect(jobs.map(({ durationMs }) => durationMs)).toEqual([10, 20, 20])
    expect(jobs.map(({ peer: ran }) => ran)).toEqual(['peer of 10', 'peer of 20', 'peer of 20'])
  })

  it('are no higher than any of their runs, job by job and on average', async () => {
    const scenario = checkScenario(smallScenario({ jobs: 100 }), 'small')
    const arms = ['per-token', 'standard', 'load-balanced']
    const armRuns = await Promise.all(
      arms.map(async (arm) => ({ arm, run: await runScenario(scenario, { policy: `fixed:${arm}`, seed: 1 }) }))
    )
    const best = bestFixedArm(armRuns)
    const perJob = bestArmPerJob(armRuns.map((each) => each.run))
    const total = (jobs: SimulatedRun['jobs']) => jobs.reduce((sum, { durationMs }) => sum + durationMs, 0)
    for (const { run: each, arm } of armRuns) {
      expect(total(best.run.jobs), arm).toBeLessThanOrEqual(total(each.jobs))
      for (const [i, { durationMs }] of each.jobs.entries()) expect(perJob[i].durationMs).toBeLessThanOrEqual(durationMs)
    }
  })

  it.each([
    ['none', []],
    ['different ones', [run([1, 2]), run([1])]]
  ])('refuse runs: %s', (got, wrong) => {
    expect(() => bestArmPerJob(wrong)).toThrow(`runs must be one or more of the same jobs, got ${got}`)
    expect(() => bestFixedArm(wrong.map((each) => ({ arm: 'arm', run: each })))).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
    )
  })
})
