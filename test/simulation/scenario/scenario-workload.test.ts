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

  it('spreads jobs over the time that a rate gives them', async () => {
    const { jobs, run } = await plan({ workload: { kind: 'fitted', jobsPerSecond: 8 }, jobs: 400 })
    expect(run.toMs - run.fromMs).toBeCloseTo(50_000, 6)
    expect(jobs).toHaveLength(400)
  })

  it('offers each part of the run its share of the load', async () => {
    const steps = [0.5, 1.5, 1]
    const { jobs, natures, run } = await plan({
      workload: { kind: 'drawn', promptTokens: 0, outputTokens: 50, utilisation: 0.8, steps },
      jobs: 6000
    })
    const partMs = (run.toMs - run.fromMs) / 3
    const capacity = (effectiveCapacity(natures, run) * partMs) / 1000
    for (const [i, step] of steps.entries()) {
      const inPart = jobs.filter(({ arrivalMs }) => Math.min(2, Math.floor((arrivalMs - run.fromMs) / partMs)) === i)
      expect((50 * inPart.length) / capacity / (0.8 * step), `part ${i}`).toBeCloseTo(1, 1)
    }
  })

  it('lets all jobs come at once', async () => {
    const peers = pool([{ kind: 'rtt-drift', factor: 2 }])
    const { jobs, natures, run } = await plan({ workload: { kind: 'fitted', atOnce: true }, jobs: 30, peers })
    expect(run.toMs).toBe(run.fromMs)
    expect(new Set(jobs.map(({ arrivalMs }) => arrivalMs))).toEqual(new Set([run.fromMs]))
    expect(natures[0].roundTripMs(run.fromMs)).toBeLessThanOrEqual(20)
  })

  it('gives every peer and router its place in a matrix, the same for a seed', async () => {
    const path = join(directory, 'rtt.csv')
    await writeFile(path, '1,2\n10,20\n100,200\n')
    const peers: Scenario['peers'] = [{ name: 'peer', count: 4, tokensPerSecond: 50, rttMs: { matrix: path } }]
    const tripsOf = async (seed: number) => {
      const { natures } = await plan({ peers }, seed)
      return natures.map(({ roundTripMs }) => [roundTripMs(0, 0), roundTripMs(0, 1)])
    }
    const trips = await tripsOf(1)
    const rows = trips.map((trip) => trip.toSorted((a, b) => a - b).join())
    expect(new Set(rows)).toEqual(new Set(['1,2', '10,20', '100,200']))
    expect(rows[3], 'the fourth of three places is the first again').toBe(rows[0])
    expect(new Set(trips.map(([first, second]) => first < second)).size, 'a router is at one place for all').toBe(1)
    expect(await tripsOf(1)).toEqual(trips)
  })

  it('lets peers be there when those of a session list were', async () => {
    const path = join(directory, 'sessions.csv')
    await writeFile(path, 'peer,from_s,to_s\na,0,10\nb,0,1\na,20,30\n')
    const behaviours = [{ kind: 'session-list', path, timeFactor: 0.5 }] as const
    const { natures, run } = await plan({
      workload: { kind: 'fitted', jobsPerSecond: 10 },
      peers: [{ name: 'peer', count: 2, tokensPerSecond: 50, rttMs: { min: 5, max: 5 }, behaviours }]
    })
    const thereAt = [0, 400, 600, 4900, 5100, 9900, 10_100, 14_900, 15_100].map(
      (atMs) => natures.filter(({ away }) => !isWithin(away, run.fromMs + atMs)).length
    )
    expect(thereAt).toEqual([2, 2, 1, 1, 0, 0, 1, 1, 0])
  })

  it.each([
    ['1,2\n3\n', 'rtt', 'file.csv line 2: must have 2 columns as the first row has, got 1'],
    ['1,2\n3,x\n', 'rtt', 'file.csv line 2: column 2 must be a number of at least 0, got "x"'],
    ['\n', 'rtt', 'file.csv is empty'],
    ['peer,from,to\n', 'sessions', 'file.csv line 1: must be the header peer,from_s,to_s, got "peer,from,to"'],
    ['peer,from_s,to_s\na,5,5\n', 'sessions', 'file.csv line 2: to_s must be above from_s (5), got 5'],
    ['peer,from_s,to_s\na,5\n', 'sessions', 'file.csv line 2: must have 3 fields, got 2'],
    ['peer,from_s,to_s\na,-1,5\n', 'sessions', 'file.csv line 2: from_s must be a number of at least 0, got "-1"'],
    ['peer,from_s,to_s\n', 'sessions', 'file.csv has no sessions']
  ])('refuses the file %j of %s', async (text, kind, message) => {
    const path = join(directory, 'file.csv')
    await writeFile(path, text)
    const [fast] = smallScenario().peers
    const peer =
      kind === 'rtt' ? { ...fast, rttMs: { matrix: path } } : { ...fast, behaviours: [{ kind: 'session-list', path } as const] }
    await expect(plan({ peers: [peer] })).rejects.toThrow(`${directory}/${message}`)
  })

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
    await writeFile(path, 'Timestamp,Request tokens,Response tokens\n1,2,3\n2,3,0\n3,4,5\n')
    await expect(plan({ workload, jobs: 3 })).rejects.toThrow(
      /trace.csv holds 2 jobs \(without 1 that failed\), fewer than the 3 asked for/
    )
    await writeFile(path, ['arrival,prompt_tokens,output_tokens', ...rows].join('\n'))
    await expect(plan({ workload, jobs: 51 })).rejects.toThrow(/trace.csv holds 50 jobs, fewer than the 51 asked for/)
  })
})

function pool(behaviours: NonNullable<Scenario['peers'][number]['behaviours']>): Scenario['peers'] {
  const [fast, slow] = smallScenario().peers
  return [{ ...fast, behaviours }, slow]
}
