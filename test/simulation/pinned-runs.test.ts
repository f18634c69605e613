import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { runScenario, type SimulatedRun } from '../../src/simulation/run-scenario.ts'
import { readScenario } from '../../src/simulation/scenario/read-scenario.ts'

/** What a run is about, in full precision. */
function digest({ jobs, loadGini }: SimulatedRun): string {
  const results = jobs.map(({ ok, durationMs, firstTokenMs, attempts, peer, failedAt }) => [
    ok,
    durationMs,
    firstTokenMs,
    attempts,
    peer,
    failedAt
  ])
  return createHash('sha256')
    .update(JSON.stringify([results, loadGini]))
    .digest('hex')
    .slice(0, 16)
}

// Both choose by what the simulator alone decides, so that a change of the arms or of learning does not show here.
describe('a pinned run', () => {
  it.each([
    ['hidden-8', 'round-robin', 'fbd3860f30308b48'],
    ['hidden-8', 'omniscient-sed', '94a7768f13506ef3'],
    ['churn', 'round-robin', 'd11f17d8a1c4e904'],
    ['churn', 'omniscient-sed', '2e961cfc897cdea6']
  ])('of %s under %s comes out as it always did', async (name, policy, expected) => {
    const scenario = { ...(await readScenario(name)), jobs: 200, probeIntervalMs: 5_000 }
    expect(digest(await runScenario(scenario, { policy, seed: 1 }))).toBe(expected)
  })
})
