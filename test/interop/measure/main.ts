// npm run measure:interop: the same jobs through the same workers of CrowdLlama, chosen by each contestant in turn.
import { parseArgs } from 'node:util'
import { exitStatusOf, report } from '../../../src/cli/exit.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { table } from '../../bench/table.ts'
import { buildProgram } from '../build.ts'
import { CONTESTANTS } from './contestants.ts'
import type { Contestant } from './contestants.ts'
import { MIXED_WORKERS, MixedSwarm } from './mixed-swarm.ts'
import { figuresOf, runJobs } from './run.ts'
import type { RunFigures } from './run.ts'
import { workload } from './workload.ts'
import type { TimedJob } from './workload.ts'

const USAGE = `usage: npm run measure:interop -- [--jobs 300] [--rate 4] [--tokens 40] [--seed 1] [--deadline 60000] [--json]

--jobs      through each contestant
--rate      jobs a second; arrivals are a Poisson process
--tokens    of an answer, on average
--seed      decides arrivals, lengths and which answers fail
--deadline  ms until a job has failed
--json      prints the figures as JSON in place of the tables
`

interface Measured extends RunFigures {
  readonly name: string
  /** Requests that each worker had. */
  readonly requests: Readonly<Record<string, number>>
}

/** In a swarm of its own, so that no contestant finds what another left. */
async function measure(
  contestant: Contestant,
  jobs: readonly TimedJob[],
  run: { seed: number; deadlineMs: number }
): Promise<Measured> {
  const swarm = await MixedSwarm.start(MIXED_WORKERS, run.seed)
  try {
    const running = await contestant.start(swarm)
    try {
      const results = await runJobs(jobs, running.ask, { clock: systemClock, deadlineMs: run.deadlineMs })
      return { name: contestant.name, ...figuresOf(results), requests: swarm.requests() }
    } finally {
      await running.stop()
    }
  } finally {
    await swarm.stop()
  }
}

function text(all: readonly Measured[]): string {
  const head = ['', 'jobs', 'failed', 'mean ms', 'p50 ms', 'p99 ms']
  const rows = all.map(({ name, jobs, failed, meanMs, p50Ms, p99Ms }) => [
    name,
    jobs,
    failed,
    ...[meanMs, p50Ms, p99Ms].map(Math.round)
  ])
  const names = MIXED_WORKERS.map(({ name }) => name)
  const shares = all.map(({ name, requests }) => [name, ...names.map((worker) => requests[worker] ?? 0)])
  const failures = all.map(({ name, failures: reasons }) => `${name}: ${JSON.stringify(reasons)}`).join('\n')
  return `${table(head, rows)}\n\nrequests a worker\n\n${table(['', ...names], shares)}\n\nfailures\n\n${failures}\n`
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      jobs: { type: 'string', default: '300' },
      rate: { type: 'string', default: '4' },
      tokens: { type: 'string', default: '40' },
      seed: { type: 'string', default: '1' },
      deadline: { type: 'string', default: '60000' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) {
    process.stdout.write(USAGE)
    return
  }
  const seed = Number(values.seed)
  const jobs = workload({
    jobs: Number(values.jobs),
    jobsPerSecond: Number(values.rate),
    meanTokens: Number(values.tokens),
    seed
  })
  await buildProgram('crowdllama')
  const all: Measured[] = []
  for (const contestant of CONTESTANTS) all.push(await measure(contestant, jobs, { seed, deadlineMs: Number(values.deadline) }))
  process.stdout.write(values.json ? `${JSON.stringify({ workers: MIXED_WORKERS, measured: all }, undefined, 2)}\n` : text(all))
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  report(error)
  process.exitCode = exitStatusOf(error)
}
