import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runScenario } from '../../../src/simulation/run-scenario.ts'
import { checkScenario } from '../../../src/simulation/scenario/check-scenario.ts'
import { smallScenario } from '../small-scenario.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-scenario-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

describe('a run', () => {
  it('takes a router the way there and back from its own place in a matrix', async () => {
    const path = join(directory, 'rtt.csv')
    await writeFile(path, '100,300\n')
    const scenario = smallScenario({
      peers: [{ name: 'alone', tokensPerSecond: 100, rttMs: { matrix: path } }],
      workload: { kind: 'drawn', promptTokens: 0, outputTokens: 20, arrivals: 'even', jobsPerSecond: 0.5 },
      jobs: 20,
      routers: 2
    })
    const { jobs } = await runScenario(checkScenario(scenario, 'small'), { policy: 'fixed:per-token', seed: 1 })
    const tookMs = Map.groupBy(jobs, ({ router }) => router)
      .values()
      .map((own) => [...new Set(own.map(({ durationMs }) => Math.round(durationMs)))])
      .toArray()
    // 200 ms for the answer, and 3 for the words that ask for its length.
    expect(tookMs.toSorted()).toEqual([[303], [503]])
  })

  it('ends every job that comes with all others', async () => {
    const scenario = smallScenario({ workload: { kind: 'fitted', atOnce: true }, jobs: 20 })
    const { jobs } = await runScenario(checkScenario(scenario, 'small'), { policy: 'omniscient-sed', seed: 1 })
    expect(new Set(jobs.map(({ arrivalMs }) => arrivalMs)).size).toBe(1)
    expect(jobs.filter(({ ok }) => ok).length).toBeGreaterThan(10)
  })
})
