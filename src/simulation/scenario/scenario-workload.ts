import { fileURLToPath } from 'node:url'
import { PeerbanditError } from '../../core/errors.ts'
import { pcg32, type Rng, seedFrom } from '../../core/rng.ts'
import { meanOf } from '../../math/quantile.ts'
import type { PeerNature, TimeSpan } from '../virtual/behaviours.ts'
import { effectiveCapacity, nominalCapacity, peerPlan } from '../virtual/peer-plan.ts'
import { drawWorkload, stepped } from '../workload/arrivals.ts'
import { loadTrace, type TraceJob } from '../workload/trace.ts'
import { generateWorkload, readWorkloadParameters, scaleToUtilisation, takeWindow } from '../workload/workload.ts'
import { readScenarioFiles } from './scenario-files.ts'
import type { ResolvedScenario, ScenarioWorkload } from './scenario.ts'

/** Parameters fitted to a real trace; see data/README.md. */
const FITTED = fileURLToPath(new URL('../../../data/workload/azure-conv.json', import.meta.url))

/** Until the first job: routers connect and probe everybody. */
const LEAD_MS = 5_000

/** How often the length of a run is worked out anew; three more change it by less than a thousandth. */
const ROUNDS = 3

type Traced = Extract<ScenarioWorkload, { readonly kind: 'trace' }>

async function tracedJobs({ path, layout }: Traced, jobs: number, rng: Rng): Promise<readonly TraceJob[]> {
  const { jobs: all, summary } = await loadTrace(path, layout === undefined ? {} : { layout })
  if (all.length >= jobs) return takeWindow(all, { jobs, rng })
  const without = summary.dropped > 0 ? ` (without ${summary.dropped} that failed)` : ''
  throw new PeerbanditError(
    'ERR_TRACE',
    `${path} holds ${all.length} jobs${without}, fewer than the ${jobs} asked for; ask for fewer`
  )
}

async function recordedJobs(workload: ScenarioWorkload, jobs: number, rng: Rng): Promise<readonly TraceJob[]> {
  switch (workload.kind) {
    case 'fitted':
      return generateWorkload(await readWorkloadParameters(FITTED), { jobs, rng })
    case 'trace':
      return tracedJobs(workload, jobs, rng)
    case 'exponential': {
      const [promptTokens, outputTokens] = [workload.promptTokens, workload.outputTokens].map((mean) => exponentialOf(mean))
      return drawWorkload({ promptTokens, outputTokens }, { jobs, rng })
    }
    case 'drawn':
      return drawWorkload(workload, { jobs, rng })
  }
}

function exponentialOf(mean: number) {
  return mean > 0 ? ({ kind: 'exponential', mean } as const) : 0
}

/** A scenario with everything that its seed decides. */
export interface ScenarioPlan {
  /** In order; the first arrives when everybody has been probed. */
  readonly jobs: readonly TraceJob[]
  readonly natures: readonly PeerNature[]
  readonly run: TimeSpan
}

function runOf(jobs: readonly TraceJob[]): TimeSpan {
  return { fromMs: LEAD_MS, toMs: LEAD_MS + (jobs.at(-1)?.arrivalMs ?? 0) }
}

/** The same jobs so that they arrive in this time, from 0. @throws ERR_INVALID_OPTION for jobs that all arrive at once */
function within(jobs: readonly TraceJob[], spanMs: number): TraceJob[] {
  const firstMs = jobs[0].arrivalMs
  const recordedMs = jobs[jobs.length - 1].arrivalMs - firstMs
  if (!(recordedMs > 0)) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `jobs must arrive over some time, got ${jobs.length} at once`)
  }
  return jobs.map((job) => ({ ...job, arrivalMs: ((job.arrivalMs - firstMs) / recordedMs) * spanMs }))
}

/**
 * Jobs at the times that the workload asks for, from 0.
 * @param capacityOf what the peers can do in a run, tokens/s
 */
function timed(
  recorded: readonly TraceJob[],
  { utilisation, jobsPerSecond, atOnce, steps }: ScenarioWorkload,
  capacityOf: (run: TimeSpan | undefined) => number
): TraceJob[] {
  if (atOnce === true) return recorded.map((job) => ({ ...job, arrivalMs: 0 }))
  const shaped = steps === undefined ? recorded : stepped(recorded, steps)
  const mean = steps === undefined ? 1 : meanOf(steps)
  if (utilisation === undefined) return within(shaped, (1000 * recorded.length) / (Number(jobsPerSecond) * mean))
  const scaled = (run?: TimeSpan) =>
    scaleToUtilisation(shaped, { capacityTokensPerSecond: capacityOf(run), utilisation: utilisation * mean })
  let jobs = scaled()
  for (let round = 0; round < ROUNDS; round++) jobs = scaled(runOf(jobs))
  return jobs
}

/**
 * Draws jobs and peers. How long a run is depends on what the peers can do, and what they can do, where they change in the course
 * of it, on how long it is: a few rounds settle it.
 * @throws ERR_TRACE; ERR_INVALID_OPTION when no peer ever serves
 */
export async function planScenario(scenario: ResolvedScenario, seed: number): Promise<ScenarioPlan> {
  const files = await readScenarioFiles(scenario)
  const recorded = await recordedJobs(scenario.workload, scenario.jobs, pcg32(seedFrom('workload', seed)))
  const jobs = timed(recorded, scenario.workload, (run) =>
    run === undefined ? nominalCapacity(scenario) : effectiveCapacity(peerPlan(scenario, { seed, run, files }), run)
  )
  const run = runOf(jobs)
  const natures = peerPlan(scenario, { seed, run, files })
  return { jobs: jobs.map((job) => ({ ...job, arrivalMs: LEAD_MS + job.arrivalMs })), natures, run }
}
