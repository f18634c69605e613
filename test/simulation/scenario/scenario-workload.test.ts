import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workTokens } from '../../../src/job/job.ts'
import { checkScenario } from '../../../src/simulation/scenario/check-scenario.ts'
import { isWithin } from '../../../src/simulation/virtual/behaviours.ts'
import { effectiveCapacity } from '../../../src/simulation/virtual/peer-plan.ts'
import type { Scenario } from '../../../src/simulation/scenario/scenario.ts'
import { planScenario } from '../../../src/simulation/scenario/scenario-workload.ts'
import { smallScenario } from '../small-scenario.ts'

const plan = (overrides: Partial<Scenario> = {}, seed = 1) => planScenario(checkScenario(smallScenario(overrides), 'small'), seed)

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-scenario-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

describe('the plan of a run', () => {
  it.each([
    ['steady peers', {}],
    ['peers whose speed changes', { peers: pool([{ kind: 'speed', factor: 0.2, fromRatio: 0.3 }]) }],
    [
      'peers that slow down by chance',
      { peers: pool([{ kind: 'hidden-load', factor: 0.3, meanNormalMs: 9000, meanSlowMs: 4000 }]) }
    ],
    ['peers that come and go', { peers: pool([{ kind: 'churn', uptimeRatio: 0.6, cycleMs: 20_000 }]) }],
    ['a peer that never answers', { peers: pool([{ kind: 'black-hole', toRatio: 0.5 }]) }],
    ['peers that leave together', { departures: [{ atRatio: 0.5, forMs: 5000, peersRatio: 0.5 }] }]
  ] satisfies [string, Partial<Scenario>][])(
    'offers the utilisation asked for, of what %s can really do',
    async (_what, overrides) => {
      const { jobs, natures, run } = await plan({ ...overrides, jobs: 2000 })
      const work = jobs.reduce((sum, job) => sum + workTokens(job.promptTokens, job.outputTokens), 0)
      const capacity = (effectiveCapacity(natures, run) * (run.toMs - run.fromMs)) / 1000
      expect(work / capacity / 0.6).toBeGreaterThan(0.97)
      expect(work / capacity / 0.6).toBeLessThan(1.03)
      expect([jobs[0].arrivalMs, jobs.at(-1)?.arrivalMs]).toEqual([run.fromMs, run.toMs])
    }
  )

  it('draws exponential lengths and times between arrivals', async () => {
    const { jobs } = await plan({ jobs: 5000 })
    const pausesMs = jobs.slice(1).map((job, i) => job.arrivalMs - jobs[i].arrivalMs)
    const variation = Math.sqrt(mean(pausesMs.map((ms) => (ms / mean(pausesMs) - 1) ** 2)))
    expect(variation).toBeCloseTo(1, 1)
    expect(mean(jobs.map(({ promptTokens }) => promptTokens)) / 200).toBeCloseTo(1, 1)
    expect(mean(jobs.map(({ outputTokens }) => outputTokens)) / 60).toBeCloseTo(1, 1)
  })

  it('is the same for the same seed, and another for another', async () => {
    expect((await plan()).jobs).toEqual((await plan()).jobs)
    expect((await plan({}, 2)).jobs).not.toEqual((await plan()).jobs)
  })

  it('sends the share of the peers away together', async () => {
    const { natures, run } = await plan({
      peers: [{ name: 'peer', count: 10, tokensPerSecond: 50, rttMs: { min: 5, max: 5 } }],
      departures: [{ atRatio: 0.5, forMs: 1000, peersRatio: 0.4 }]
    })
    const middleMs = (run.fromMs + run.toMs) / 2
    const awayAt = (atMs: number) => natures.filter(({ away }) => isWithin(away, atMs)).length
    expect([middleMs - 1, middleMs, middleMs + 999, middleMs + 1001].map(awayAt)).toEqual([0, 4, 4, 0])
  })

  it('counts given sessions from the first arrival', async () => {
    const peers = pool([{ kind: 'sessions', away: [{ fromMs: 100, toMs: 300 }] }])
    const { natures, run } = await plan({ peers })
    expect(natures[0].away).toEqual([{ fromMs: run.fromMs + 100, toMs: run.fromMs + 300 }])
  })

  it('takes a stretch of a trace, and says when it is too short', async () => {
    const path = join(directory, 'trace.csv')
    const rows = Array.from({ length: 50 }, (_, i) => `${i},${10 + i},${1 + i}`)
    await writeFile(path, ['arrival,prompt_tokens,output_tokens', ...rows].join('\n'))
    const workload = { kind: 'trace', path, utilisation: 0.5 } as const
    const { jobs } = await plan({ workload, jobs: 20 })
    expect(jobs).toHaveLength(20)
    expect(jobs.every((job, i) => i === 0 || job.promptTokens === jobs[i - 1].promptTokens + 1)).toBe(true)
    await expect(plan({ workload, jobs: 51 })).rejects.toThrow(/trace.csv holds 50 jobs, fewer than the 51 asked for/)
  })
})

function pool(behaviours: NonNullable<Scenario['peers'][number]['behaviours']>): Scenario['peers'] {
  const [fast, slow] = smallScenario().peers
  return [{ ...fast, behaviours }, slow]
}
