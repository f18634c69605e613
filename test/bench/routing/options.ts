import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { integerFrom } from '../../../src/cli/arguments.ts'
import { EVERYBODY } from '../../../src/simulation/hindsight.ts'
import { OMNISCIENT_SED } from '../../../src/simulation/rivals/omniscient.ts'
import { checkTasks } from '../../../src/simulation/run-report.ts'
import { SCENARIOS } from '../../../src/simulation/scenario/catalogue/catalogue.ts'
import { readScenario } from '../../../src/simulation/scenario/read-scenario.ts'
import { MAIN_POLICIES, MAIN_SCENARIOS } from './policies.ts'
import type { BenchPlan } from './results.ts'

/** One of the programs that share all this. */
export interface BenchProgram {
  /** Of its files, and `npm run bench:<name>`. */
  readonly name: string
  readonly title: string
  readonly ours: string
  /** What is compared when nothing else is asked for. */
  readonly policies: readonly string[]
}

export interface BenchOptions {
  readonly plan: BenchPlan
  /** How to do the same again, as far as it matters for the figures. */
  readonly command: string
  readonly workers: number
  /** Where runs are kept. */
  readonly out: string
  /** Where the page goes. */
  readonly docs: string
}

interface Given {
  readonly quick?: true
  readonly scenario?: readonly string[]
  readonly policy?: readonly string[]
  readonly seeds?: number
  readonly jobs?: number
  readonly workers: number
  readonly out: string
  readonly docs?: string
}

/** With one of these it is not the whole bench. */
const FIGURE_OPTIONS = ['quick', 'scenario', 'policy', 'seeds', 'jobs'] as const

function flagText(name: (typeof FIGURE_OPTIONS)[number], given: Given): string {
  const value = given[name]
  return value === true ? `--${name}` : `--${name} ${String(value)}`
}

const SEEDS = 30
const QUICK = { seeds: 3, jobs: 220, scenarios: MAIN_SCENARIOS }

const names = (text: string) => text.split(',').map((name) => name.trim())

function commandOf({ name, title, ours }: BenchProgram): Command {
  return new Command(`bench:${name}`)
    .description(`${title}: all scenarios, all contestants; what is done is kept, and a second start goes on`)
    .option('--quick', `three seeds, at most ${QUICK.jobs} jobs, the main scenarios and rivals: under a minute`)

    .option('--scenario <list>', 'names or .json files, with commas between (default: all)', names)
    .option('--policy <list>', `what is compared with ${ours}, with commas between`, names)
    .option('--seeds <n>', `runs of each (default: ${SEEDS})`, integerFrom(1, 1000))
    .option('--jobs <n>', 'jobs of a run (default: as the scenario says)', integerFrom(2, 10_000_000))
    .option('--workers <n>', 'runs side by side', integerFrom(1, 256), availableParallelism())
    .option('--out <dir>', 'where runs are kept', '.peerbandit/bench')
    .option('--docs <dir>', 'where the page goes (default: docs for the whole bench, else beside the runs)')
    .showHelpAfterError('(add --help for the options)')
    .exitOverride()
}

/**
 * What the command line asks for, all of it checked.
 * @throws CommanderError, ERR_INVALID_OPTION or ERR_TRACE, before anything runs
 */
export async function benchOptions(program: BenchProgram, argv: readonly string[]): Promise<BenchOptions> {
  const command = commandOf(program).parse(argv, { from: 'user' })
  const given = command.opts<Given>()
  const policies = policiesOf(program, given)
  const scenarios = await Promise.all(scenarioNames(given).map(readScenario))
  const jobs = given.jobs ?? (given.quick === true ? QUICK.jobs : undefined)
  const sized = scenarios.map((scenario) => {
    if (jobs === undefined) return scenario
    return { ...scenario, jobs: given.quick === true ? Math.min(jobs, scenario.jobs) : jobs }
  })
  for (const scenario of sized) await checkTasks(scenario, policies)
  const flags = FIGURE_OPTIONS.filter((name) => command.getOptionValueSource(name) === 'cli')
  return {
    plan: {
      title: program.title,
      ours: program.ours,
      policies: policies.map(aboutPolicy),
      scenarios: sized,
      seeds: given.seeds ?? (given.quick === true ? QUICK.seeds : SEEDS)
    },
    command: [
      `npm run bench:${program.name}`,
      ...(flags.length > 0 ? ['--'] : []),
      ...flags.map((name) => flagText(name, given))
    ].join(' '),
    workers: given.workers,
    out: given.out,
    docs: given.docs ?? (flags.length > 0 ? join(given.out, 'part') : 'docs')
  }
}

function scenarioNames({ scenario, quick }: Given): readonly string[] {
  const all = SCENARIOS.map(({ name }) => name)
  return scenario ?? (quick === true ? all.filter((name) => QUICK.scenarios.includes(name)) : all)
}

function policiesOf({ ours, policies }: BenchProgram, given: Given): readonly string[] {
  const main = given.quick === true ? policies.filter((id) => MAIN_POLICIES.includes(id)) : []
  const asked = given.policy ?? (main.length > 0 ? [...main, OMNISCIENT_SED.id] : policies)
  return [...new Set([ours, ...asked])]
}

function aboutPolicy(policy: string): BenchPlan['policies'][number] {
  const about = EVERYBODY.find(({ id }) => id === policy)
  return { id: policy, kind: about?.kind ?? 'policy', title: about?.title ?? policy }
}
