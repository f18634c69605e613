import { checkInteger, checkPositive } from '../core/check.ts'
import type { Job } from '../job/job.ts'
import { Hedging, type HedgingOptions } from './hedging.ts'
import type { JobEvent, Prompt, RunOptions } from './job-event.ts'
import { JobRun, type JobRouterComponents } from './job-run.ts'
import { Places } from './place.ts'

export type { JobEvent, Prompt, RunOptions } from './job-event.ts'

export interface JobRouterOptions {
  /** Attempts at a job, each at another peer while there is one; those that a full peer refused do not count. ≥ 1 @default 3 */
  readonly maxAttempts?: number
  /** Longest wait for the first token of an attempt, ms. @default 15000 */
  readonly firstTokenTimeoutMs?: number
  /** Longest wait between two pieces of a stream, ms. @default 5000 */
  readonly stallTimeoutMs?: number
  /** Jobs that wait for a place at a time, ≥ 0; more are refused. @default Infinity */
  readonly maxWaiting?: number
  /** Sends a job whose first token is late to a second peer too. @default it is not */
  readonly hedging?: HedgingOptions
}

export interface JobRouter {
  /**
   * Runs a job: choose a peer, send, stream, try another peer when that fails. Waits for a place when every peer is full, or says so.
   * @throws ERR_JOB_FAILED after the last attempt, ERR_TIMEOUT at the job's deadline, ERR_NO_ELIGIBLE_PEER when there is nobody at
   * all, ERR_OVERLOADED when too many jobs wait already, RequestError when the request is at fault; the signal's reason when it aborts
   */
  run(job: Job, prompt: Prompt, options?: RunOptions): AsyncIterable<JobEvent>
}

const DEFAULTS = { maxAttempts: 3, firstTokenTimeoutMs: 15_000, stallTimeoutMs: 5_000, maxWaiting: Infinity }

/** @throws ERR_INVALID_OPTION */
export function jobRouter(components: JobRouterComponents, options: JobRouterOptions = {}): JobRouter {
  const { hedging, ...resolved } = { ...DEFAULTS, ...options }
  checkInteger('maxAttempts', resolved.maxAttempts, { min: 1 })
  checkPositive('firstTokenTimeoutMs', resolved.firstTokenTimeoutMs)
  checkPositive('stallTimeoutMs', resolved.stallTimeoutMs)
  if (resolved.maxWaiting !== Infinity) checkInteger('maxWaiting', resolved.maxWaiting)
  const shared = {
    ...components,
    places: new Places(components, resolved.maxWaiting),
    hedging: hedging === undefined ? undefined : new Hedging(hedging)
  }
  return { run: (job, prompt, run = {}) => new JobRun(shared, resolved, { job, prompt, ...run }).events() }
}
