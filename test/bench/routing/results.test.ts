import { describe, expect, it } from 'vitest'
import type { RunReport } from '../../../src/simulation/run-report.ts'
import { checkScenario } from '../../../src/simulation/scenario/check-scenario.ts'
import { smallScenario } from '../../simulation/small-scenario.ts'
import { benchPages } from './markdown.ts'
import { benchPlots } from './plots.ts'
import { type BenchPlan, benchResults, resultsJson } from './results.ts'
import { bestRivalOf, matrixOf, shortfallsOf, tallyOf } from './summary.ts'

const scenarios = ['easy', 'hard'].map((name) => checkScenario(smallScenario({ name, description: `an ${name} one` }), name))
const PLAN: BenchPlan = {
  title: 'A bench',
  ours: 'ours',
  policies: [
    { id: 'ours', kind: 'policy', title: 'Ours' },
    { id: 'slow', kind: 'rival', title: 'Slow' },
    { id: 'quick', kind: 'arm', title: 'Quick' },
    { id: 'bound', kind: 'bound', title: 'Bound' }
  ],
  scenarios,
  seeds: 3
}

/** Means of each policy in the easy and the hard scenario, ms; seeds differ by a percent from each other. */
const MEANS: Readonly<Record<string, readonly [number, number]>> = {
  ours: [1000, 1000],
  slow: [2000, 1400],
  quick: [1003, 800],
  bound: [500, 500]
}

function report(policy: string, scenario: string, seed: number): RunReport {
  // Neither policy is ahead where the two are about the same: now the one, now the other.
  const wobble = policy === 'quick' && scenario === 'easy' ? 1 + 0.02 * (seed - 1) : 1
  const meanMs = MEANS[policy][scenario === 'easy' ? 0 : 1] * (1 + 0.01 * seed) * wobble
  return {
    meanMs,
    p50Ms: 0.8 * meanMs,
    p95Ms: 2 * meanMs,
    p99Ms: 3 * meanMs,
    successRatio: 1,
    attempts: 1,
    loadGini: 0.5,
    decisionMicros: 100,
    ratioMean: meanMs / 500,
    ratioP99: meanMs / 500,
    recoveryJobs: 10,
    rollingRatio: { fromJob: [-50, 0, 50], ratio: [1, 2, 1] },
    quantilesMs: Array.from({ length: 101 }, (_, i) => (2 * meanMs * i) / 100)
  }
}

const results = benchResults(PLAN, 'abc', ({ name }, policy) => [0, 1, 2].map((seed) => report(policy, name, seed)))

describe('the results of a bench', () => {
  it('are in order of the mean time, bounds among them but not compared', () => {
    expect(results.scenarios[1].policies.map(({ policy }) => policy)).toEqual(['bound', 'quick', 'ours', 'slow'])
    expect(results.scenarios[1].comparisons.map(({ rival }) => rival)).toEqual(['quick', 'slow'])
  })

  it('have wins, ties and losses of ours against every rival, in the order of the plan', () => {
    const outcomes = matrixOf(results).map(({ rival, cells }) => [rival, ...cells.map(({ mean }) => mean.outcome)])
    expect(outcomes).toEqual([
      ['slow', 'win', 'win'],
      ['quick', 'tie', 'loss']
    ])
    const all = matrixOf(results).flatMap(({ cells }) => cells.map(({ p99 }) => p99))
    expect(tallyOf(all)).toEqual({ win: 2, tie: 1, loss: 1 })
  })

  it('name the best rival and how far ours is from it', () => {
    const best = bestRivalOf(results.scenarios[1], 'mean')
    expect(best?.rival).toBe('quick')
    expect(best?.ours.ratio).toBeCloseTo(1.25, 9)
  })

  it('list every case in which a rival is ahead by more than 5 %, with what is known of it', () => {
    const notes = [{ scenario: 'hard', rival: 'quick', why: 'it is quicker' }]
    const told = shortfallsOf(results, notes).map(({ scenario, rival, figure, why }) => [scenario, rival, figure, why])
    expect(told).toEqual([
      ['hard', 'quick', 'mean', 'it is quicker'],
      ['hard', 'quick', 'p99', 'it is quicker']
    ])
    expect(shortfallsOf(results, [])[0].why).toBeNull()
    expect(shortfallsOf(results, [{ scenario: 'hard', rival: '*', why: 'it is hard' }])[0].why).toBe('it is hard')
  })

  it('are a JSON document', () => {
    const document = JSON.parse(resultsJson(results)) as Record<string, unknown>
    expect(document).toMatchObject({
      format: 'peerbandit-routing',
      version: 1,
      ours: 'ours',
      seeds: 3,
      source: 'abc',
      scenarios: [
        { name: 'easy', jobs: 200, policies: [{ policy: 'bound', meanMs: [505, 492.6, 517.4] }, {}, {}, {}] },
        { name: 'hard', comparisons: [{ rival: 'quick', mean: { ratio: 1.25, outcome: 'loss' } }, {}] }
      ]
    })
  })
})

describe('the pages of a bench', () => {
  it('have tables with as many cells in every line, and every figure', async () => {
    const plots = await benchPlots(results, 'files')
    const pages = benchPages(results, 'files', { command: 'npm run bench:a', notes: [], plots })
    expect(pages.map(({ path }) => path)).toEqual(['files.md', 'files/everybody.md', 'files/easy.md', 'files/hard.md'])
    const [{ text: page }, { text: everybody }] = pages
    const tables = pages.flatMap(({ text }) =>
      text
        .trimEnd()
        .split('\n\n')
        .filter((block) => block.startsWith('|'))
    )
    expect(tables.length).toBeGreaterThanOrEqual(8)
    for (const table of tables) expect(new Set(table.split('\n').map((line) => line.split('|').length)).size, table).toBe(1)
    expect(page).toContain('| rules of other systems | 2 / 0 / 0 | 2 / 0 / 0 |')
    expect(page).toContain('| its own arms alone | 0 / 1 / 1 | 0 / 1 / 1 |')
    expect(page).toContain('| hard | `quick` | mean | 1.250 (1.250–1.250) | yes | not explained yet |')
    expect(page).toContain('| `quick` | 0 / 1 / 1 | 0 / 1 / 1 |')
    expect(page).toContain('| [hard](files/hard.md) |')
    expect(everybody).toContain('| `quick` | = = | − − |')
    for (const { path } of plots) expect(page).toContain(`](${path})`)
  })

  it('have figures that stand alone and hold no value that is none', async () => {
    const plots = await benchPlots(results, 'files')
    expect(plots.map(({ path }) => path)).toEqual(
      ['ratio', 'cdf-easy', 'cdf-hard', 'rolling-easy', 'rolling-hard'].map((name) => `files/${name}.svg`)
    )
    for (const { path, svg } of plots) {
      expect(svg, path).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" .*<\/svg>\n$/s)
      expect(svg, path).not.toMatch(/NaN|undefined|Infinity/)
      for (const policy of ['ours', 'slow', 'quick']) expect(svg, path).toContain(`>${policy}</text>`)
    }
  })
})
