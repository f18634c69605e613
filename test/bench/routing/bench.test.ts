import { spawn } from 'node:child_process'
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallScenario } from '../../simulation/small-scenario.ts'
import { progressMeter } from './progress.ts'
import { CONTESTANTS } from '../../../src/simulation/contestant.ts'
import { importClosure, runKeys, sourceVersion } from './source-version.ts'
import { checkScenario } from '../../../src/simulation/scenario/check-scenario.ts'

const PROGRAM = fileURLToPath(new URL('../routing.ts', import.meta.url))

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-routing-'))
  await writeFile(join(directory, 'own.json'), JSON.stringify(smallScenario({ jobs: 110 })))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

function runBench(...args: readonly string[]): Promise<{ readonly status: number | null; readonly stderr: string }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: directory })
  let stderr = ''
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
  return new Promise((resolve) =>
    child.once('close', (status) => {
      resolve({ status, stderr })
    })
  )
}

describe('bench:routing', () => {
  it('goes on where it was ended, with what it had written, and makes the same page', async () => {
    const args = ['--scenario', 'own.json', '--policy', 'random', '--seeds', '2', '--workers', '1']
    const first = await runBench(...args)
    expect(first.stderr).toContain('4 runs, 0 of them done before')
    expect(first.status).toBe(0)
    const page = join(directory, '.peerbandit/bench/part/routing.md')
    const before = await readFile(page, 'utf8')
    const runs = join(directory, '.peerbandit/bench/small.jsonl')
    const lines = (await readFile(runs, 'utf8')).trimEnd().split('\n')
    expect(lines).toHaveLength(4)

    // Ended in the middle of a line.
    await writeFile(runs, `${lines.slice(0, 3).join('\n')}\n${lines[3].slice(0, 100)}`)
    const second = await runBench(...args)
    expect(second.stderr).toContain('4 runs, 3 of them done before')
    expect(second.stderr).toContain('1 of 1 runs')
    // The figures that are measured differ.
    const certain = (text: string) => text.replaceAll(/\| [^|]* \|\n/g, '|\n')
    expect(certain(await readFile(page, 'utf8'))).toBe(certain(before))

    await appendFile(runs, '{"key"')
    expect((await runBench(...args)).stderr).toContain('4 runs, 4 of them done before')
    expect(await readdir(join(directory, '.peerbandit/bench/part'))).toEqual(['routing', 'routing.json', 'routing.md'])
  })

  it.each([
    [['--scenario', 'nowhere'], /ERR_INVALID_OPTION: scenario must be/],
    [['--scenario', 'own.json', '--policy', 'best'], /ERR_INVALID_OPTION: policy must be one of .*got "best"/],
    [['--seeds', '0'], /whole number from 1 to 1000/],
    [['--sedes', '3'], /unknown option '--sedes'/]
  ])('refuses %j with status 2, before anything runs', async (args, message) => {
    const { status, stderr } = await runBench(...args)
    expect(stderr).toMatch(message)
    expect(status).toBe(2)
  })
})

const SOURCE = { all: 'v1', withoutPrediction: 'v1' }

describe('a run is known again', () => {
  it('by the sources that it loads, and no others', () => {
    const files = importClosure(new URL('../../../src/simulation/run-worker.ts', import.meta.url)).map(({ pathname }) => pathname)
    for (const part of ['simulation/run-scenario.ts', 'bandit/thompson.ts', 'simulation/rivals/c3.ts', 'core/rng.ts']) {
      expect(
        files.some((file) => file.endsWith(`/src/${part}`)),
        part
      ).toBe(true)
    }
    expect(files.filter((file) => /\/(cli|demo|swarm|network)\/|simulation-table|head-to-head/.test(file))).toEqual([])
    const { all, withoutPrediction } = sourceVersion()
    expect(all).toMatch(/^[0-9a-f]{16}$/)
    expect(withoutPrediction).toMatch(/^[0-9a-f]{16}$/)
    expect(withoutPrediction).not.toBe(all)
  })

  it('by scenario, policy, seed and sources', () => {
    const scenario = checkScenario(smallScenario(), 'small')
    const keys = [
      runKeys(SOURCE)(scenario, 'random', 1),
      runKeys({ ...SOURCE, withoutPrediction: 'v2' })(scenario, 'random', 1),
      runKeys(SOURCE)({ ...scenario, jobs: 7 }, 'random', 1),
      runKeys(SOURCE)(scenario, 'p2c', 1),
      runKeys(SOURCE)(scenario, 'random', 2)
    ]
    expect(new Set(keys).size).toBe(keys.length)
    expect(runKeys(SOURCE)({ ...scenario }, 'random', 1)).toBe(keys[0])
  })

  it('whatever changes in the predictor, when it has none', () => {
    const scenario = checkScenario(smallScenario(), 'small')
    const keysOf = (policy: string) => [SOURCE, { ...SOURCE, all: 'v2' }].map((source) => runKeys(source)(scenario, policy, 1))
    for (const policy of ['random', 'c3', 'omniscient-sed']) expect(new Set(keysOf(policy)).size, policy).toBe(1)
    for (const policy of ['thompson', 'fixed:predictive', 'without-exploration', 'best-fixed-arm']) {
      expect(new Set(keysOf(policy)).size, policy).toBe(2)
    }
  })

  it('rules and bounds have none', () => {
    const arena = { peers: [], outputTokensOf: () => 1 }
    for (const contestant of CONTESTANTS) {
      const { prediction } = contestant.selection(arena, { routerId: 'r', seed: 1, routers: 1 })
      expect(prediction === false, contestant.id).toBe(contestant.kind === 'rival' || contestant.kind === 'bound')
    }
  })
})

describe('a run of a trace is known again', () => {
  it('by what the trace holds', async () => {
    const path = join(directory, 'trace.csv')
    const scenario = checkScenario(smallScenario({ workload: { kind: 'trace', path, utilisation: 0.5 } }), 'small')
    const keyWith = async (text: string) => {
      await writeFile(path, text)
      return runKeys(SOURCE)(scenario, 'random', 1)
    }
    const [one, other, again] = [await keyWith('1'), await keyWith('2'), await keyWith('1')]
    expect(other).not.toBe(one)
    expect(again).toBe(one)
  })
})

describe('progress', () => {
  it('tells rate and time left, at most every five seconds, and the end', () => {
    let nowMs = 0
    const lines: string[] = []
    const clock = { now: () => nowMs, wall: () => nowMs }
    const done = progressMeter({ total: 10, clock, write: (line) => lines.push(line) })
    for (let run = 1; run <= 10; run++) {
      nowMs += 2000
      done(`run ${run}`)
    }
    expect(lines).toEqual([
      '1 of 10 runs, 0.500 a second, 18.0 s left (run 1)\n',
      '4 of 10 runs, 0.500 a second, 12.0 s left (run 4)\n',
      '7 of 10 runs, 0.500 a second, 6.00 s left (run 7)\n',
      '10 of 10 runs, 0.500 a second, took 20.0 s (run 10)\n'
    ])
  })
})
