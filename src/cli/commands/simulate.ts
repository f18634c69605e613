import { Command, InvalidArgumentError } from 'commander'
import type { HeadToHead } from '../../simulation/head-to-head.ts'
import { integerFrom } from '../arguments.ts'
import { untilStopped } from '../exit.ts'

interface SimulateCommandOptions {
  readonly scenario?: string
  readonly policy: readonly string[]
  readonly seeds: number
  readonly jobs?: number
  readonly workers: number
  readonly json?: true
  readonly list?: true
}

export function simulateCommand(): Command {
  return new Command('simulate')
    .description('run policies over the same jobs in a simulated swarm, in virtual time, and compare')
    .option('--scenario <name>', 'a scenario by its name, or a .json file')
    .option('--policy <list>', 'what to compare, with commas between', names, ['thompson', 'fixed:per-token', 'fixed:standard'])
    .option('--seeds <n>', 'how many runs of each, with other jobs and mishaps', integerFrom(1, 1000), 3)
    .option('--jobs <n>', 'how many jobs a run has (default: as the scenario says)', integerFrom(2, 10_000_000))
    .option('--workers <n>', 'how many runs go side by side; the figures are the same with any number', integerFrom(1, 256), 1)
    .option('--json', 'figures as JSON, with 95 % intervals over the seeds')
    .option('--list', 'names the scenarios and policies that there are')
    .action(simulate)
}

function names(text: string): string[] {
  const list = text.split(',').map((name) => name.trim())
  if (list.includes('')) throw new InvalidArgumentError(`It must be names with commas between, got "${text}".`)
  return list
}

async function simulate(options: SimulateCommandOptions, command: Command): Promise<void> {
  if (options.list === true) {
    await list(options.json === true)
    return
  }
  if (options.scenario === undefined) command.error("error: required option '--scenario <name>' not specified; --list names them")
  const [{ readScenario }, { headToHead }] = await Promise.all([
    import('../../simulation/scenario/read-scenario.ts'),
    import('../../simulation/head-to-head.ts')
  ])
  const scenario = await readScenario(options.scenario)
  const stopped = untilStopped()
  process.stderr.write(`${scenario.name}: ${options.seeds} runs of each, ${options.workers} at a time\n`)
  try {
    const result = await headToHead(options.jobs === undefined ? scenario : { ...scenario, jobs: options.jobs }, {
      policies: options.policy,
      seeds: options.seeds,
      workers: options.workers,
      signal: stopped.signal,
      onRun: ({ policy, seed }, done, total) => {
        process.stderr.write(`${scenario.name}: seed ${seed} of ${options.seeds}, ${policy}: ${done} of ${total} done\n`)
      }
    })
    process.stdout.write(options.json === true ? `${JSON.stringify(result, undefined, 1)}\n` : await table(result))
  } finally {
    stopped.release()
  }
}

const KINDS = { policy: 'Policies', arm: 'Arms', ablation: 'Itself without a part', rival: 'Rivals', bound: 'Bounds' } as const

async function list(asJson: boolean): Promise<void> {
  const [{ SCENARIOS }, { EVERYBODY }] = await Promise.all([
    import('../../simulation/scenario/catalogue/catalogue.ts'),
    import('../../simulation/hindsight.ts')
  ])
  const scenarios = SCENARIOS.map(({ name, description }) => ({ name, description }))
  const policies = EVERYBODY.map(({ id, kind, title }) => ({ name: id, kind, description: title }))
  if (asJson) {
    process.stdout.write(`${JSON.stringify({ scenarios, policies }, undefined, 1)}\n`)
    return
  }
  const width = Math.max(...[...scenarios, ...policies].map(({ name }) => name.length))
  const section = (title: string, entries: readonly { readonly name: string; readonly description: string }[]) =>
    [`${title}\n`, ...entries.map((entry) => `  ${entry.name.padEnd(width)}  ${entry.description}\n`)].join('')
  const sections = Object.entries(KINDS).map(([kind, title]) =>
    section(
      title,
      policies.filter((policy) => policy.kind === kind)
    )
  )
  process.stdout.write([section('Scenarios', scenarios), ...sections].join('\n'))
}

async function table({ scenario, jobs, seeds, policies }: HeadToHead): Promise<string> {
  const { simulationTable } = await import('../../simulation/simulation-table.ts')
  const runs = seeds === 1 ? 'one seed' : `${seeds} seeds`
  return `${scenario}: ${jobs} jobs, ${runs}; × is to omniscient-sed, ± half a 95 % interval\n${simulationTable(policies)}`
}
