import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONTESTANTS } from '../../src/simulation/contestant.ts'
import { HINDSIGHT_BOUNDS } from '../../src/simulation/hindsight.ts'
import type { HeadToHead } from '../../src/simulation/head-to-head.ts'
import { SCENARIOS } from '../../src/simulation/scenario/catalogue/catalogue.ts'
import { smallScenario } from '../simulation/small-scenario.ts'
import { runCli, startCli } from './run-cli.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-simulate-'))
  await writeFile(join(directory, 'own.json'), JSON.stringify(smallScenario()))
  const wrong = smallScenario({ peers: [{ name: 'peer', tokensPerSecond: 1, rttMs: { min: -1, max: 1 } }] })
  await writeFile(join(directory, 'wrong.json'), JSON.stringify(wrong))
  await writeFile(join(directory, 'broken.json'), '{ "format": ')
  const traced = smallScenario({ workload: { kind: 'trace', path: 'nowhere.csv', utilisation: 0.5 } })
  await writeFile(join(directory, 'trace.json'), JSON.stringify(traced))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

const simulate = (...args: readonly string[]) => runCli(['simulate', ...args], { cwd: directory })

describe('peerbandit simulate', () => {
  it('prints the figures of every policy with their intervals as JSON, and progress beside it', async () => {
    const { status, stdout, stderr } = await simulate(
      ...['--scenario', 'own.json', '--policy', 'thompson,random', '--seeds', '2', '--jobs', '60', '--json']
    )
    expect(status, stderr).toBe(0)
    const { policies, ...head } = JSON.parse(stdout) as HeadToHead
    expect(head).toEqual({ format: 'peerbandit-simulation', version: 1, scenario: 'small', jobs: 60, seeds: 2 })
    expect(policies.map(({ policy }) => policy)).toEqual(['thompson', 'random'])
    const figures = 'meanMs p50Ms p95Ms p99Ms successRatio attempts loadGini decisionMicros ratioMean ratioP99'.split(' ')
    expect(Object.keys(policies[0])).toEqual(['policy', ...figures])
    expect(Object.keys(policies[0].meanMs)).toEqual(['mean', 'low', 'high'])
    expect(stderr).toContain('small: seed 2 of 2, random: 4 of 4 done')
  })

  it('prints the same figures with several workers, but for the measured time of a decision', async () => {
    const args = ['--scenario', 'own.json', '--policy', 'thompson,random', '--seeds', '2', '--jobs', '110', '--json']
    const [one, two] = await Promise.all([simulate(...args), simulate(...args, '--workers', '2')])
    const certain = ({ stdout }: { readonly stdout: string }) =>
      (JSON.parse(stdout) as HeadToHead).policies.map((policy) => ({ ...policy, decisionMicros: null }))
    expect(certain(two)).toEqual(certain(one))
    expect(certain(one)[0]).toHaveProperty('ratioFirst100')
  })

  it('ends with status 130 at Ctrl-C', async () => {
    const cli = startCli(['simulate', '--scenario', 'own.json', '--jobs', '200000'], { cwd: directory })
    cli.process.stderr?.once('data', () => cli.process.kill('SIGINT'))
    const { status, stdout, stderr } = await cli.ended
    expect(stderr).toBe('small: 3 runs of each, 1 at a time\n')
    expect([status, stdout]).toEqual([130, ''])
  })

  it('prints a table', async () => {
    const { status, stdout } = await simulate(
      ...['--scenario', 'own.json', '--policy', 'omniscient-sed', '--seeds', '1', '--jobs', '30']
    )
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /^small: 30 jobs, one seed;.*\ntimes in .*\n\npolicy +× mean +× p99 +mean .* µs\nomniscient-sed +1\.000 +1\.000 .*\n$/
    )
  })

  it('lists scenarios, and policies by what they are', async () => {
    const [text, json] = await Promise.all([simulate('--list'), simulate('--list', '--json')])
    expect(text.stdout).toMatch(
      /^Scenarios\n {2}steady-40 .*\nPolicies\n {2}thompson .*\nArms\n {2}fixed:standard .*\nItself without a part\n {2}without-bandit .*\nRivals\n {2}random .*\nBounds\n {2}omniscient-sed /s
    )
    const { scenarios, policies } = JSON.parse(json.stdout) as Record<'scenarios' | 'policies', { name: string; kind?: string }[]>
    expect(policies.find(({ name }) => name === 'b8')?.kind).toBe('rival')
    expect(scenarios.map(({ name }) => name)).toEqual(SCENARIOS.map(({ name }) => name))
    const bounds = HINDSIGHT_BOUNDS.map(({ id }) => id)
    expect(policies.map(({ name }) => name)).toEqual([...CONTESTANTS.map(({ id }) => id), ...bounds])
  })

  it.each([
    [
      ['--scenario', 'wrong.json'],
      /ERR_INVALID_OPTION: wrong\.json: peers\[0\]\.rttMs\.min must be a finite number of at least 0, got -1/
    ],
    [['--scenario', 'nowhere'], /ERR_INVALID_OPTION: scenario must be a \.json file or one of steady-40/],
    [['--scenario', 'own.json', '--policy', 'best'], /ERR_INVALID_OPTION: policy must be one of .*got "best"/],
    [['--scenario', 'own.json', '--policy', 'random,'], /names with commas between, got "random,"/],
    [['--scenario', 'own.json', '--seeds', '0'], /whole number from 1 to 1000/],
    [['--scenario', 'own.json', '--workers', '0'], /whole number from 1 to 256/],
    [['--scenario', 'missing.json'], /ERR_INVALID_OPTION: missing\.json must be a JSON file with a scenario: ENOENT/],
    [['--scenario', 'broken.json'], /ERR_INVALID_OPTION: broken\.json must be a JSON file with a scenario: .*JSON/],
    [['--scenario', 'trace.json'], /ERR_TRACE: nowhere\.csv does not exist/],
    [[], /required option '--scenario <name>' not specified; --list names them/]
  ])('refuses %j with status 2', async (args, message) => {
    const { status, stdout, stderr } = await simulate(...args)
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain(' done')
    expect([status, stdout]).toEqual([2, ''])
  })
})
