// npm run measure:llm: real models behind peerbandit, and behind simpler ways to choose among the same servers.
import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { exitStatusOf, report } from '../../src/cli/exit.ts'
import { checkInteger, checkPositive } from '../../src/core/check.ts'
import { systemClock } from '../../src/core/clock.ts'
import { ask, inTurn, openAiClient } from './ask.ts'
import { type Contestant, CONTESTANTS } from './measure/contestants.ts'
import { type Figures, figuresOf } from './measure/figures.ts'
import { ModelFleet, SERVER_NAMES, type ServerName } from './measure/fleet.ts'
import { figuresText, type Measurement, withFigures } from './measure/page.ts'
import { onceStreaming, replay } from './measure/replay.ts'
import { type TimedQuestion, workload } from './measure/workload.ts'
import { MODEL_FILE, setUpModel } from './set-up.ts'

const USAGE = `usage: npm run measure:llm -- [--jobs 120] [--outage-jobs 40] [--load 0.25] [--seed 1] [--json] [--no-page]

--jobs         through each way to choose
--outage-jobs  after those, while the fast server is killed
--load         of what the servers can do together, 0 to 1
--seed         decides questions, arrivals and the router's draws
--json         prints all that was seen as JSON in place of the tables
--no-page      leaves docs/real-llm.md as it is
`
const PAGE = fileURLToPath(new URL('../../docs/real-llm.md', import.meta.url))
/** Each server alone, for its speed; they warm up with it too. */
const ALONE_JOBS = 5
/** Pieces of an answer that are there when its server is killed. */
const PIECES = 4

interface Options {
  readonly jobs: number
  readonly outageJobs: number
  readonly loadRatio: number
  readonly seed: number
  readonly json: boolean
  readonly page: boolean
}

/** @returns nothing where help was asked for */
function optionsOf(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    allowNegative: true,
    options: {
      jobs: { type: 'string', default: '120' },
      'outage-jobs': { type: 'string', default: '40' },
      load: { type: 'string', default: '0.25' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      page: { type: 'boolean', default: true },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) return undefined
  return {
    jobs: checkInteger('--jobs', Number(values.jobs), { min: 1 }),
    outageJobs: checkInteger('--outage-jobs', Number(values['outage-jobs']), { min: 2 }),
    loadRatio: checkPositive('--load', Number(values.load)),
    seed: checkInteger('--seed', Number(values.seed), { min: 0 }),
    json: values.json,
    page: values.page
  }
}

function progress(what: string): void {
  process.stderr.write(`${what}\n`)
}

async function aloneAt(url: string, questions: readonly TimedQuestion[]): Promise<Figures> {
  const components = { client: openAiClient(url), clock: systemClock }
  const answers = await inTurn(questions, 1, (question) => ask(components, question))
  return figuresOf(answers.map((answer) => ({ kind: 'answered', answer: { ...answer, peer: 'itself' } })))
}

async function speeds({ servers }: ModelFleet, seed: number): Promise<Measurement['alone']> {
  const questions = workload({ jobs: ALONE_JOBS, seed, meanGapMs: 1 })
  const alone: Partial<Record<ServerName, Figures>> = {}
  for (const name of SERVER_NAMES) {
    progress(`${name}, alone`)
    alone[name] = await aloneAt(servers[name].url, questions)
  }
  return alone as Measurement['alone']
}

/** A gap at which the servers, each as busy as its speed allows, are busy for the share. */
function meanGapOf(alone: Measurement['alone'], loadRatio: number): number {
  const jobsPerMs = SERVER_NAMES.reduce((sum, name) => sum + 1 / alone[name].durationMs!.mean, 0)
  return 1 / (loadRatio * jobsPerMs)
}

interface Workloads {
  readonly whole: readonly TimedQuestion[]
  readonly outage: readonly TimedQuestion[]
}

async function measured(
  contestant: Contestant,
  fleet: ModelFleet,
  { whole, outage }: Workloads,
  seed: number
): Promise<Measurement['contestants'][number]> {
  const { name, what } = contestant
  const running = await contestant.start(fleet.servers, seed)
  const components = { running, time: systemClock }
  let killed: Promise<void> | undefined
  try {
    progress(`${name}: ${whole.length} jobs`)
    const results = await replay(components, whole)
    progress(`${name}: ${outage.length} jobs, and the fast server is killed`)
    const before = await running.continued()
    const kill = onceStreaming('fast', { job: Math.floor(outage.length / 2), pieces: PIECES }, () => {
      killed = fleet.kill('fast')
    })
    const inOutage = await replay(components, outage, kill)
    const continued = (await running.continued()) - before
    return { name, what, whole: figuresOf(results), outage: { ...figuresOf(inOutage), continued } }
  } finally {
    await running.stop()
    if (killed !== undefined) {
      await killed
      await fleet.restart('fast')
    }
  }
}

async function versions(): Promise<Measurement['versions']> {
  const read = async (path: string) =>
    JSON.parse(await readFile(new URL(path, import.meta.url), 'utf8')) as {
      version: string
      dependencies: Record<string, string>
    }
  const [{ version }, { dependencies }] = [await read('../../package.json'), await read('model/package.json')]
  return { peerbandit: version, node: process.versions.node, 'node-llama-cpp': dependencies['node-llama-cpp'] }
}

async function measure(options: Options, args: readonly string[]): Promise<Measurement> {
  const { jobs, outageJobs, loadRatio, seed } = options
  await setUpModel()
  const loadAverage = loadavg()[0]
  const fleet = await ModelFleet.start()
  try {
    const alone = await speeds(fleet, seed)
    const meanGapMs = meanGapOf(alone, loadRatio)
    const workloads = {
      whole: workload({ jobs, seed, meanGapMs }),
      outage: workload({ jobs: outageJobs, seed: seed + 1, meanGapMs })
    }
    const contestants: Measurement['contestants'][number][] = []
    for (const contestant of CONTESTANTS) contestants.push(await measured(contestant, fleet, workloads, seed))
    const machine = { platform: `${process.platform} ${process.arch}`, cpus: availableParallelism(), cpu: cpus()[0].model }
    return {
      command: ['npm run measure:llm', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
      ...{ versions: await versions(), machine: { ...machine, loadAverage }, model: MODEL_FILE },
      ...{ jobs, outageJobs, meanGapMs, loadRatio, alone, contestants }
    }
  } finally {
    await fleet.stop()
  }
}

async function main(args: string[]): Promise<void> {
  const options = optionsOf(args)
  if (options === undefined) {
    process.stdout.write(USAGE)
    return
  }
  const measurement = await measure(options, args)
  const text = figuresText(measurement)
  if (options.page) await writeFile(PAGE, withFigures(await readFile(PAGE, 'utf8'), text))
  process.stdout.write(`${options.json ? JSON.stringify(measurement, undefined, 2) : text}\n`)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  report(error)
  process.exitCode = exitStatusOf(error)
}
