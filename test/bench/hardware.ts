// npm run bench:hardware: what the throughput model is worth to newcomers, ours with it over ours without, seed by seed.
import { parseArgs } from 'node:util'
import { exitStatusOf, report } from '../../src/cli/exit.ts'
import { checkInteger } from '../../src/core/check.ts'
import { systemClock } from '../../src/core/clock.ts'
import { meanOf } from '../../src/math/quantile.ts'
import { type PairedRatio, pairedRatio } from '../../src/simulation/paired-ratio.ts'
import { runScenario } from '../../src/simulation/run-scenario.ts'
import { HARDWARE } from '../../src/simulation/scenario/catalogue/hardware.ts'
import { SCENARIOS } from '../../src/simulation/scenario/catalogue/catalogue.ts'
import { readScenario } from '../../src/simulation/scenario/read-scenario.ts'
import type { ResolvedScenario } from '../../src/simulation/scenario/scenario.ts'
import { progressMeter } from './routing/progress.ts'

const USAGE =
  'usage: node test/bench/hardware.ts [--seeds 30] [--model default|FILE.json] [--scenario NAME,… | --all] [--as MODEL-NAME]\n'

/** Jobs that count as the first. */
const FIRST = 200

interface Durations {
  readonly first: number
  readonly all: number
}

async function durationsOf(scenario: ResolvedScenario, policy: string, seed: number): Promise<Durations> {
  const { jobs } = await runScenario(scenario, { policy, seed })
  const durations = jobs.map(({ durationMs }) => durationMs)
  return { first: meanOf(durations.slice(0, FIRST)), all: meanOf(durations) }
}

function text({ ratio, low, high }: PairedRatio): string {
  return low === null || high === null ? ratio.toFixed(3) : `${ratio.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`
}

const OPTIONS = {
  seeds: { type: 'string', default: '30' },
  model: { type: 'string', default: 'default' },
  scenario: { type: 'string' },
  all: { type: 'boolean', default: false },
  as: { type: 'string' },
  help: { type: 'boolean', default: false }
} as const

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS })
  if (values.help) {
    process.stdout.write(USAGE)
    return
  }
  const seeds = checkInteger('seeds', Number(values.seeds), { min: 1 })
  const names = values.scenario?.split(',') ?? (values.all ? SCENARIOS : HARDWARE).map(({ name }) => name)
  const progress = progressMeter({
    total: 2 * seeds * names.length,
    clock: systemClock,
    write: (line) => process.stderr.write(line)
  })
  process.stdout.write(`| scenario | first ${FIRST} jobs, with the model over without | all jobs |\n| --- | ---: | ---: |\n`)
  for (const name of names) {
    const found = await readScenario(name)
    const scenario = values.as === undefined ? found : { ...found, model: values.as }
    const sides: Durations[][] = [[], []]
    for (let seed = 1; seed <= seeds; seed++) {
      for (const [side, policy] of [`throughput:${values.model}`, 'thompson'].entries()) {
        sides[side].push(await durationsOf(scenario, policy, seed))
        progress(`${name}, ${policy}, seed ${seed}`)
      }
    }
    const ratio = (part: keyof Durations) => text(pairedRatio(...(sides.map((side) => side.map((each) => each[part])) as Pair)))
    process.stdout.write(`| ${name} | ${ratio('first')} | ${ratio('all')} |\n`)
  }
}

type Pair = [number[], number[]]

try {
  await main()
} catch (error) {
  report(error)
  process.exitCode = exitStatusOf(error)
}
