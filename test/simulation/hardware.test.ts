import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { meanOf } from '../../src/math/quantile.ts'
import { contestantOf } from '../../src/simulation/contestant.ts'
import { runScenario } from '../../src/simulation/run-scenario.ts'
import { readScenario } from '../../src/simulation/scenario/read-scenario.ts'

const WITH_MODEL = 'throughput:default'

async function jobsOf(scenario: string, policy: string, { seed = 1, jobs = 200 } = {}) {
  return (await runScenario({ ...(await readScenario(scenario)), jobs }, { policy, seed })).jobs
}

describe('what is known of hardware', () => {
  it.each(['cold-start-unclaimed', 'churn-unclaimed'])('makes the first jobs of %s faster', async (scenario) => {
    const meanMs = async (policy: string) => {
      const runs = await Promise.all([1, 2, 3].map((seed) => jobsOf(scenario, policy, { seed })))
      return meanOf(runs.flat().map(({ durationMs }) => durationMs))
    }
    expect(await meanMs(WITH_MODEL)).toBeLessThan(0.98 * (await meanMs('thompson')))
  })

  it('changes nothing where a model of unknown size is served', async () => {
    expect(await jobsOf('modest', WITH_MODEL)).toEqual(await jobsOf('modest', 'thompson'))
  })

  it('may be in a file; one that cannot be used is named before anything runs', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'peerbandit-hardware-'))
    try {
      const path = join(directory, 'broken.json')
      await writeFile(path, '{}')
      expect(() => contestantOf(`throughput:${path}`)).toThrow(path)
      expect(() => contestantOf(`throughput:${path}`)).toThrow(expect.objectContaining({ code: 'ERR_MODEL' }) as Error)
      expect(() => contestantOf('throughput:nowhere.json')).toThrow(/nowhere\.json cannot be used.*no such file/)
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})

describe('peers that are measured machines', () => {
  it('name their GPU and model, and claim no speed', async () => {
    const { model, peers } = await readScenario('cold-start-unclaimed')
    expect(model).toBe('llama3.1:8b-instruct-q4_K_M')
    expect(peers).toHaveLength(40)
    expect(new Set(peers.map(({ claims }) => claims?.tokensPerSecond))).toEqual(new Set([0]))
    expect(peers.every(({ claims }) => claims?.gpuModel !== '')).toBe(true)
  })

  it('lie about it in false-names: slow ones, and only those', async () => {
    const [honest, lying] = await Promise.all(['cold-start-unclaimed', 'false-names'].map(readScenario))
    const liars = lying.peers.filter(({ claims }, i) => claims?.gpuModel !== honest.peers[i].claims?.gpuModel)
    const medianSpeed = honest.peers[honest.peers.length / 2].tokensPerSecond
    expect(liars.length).toBeGreaterThanOrEqual(8)
    expect(liars.every(({ tokensPerSecond }) => tokensPerSecond < medianSpeed)).toBe(true)
  })
})
