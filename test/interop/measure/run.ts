import { sleep, withDeadline } from '../../../src/core/abort.ts'
import { isPeerbanditError, messageOf } from '../../../src/core/errors.ts'
import type { Clock, Timers } from '../../../src/core/clock.ts'
import { meanOf, quantileOfSorted, sortedCopy } from '../../../src/math/quantile.ts'
import type { TimedJob } from './workload.ts'

/** What came of one job. */
interface Answer {
  /** Whether it is all that was asked for. */
  readonly whole: boolean
  /** Where not, why. */
  readonly failure?: string
}

/** Sends a prompt wherever it likes. What it throws is a failure. */
export type Ask = (prompt: string, signal: AbortSignal) => Promise<Answer>

export interface JobResult {
  readonly tokens: number
  /** From when it was due, ms. */
  readonly latencyMs: number
  readonly failure?: string
}

/** Sends every job when it is due, whatever came of the others before. */
export function runJobs(
  jobs: readonly TimedJob[],
  ask: Ask,
  { clock, deadlineMs }: { readonly clock: Clock & Timers; readonly deadlineMs: number }
): Promise<JobResult[]> {
  const startMs = clock.now()
  return Promise.all(
    jobs.map(async ({ atMs, tokens, prompt }) => {
      await sleep(clock, Math.max(0, startMs + atMs - clock.now()))
      const answer = await withDeadline(clock, { ms: deadlineMs, what: 'a job' }, (signal) => ask(prompt, signal)).catch(failed)
      const latencyMs = clock.now() - startMs - atMs
      const failure = answer.whole ? {} : { failure: answer.failure ?? 'not whole' }
      return { tokens, latencyMs, ...failure }
    })
  )
}

function failed(error: unknown): Answer {
  return { whole: false, failure: isPeerbanditError(error) ? error.code : messageOf(error) }
}

export interface RunFigures {
  readonly jobs: number
  readonly failed: number
  /** Each reason and how often. */
  readonly failures: Readonly<Record<string, number>>
  /** Of the jobs that were answered, ms; NaN where none was. */
  readonly meanMs: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export function figuresOf(results: readonly JobResult[]): RunFigures {
  const failures: Record<string, number> = {}
  for (const { failure } of results) if (failure !== undefined) failures[failure] = (failures[failure] ?? 0) + 1
  const latencies = sortedCopy(results.filter(({ failure }) => failure === undefined).map(({ latencyMs }) => latencyMs))
  const failedJobs = results.length - latencies.length
  const none = latencies.length === 0
  return {
    jobs: results.length,
    failed: failedJobs,
    failures,
    meanMs: none ? NaN : meanOf(latencies),
    p50Ms: none ? NaN : quantileOfSorted(latencies, 0.5),
    p99Ms: none ? NaN : quantileOfSorted(latencies, 0.99)
  }
}
