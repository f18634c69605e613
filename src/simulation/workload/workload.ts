import { readFile } from 'node:fs/promises'
import { checkInteger, checkPositive } from '../../core/check.ts'
import { messageOf, PeerbanditError } from '../../core/errors.ts'
import type { Rng } from '../../core/rng.ts'
import { workTokens } from '../../job/job.ts'
import type { Job, WorkloadClass } from '../../job/job.ts'
import { normalCdf } from '../../math/normal.ts'
import { gamma, normal } from '../../math/draw.ts'
import type { TraceJob } from './trace.ts'
import { checkWorkloadParameters, quantileAt } from './workload-parameters.ts'
import type { WorkloadParameters } from './workload-parameters.ts'

/**
 * The parameters in a file of fitted ones (data/workload).
 * @throws ERR_INVALID_OPTION naming the file
 */
export async function readWorkloadParameters(path: string): Promise<WorkloadParameters> {
  try {
    const { parameters } = JSON.parse(await readFile(path, 'utf8')) as { parameters: WorkloadParameters }
    return checkWorkloadParameters(parameters)
  } catch (cause) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `${path} must hold fitted workload parameters: ${messageOf(cause)}`, {
      cause
    })
  }
}

export interface DrawOptions {
  /** How many jobs, ≥ 1. */
  readonly jobs: number
  readonly rng: Rng
}

/** A workload drawn from fitted parameters; the first job arrives at 0. The same rng gives the same jobs. */
export function generateWorkload(parameters: WorkloadParameters, { jobs, rng }: DrawOptions): TraceJob[] {
  const { correlation, interArrival, outputTokens, promptTokens } = checkWorkloadParameters(parameters)
  checkInteger('jobs', jobs, { min: 1 })
  const shape = 1 / interArrival.variation ** 2
  let arrivalMs = 0
  return Array.from({ length: jobs }, (_, i) => {
    if (i > 0) arrivalMs += (gamma(rng, shape) / shape) * interArrival.meanMs
    const z = normal(rng)
    const joined = correlation * z + Math.sqrt(1 - correlation ** 2) * normal(rng)
    return {
      arrivalMs,
      promptTokens: Math.round(quantileAt(promptTokens, normalCdf(z))),
      outputTokens: Math.max(1, Math.round(quantileAt(outputTokens, normalCdf(joined))))
    }
  })
}

/**
 * A stretch of consecutive jobs of a trace, drawn by the rng, shifted to start at 0.
 * @throws ERR_INVALID_OPTION if the trace is shorter
 */
export function takeWindow(trace: readonly TraceJob[], { jobs, rng }: DrawOptions): TraceJob[] {
  checkInteger('jobs', jobs, { min: 1, max: trace.length })
  const start = Math.floor(rng.next() * (trace.length - jobs + 1))
  const window = trace.slice(start, start + jobs)
  const firstMs = window[0]?.arrivalMs ?? 0
  return window.map((job) => ({ ...job, arrivalMs: job.arrivalMs - firstMs }))
}

export interface UtilisationOptions {
  /** What all peers together can do, tokens/s > 0. */
  readonly capacityTokensPerSecond: number
  /** Offered work over capacity, > 0; from 1 on the queues grow without end. @default 0.6 */
  readonly utilisation?: number
}

/**
 * The same jobs, arrivals stretched or compressed so that their work (in output-token equivalents) between the first and the
 * last arrival is `utilisation` of the capacity.
 * @throws ERR_INVALID_OPTION, also for jobs that all arrive at once: no stretching spreads them
 */
export function scaleToUtilisation(jobs: readonly TraceJob[], options: UtilisationOptions): TraceJob[] {
  const capacity = checkPositive('capacityTokensPerSecond', options.capacityTokensPerSecond)
  const utilisation = checkPositive('utilisation', options.utilisation ?? 0.6)
  const firstMs = jobs[0]?.arrivalMs ?? 0
  const spanMs = (jobs.at(-1)?.arrivalMs ?? 0) - firstMs
  if (!(spanMs > 0)) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `jobs must arrive over some time, got ${jobs.length} within ${spanMs} ms`)
  }
  const work = jobs.reduce((sum, job) => sum + workTokens(job.promptTokens, job.outputTokens), 0)
  const stretch = (1000 * work) / (capacity * utilisation) / spanMs
  return jobs.map((job) => ({ ...job, arrivalMs: (job.arrivalMs - firstMs) * stretch }))
}

/**
 * The most tokens that the request of a recorded job allows: its true length rounded up to a power of two. Traces do not have
 * the limit; clients set round ones. A router so knows the length of an answer within a factor of two, and not better.
 */
export function requestLimit(outputTokens: number): number {
  return 2 ** Math.ceil(Math.log2(outputTokens))
}

/** Somebody waits for a short answer; a long one is collected later. */
const INTERACTIVE_TOKENS = 256

/** 'interactive' for jobs with a limit of at most 256 tokens, otherwise 'batch': by what is known before the job runs. */
export function workloadClassOf(expectedOutputTokens: number): WorkloadClass {
  return expectedOutputTokens <= INTERACTIVE_TOKENS ? 'interactive' : 'batch'
}

/** The job that a router sees of a recorded one. */
export function jobOf(recorded: TraceJob, about: Pick<Job, 'id' | 'model' | 'deadlineMs'>): Job {
  const expectedOutputTokens = requestLimit(recorded.outputTokens)
  return {
    ...about,
    workloadClass: workloadClassOf(expectedOutputTokens),
    promptTokens: recorded.promptTokens,
    expectedOutputTokens
  }
}
