import { Command, InvalidArgumentError } from 'commander'
import type { HeadToHead } from '../../simulation/head-to-head.ts'
import { integerFrom } from '../arguments.ts'

interface SimulateCommandOptions {
  readonly scenario?: string
  readonly policy: readonly string[]
  readonly seeds: number
  readonly jobs?: number
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
  const result = await headToHead(options.jobs === undefined ? scenario : { ...scenario, jobs: options.jobs }, {
    policies: options.policy,
    seeds: options.seeds,
    onRun: ({ policy, seed }) => {
      process.stderr.write(`${scenario.name}: seed ${seed} of ${options.seeds}, ${policy}\n`)
    }
  })
  process.stdout.write(options.json === true ? `${JSON.stringify(result, undefined, 1)}\n` : await table(result))
}

async function list(asJson: boolean): Promise<void> {
  const [{ SCENARIOS }, { CONTESTANTS }] = await Promise.all([
    import('../../simulation/scenario/catalogue/catalogue.ts'),
    import('../../simulation/contestant.ts')
  ])
  const scenarios = SCENARIOS.map(({ name, description }) => ({ name, description }))
  const policies = CONTESTANTS.map(({ id, title }) => ({ name: id, description: title }))
  if (asJson) {
    process.stdout.write(`${JSON.stringify({ scenarios, policies }, undefined, 1)}\n`)
    return
  }
  const width = Math.max(...[...scenarios, ...policies].map(({ name }) => name.length))
  const lines = (entries: typeof scenarios) =>
    entries.map((entry) => `  ${entry.name.padEnd(width)}  ${entry.description}\n`).join('')
  process.stdout.write(`Scenarios\n${lines(scenarios)}\nPolicies\n${lines(policies)}`)
}

async function table({ scenario, jobs, seeds, policies }: HeadToHead): Promise<string> {
  const { simulationTable } = await import('../../simulation/simulation-table.ts')
  return `${scenario}: ${jobs} jobs, ${seeds === 1 ? 'one seed' : `${seeds} seeds`}; × is to omniscient-sed, ± half a 95 % interval\n\n${simulationTable(policies)}`
}
