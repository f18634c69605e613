import { describe, expect, it } from 'vitest'
import { checkScenario } from '../../src/simulation/scenario/check-scenario.ts'
import { CONTESTANTS } from '../../src/simulation/contestant.ts'
import { headToHead } from '../../src/simulation/head-to-head.ts'
import { readScenario } from '../../src/simulation/scenario/read-scenario.ts'
import { runScenario, type SimulatedRun } from '../../src/simulation/run-scenario.ts'
import type { PeerGroup, Scenario } from '../../src/simulation/scenario/scenario.ts'
import { smallScenario } from './small-scenario.ts'

const small = (overrides: Partial<Scenario> = {}) => checkScenario(smallScenario(overrides), 'small')

const SILENT = { claims: { tokensPerSecond: 0 } }
const group = (name: string, tokensPerSecond: number, more: Partial<PeerGroup>): PeerGroup => ({
  name,
  tokensPerSecond,
  rttMs: { min: 10, max: 20 },
  ...more
})

const meanMs = ({ jobs }: SimulatedRun) => jobs.reduce((sum, { durationMs }) => sum + durationMs, 0) / jobs.length

/** How often a job failed at a peer. */
const failuresAt = ({ jobs }: SimulatedRun, name: string) =>
  jobs.flatMap(({ failedAt }) => failedAt).filter((peer) => peer === name).length

/** Every job ended once, and its figures can be true. */
function expectConserved(run: SimulatedRun, jobs: number, deadlineMs: number): void {
  expect(run.jobs.map(({ index }) => index)).toEqual(Array.from({ length: jobs }, (_, i) => i))
  for (const job of run.jobs) {
    const what = `job ${job.index}`
    expect(job.durationMs, what).toBeGreaterThan(0)
    expect(job.durationMs, what).toBeLessThanOrEqual(deadlineMs)
    expect(job.attempts, what).toBeLessThanOrEqual(3)
    expect(job.ok, `${what} succeeded or has a reason`).toBe(job.failure === undefined)
    expect(job.firstTokenMs === null, `${what} has a first token if it succeeded`).toBe(!job.ok)
    expect(job.firstTokenMs ?? 0, what).toBeLessThanOrEqual(job.durationMs)
  }
}

describe('runScenario', () => {
  it.each(['hidden-8', 'churn', 'sinkhole'])('gives the same jobs, bit for bit, for the same seed: %s', async (name) => {
    const scenario = { ...(await readScenario(name)), jobs: 150 }
    const [first, again, other] = [
      await runScenario(scenario, { policy: 'thompson', seed: 4 }),
      await runScenario(scenario, { policy: 'thompson', seed: 4 }),
      await runScenario(scenario, { policy: 'thompson', seed: 5 })
    ]
    expect(again.jobs).toEqual(first.jobs)
    expect([again.events, again.loadGini]).toEqual([first.events, first.loadGini])
    expect(other.jobs).not.toEqual(first.jobs)
  })

  it('starts routers anew with what their journals keep, and changes nothing before that', async () => {
    const scenario = { jobs: 300, routers: 2, peers: [group('slow', 10, SILENT), group('fast', 100, SILENT)] }
    const plain = await runScenario(small(scenario), { policy: 'thompson', seed: 1 })
    const restarted = await runScenario(small({ ...scenario, restartAtRatio: 0.5 }), { policy: 'thompson', seed: 1 })
    expectConserved(restarted, 300, small(scenario).deadlineMs)
    expect(restarted.jobs.slice(0, 100)).toEqual(plain.jobs.slice(0, 100))
    expect(restarted.jobs).not.toEqual(plain.jobs)
    // Nobody has to find out again which peer is fast.
    expect(restarted.jobs.slice(160, 190).filter(({ peer }) => peer === 'slow').length).toBeLessThan(8)
  })

  it('gives every policy of a seed the same jobs at the same routers', async () => {
    const scenario = small({ routers: 3 })
    const [one, two] = [
      await runScenario(scenario, { policy: 'thompson', seed: 1 }),
      await runScenario(scenario, { policy: 'omniscient-jsq', seed: 1 })
    ]
    const given = ({ jobs }: SimulatedRun) =>
      jobs.map(({ index, arrivalMs, router, promptTokens, outputTokens }) => [
        index,
        arrivalMs,
        router,
        promptTokens,
        outputTokens
      ])
    expect(given(two)).toEqual(given(one))
    expect(new Set(one.jobs.map(({ router }) => router))).toEqual(new Set([0, 1, 2]))
  })

  it.each(CONTESTANTS.map(({ id }) => id))('ends every job once under %s, though peers fail, stall and leave', async (policy) => {
    const scenario = small({
      jobs: 60,
      routers: 2,
      deadlineMs: 8000,
      peers: [
        { name: 'good', count: 2, tokensPerSecond: 80, failureRatio: 0.1, rttMs: { min: 5, max: 30 } },
        {
          name: 'gone',
          tokensPerSecond: 80,
          rttMs: { min: 5, max: 5 },
          behaviours: [{ kind: 'churn', uptimeRatio: 0.6, cycleMs: 5000 }]
        },
        { name: 'hangs', tokensPerSecond: 90, rttMs: { min: 5, max: 5 }, behaviours: [{ kind: 'stall', ratio: 0.3 }] },
        { name: 'fails', tokensPerSecond: 90, rttMs: { min: 5, max: 5 }, behaviours: [{ kind: 'fail-fast', toRatio: 0.5 }] }
      ]
    })
    expectConserved(await runScenario(scenario, { policy, seed: 2 }), 60, 8000)
  })

  it('is faster under the omniscient bound than at random with two honest peers', async () => {
    const [best, random] = [
      await runScenario(small({ jobs: 600 }), { policy: 'omniscient-sed', seed: 1 }),
      await runScenario(small({ jobs: 600 }), { policy: 'random', seed: 1 })
    ]
    expect(meanMs(best)).toBeLessThan(0.7 * meanMs(random))
  })

  it('takes what an engine takes and the way there and back, when there is nobody else', async () => {
    const scenario = small({
      jobs: 20,
      peers: [{ name: 'alone', tokensPerSecond: 100, rttMs: { min: 100, max: 100 } }],
      workload: { kind: 'exponential', promptTokens: 1000, outputTokens: 20, utilisation: 0.001 }
    })
    const { jobs } = await runScenario(scenario, { policy: 'fixed:per-token', seed: 1 })
    for (const job of jobs) {
      const promptMs = (1000 * job.promptTokens) / 2000
      expect(job.durationMs, `job ${job.index}`).toBeCloseTo(100 + promptMs + 10 * job.outputTokens, 3)
    }
  })

  it('fails every job, and says why, when nobody is there', async () => {
    const away = [{ kind: 'sessions', away: [{ fromMs: 0, toMs: 60_000 }] }] as const
    const scenario = small({
      jobs: 300,
      deadlineMs: 2000,
      peers: smallScenario().peers.map((peer) => ({ ...peer, behaviours: away }))
    })
    const { jobs } = await runScenario(scenario, { policy: 'thompson', seed: 1 })
    const early = jobs.filter(({ arrivalMs }) => arrivalMs > 5100 && arrivalMs < 60_000)
    expect(early.length).toBeGreaterThan(5)
    for (const job of early) {
      expect(job, `job ${job.index}`).toMatchObject({
        ok: false,
        failure: 'unreachable',
        durationMs: 2000,
        attempts: 0,
        peer: null
      })
    }
    expect(jobs.at(-1)?.ok).toBe(true)
  })

  it('lets every router know as many peers as the scenario says, and others than its neighbours', async () => {
    const peers = [{ name: 'peer', count: 40, tokensPerSecond: 80, rttMs: { min: 5, max: 30 } }]
    const scenario = small({ peers, routers: 6, peersPerRouter: 4, jobs: 600 })
    const run = await runScenario(scenario, { policy: 'round-robin', seed: 1 })
    const used = Array.from({ length: 6 }, (_, router) => [
      ...new Set(run.jobs.filter((job) => job.router === router).map(({ peer }) => peer))
    ])
    expect(used.map((names) => names.length)).toEqual([4, 4, 4, 4, 4, 4])
    expect(new Set(used.flat()).size).toBeGreaterThan(8)
    expectConserved(run, 600, 30_000)
  })

  it('measures decisions in the time of the stopwatch that it is given', async () => {
    let nowMs = 0
    const stopwatch = { now: () => (nowMs += 0.25), wall: () => 0 }
    const { decisionMicros } = await runScenario(small({ jobs: 20 }), { policy: 'thompson', seed: 1, stopwatch })
    expect(decisionMicros).toBe(250)
  })

  it('keeps most jobs away from a peer that fails at once', async () => {
    const run = await runScenario({ ...(await readScenario('sinkhole')), jobs: 600 }, { policy: 'fixed:per-token', seed: 1 })
    expect(failuresAt(run, 'sinkhole')).toBeGreaterThan(0)
    expect(failuresAt(run, 'sinkhole')).toBeLessThan(60)
  })

  it.each([
    [{ policy: 'best', seed: 1 }, /policy must be one of thompson, .*omniscient-jsq or throughput:FILE.json, got "best"/],
    [{ policy: 'fixed:nothing', seed: 1 }, /got "fixed:nothing"/],
    [{ policy: 'thompson', seed: 1.5 }, /seed must be an integer/]
  ])('refuses %j', async (options, message) => {
    await expect(runScenario(small(), options)).rejects.toThrow(message)
  })
})

describe('headToHead', () => {
  it('takes ratios to the omniscient bound of the same seed', async () => {
    const runs: string[] = []
    const result = await headToHead(small({ jobs: 80 }), {
      policies: ['omniscient-sed', 'random', 'random'],
      seeds: 2,
      onRun: ({ policy, seed }) => runs.push(`${policy} ${seed}`)
    })
    expect(runs).toEqual(['omniscient-sed 1', 'random 1', 'omniscient-sed 2', 'random 2'])
    expect(result).toMatchObject({ format: 'peerbandit-simulation', version: 1, scenario: 'small', jobs: 80, seeds: 2 })
    const [bound, random] = result.policies
    expect(bound).toMatchObject({ policy: 'omniscient-sed', ratioMean: { mean: 1, low: 1, high: 1 }, ratioP99: { mean: 1 } })
    expect(random.ratioMean.mean).toBeGreaterThan(1)
    expect(Number(random.ratioMean.low)).toBeLessThan(random.ratioMean.mean)
  })

  it('refuses an unknown policy before anything runs', async () => {
    const runs: string[] = []
    const options = { policies: ['random', 'nonsense'], seeds: 1, onRun: ({ policy }: { policy: string }) => runs.push(policy) }
    await expect(headToHead(small(), options)).rejects.toThrow(/got "nonsense"/)
    expect(runs).toEqual([])
  })
})
