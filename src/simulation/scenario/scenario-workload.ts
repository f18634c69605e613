import { fileURLToPath } from 'node:url'
import { PeerbanditError } from '../../core/errors.ts'
import { pcg32, type Rng, seedFrom } from '../../core/rng.ts'
import type { PeerNature, TimeSpan } from '../virtual/behaviours.ts'
import { effectiveCapacity, nominalCapacity, peerPlan } from '../virtual/peer-plan.ts'
import type { ResolvedScenario, ScenarioWorkload } from './scenario.ts'
import { readTrace, type TraceJob } from '../workload/trace.ts'
import { generateWorkload, readWorkloadParameters, scaleToUtilisation, takeWindow } from '../workload/workload.ts'

/** Parameters fitted to a real trace; see data/README.md. */
const FITTED = fileURLToPath(new URL('../../../data/workload/azure-conv.json', import.meta.url))

/** Until the first job: routers connect and probe everybody. */
const LEAD_MS = 5_000

/** How often the length of a run is worked out anew; three more change it by less than a thousandth. */
const ROUNDS = 3

function exponential(rng: Rng, mean: number): number {
  return -mean * Math.log(1 - rng.next())
}

async function recordedJobs(workload: ScenarioWorkload, jobs: number, rng: Rng): Promise<readonly TraceJob[]> {
  switch (workload.kind) {
    case 'fitted':
      return generateWorkload(await readWorkloadParameters(FITTED), { jobs, rng })
    case 'trace': {
      const trace = await readTrace(workload.path)
      if (trace.length >= jobs) return takeWindow(trace, { jobs, rng })
      throw new PeerbanditError(
        'ERR_TRACE',
        `${workload.path} holds ${trace.length} jobs, fewer than the ${jobs} asked for; ask for fewer`
      )
    }
    case 'exponential': {
      let arrivalMs = 0
      return Array.from({ length: jobs }, () => ({
        arrivalMs: (arrivalMs += exponential(rng, 1)),
        promptTokens: Math.round(exponential(rng, workload.promptTokens)),
        outputTokens: Math.max(1, Math.round(exponential(rng, workload.outputTokens)))
      }))
    }
  }
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

/**
 * Draws jobs and peers. How long a run is depends on what the peers can do, and what they can do, where they change in the course
 * of it, on how long it is: a few rounds settle it.
 * @throws ERR_TRACE; ERR_INVALID_OPTION when no peer ever serves
 */
export async function planScenario(scenario: ResolvedScenario, seed: number): Promise<ScenarioPlan> {
  const { utilisation } = scenario.workload
  const recorded = await recordedJobs(scenario.workload, scenario.jobs, pcg32(seedFrom('workload', seed)))
  let jobs = scaleToUtilisation(recorded, { capacityTokensPerSecond: nominalCapacity(scenario), utilisation })
  let run = runOf(jobs)
  for (let round = 0; round < ROUNDS; round++) {
    const capacityTokensPerSecond = effectiveCapacity(peerPlan(scenario, { seed, run }), run)
    jobs = scaleToUtilisation(recorded, { capacityTokensPerSecond, utilisation })
    run = runOf(jobs)
  }
  const natures = peerPlan(scenario, { seed, run })
  return { jobs: jobs.map((job) => ({ ...job, arrivalMs: LEAD_MS + job.arrivalMs })), natures, run }
}
