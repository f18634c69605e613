// node test/bench/simulator.ts [case ...]: how fast simulations run and what they hold, each in a process of its own. All but the
// largest when none is named.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { systemClock } from '../../src/core/clock.ts'
import { checkScenario } from '../../src/simulation/scenario/check-scenario.ts'
import { readScenario } from '../../src/simulation/scenario/read-scenario.ts'
import type { ResolvedScenario, Scenario } from '../../src/simulation/scenario/scenario.ts'
import { runScenario } from '../../src/simulation/run-scenario.ts'

const SEED = 1
const POLICY = 'fixed:per-token'

/** Everybody known to one router, which ranks all of them for every job. */
const TEN_THOUSAND: Scenario = {
  format: 'peerbandit-scenario',
  version: 1,
  name: '10k-peers',
  description: 'ten thousand peers, one router that knows all of them',
  peers: [
    { name: 'fast', count: 5_000, tokensPerSecond: 100, rttMs: { min: 5, max: 50 } },
    { name: 'slow', count: 5_000, tokensPerSecond: 40, rttMs: { min: 20, max: 100 } }
  ],
  workload: { kind: 'fitted', utilisation: 0.6 },
  jobs: 20_000
}

/** As many providers as a lookup in a DHT returns. */
const HUNDRED_THOUSAND: Scenario = {
  format: 'peerbandit-scenario',
  version: 1,
  name: '100k-peers',
  description: 'a hundred thousand peers, a thousand routers that know twenty each, short jobs',
  peers: [
    { name: 'fast', count: 20_000, tokensPerSecond: 120, rttMs: { min: 5, max: 50 } },
    { name: 'middle', count: 50_000, tokensPerSecond: 60, rttMs: { min: 20, max: 100 } },
    { name: 'slow', count: 30_000, tokensPerSecond: 30, slots: 2, failureRatio: 0.02, rttMs: { min: 50, max: 200 } }
  ],
  workload: { kind: 'exponential', promptTokens: 100, outputTokens: 50, utilisation: 0.1 },
  routers: 1_000,
  peersPerRouter: 20,
  jobs: 1_000_000
}

interface Case {
  readonly scenario: () => Promise<ResolvedScenario>
  readonly nodeOptions?: readonly string[]
  /** Minutes rather than seconds: only when it is named. */
  readonly long?: true
}

async function builtIn(name: string): Promise<ResolvedScenario> {
  return { ...(await readScenario(name)), jobs: 4_000 }
}

function ownScenario(scenario: Scenario): Case['scenario'] {
  return () => Promise.resolve(checkScenario(scenario, scenario.name))
}

/** Live jobs and peers fill more than Node gives a heap by itself; a larger nursery copies fewer of them. */
const LARGE_HEAP = ['--max-old-space-size=12000', '--max-semi-space-size=64']

const CASES: Readonly<Record<string, Case>> = {
  'steady-60': { scenario: () => builtIn('steady-60') },
  'hidden-8': { scenario: () => builtIn('hidden-8') },
  herding: { scenario: () => builtIn('herding') },
  '10k-peers': { scenario: ownScenario(TEN_THOUSAND), nodeOptions: LARGE_HEAP },
  '100k-peers-100k-jobs': { scenario: ownScenario({ ...HUNDRED_THOUSAND, jobs: 100_000 }), nodeOptions: LARGE_HEAP },
  '100k-peers-1m-jobs': { scenario: ownScenario(HUNDRED_THOUSAND), nodeOptions: LARGE_HEAP, long: true }
}

function line(cells: readonly (string | number)[]): string {
  return `${cells.map((cell, i) => (i === 0 ? String(cell).padEnd(20) : String(cell).padStart(11))).join(' ')}\n`
}

/** Runs one case in this process. */
async function measure(name: string): Promise<string> {
  const scenario = await CASES[name].scenario()
  const startMs = systemClock.now()
  const { events, decisionMicros } = await runScenario(scenario, { policy: POLICY, seed: SEED })
  const seconds = (systemClock.now() - startMs) / 1000
  const cpu = process.cpuUsage()
  return line([
    name,
    seconds.toFixed(1),
    ((cpu.user + cpu.system) / 1e6).toFixed(1),
    Math.round(scenario.jobs / seconds),
    Math.round(events / seconds),
    Math.round(process.resourceUsage().maxRSS / 1024),
    decisionMicros.toFixed(0)
  ])
}

async function measureInProcess(name: string): Promise<string> {
  const program = [...(CASES[name].nodeOptions ?? []), import.meta.filename, '--here', name]
  const { stdout } = await promisify(execFile)(process.execPath, program)
  return stdout
}

const [first, ...rest] = process.argv.slice(2)
if (first === '--here') {
  process.stdout.write(await measure(rest[0]))
} else {
  const named = first === undefined ? Object.keys(CASES).filter((name) => CASES[name].long !== true) : [first, ...rest]
  process.stdout.write(line([`${POLICY}, seed ${SEED}`, 'seconds', 'CPU s', 'jobs/s', 'events/s', 'peak MB', 'decision µs']))
  for (const name of named) process.stdout.write(await measureInProcess(name))
}
