import { checkInteger, checkPositive } from '../../../src/core/check.ts'
import { pcg32 } from '../../../src/core/rng.ts'
import { exponential } from '../../../src/math/draw.ts'

/** A job of the stream. */
export interface TimedJob {
  /** From the start of the run, ms. */
  readonly atMs: number
  /** Output tokens that it asks for. */
  readonly tokens: number
  readonly prompt: string
}

export interface WorkloadOptions {
  readonly jobs: number
  /** On average; arrivals are a Poisson process. */
  readonly jobsPerSecond: number
  /** Of the output, on average; lengths are exponential, from 1 to eight times this. */
  readonly meanTokens: number
  readonly seed: number
}

/** The same jobs at the same times for the same seed. */
export function workload({ jobs, jobsPerSecond, meanTokens, seed }: WorkloadOptions): TimedJob[] {
  checkInteger('jobs', jobs, { min: 1 })
  checkPositive('jobsPerSecond', jobsPerSecond)
  checkPositive('meanTokens', meanTokens)
  const rng = pcg32(seed)
  let atMs = 0
  return Array.from({ length: jobs }, (_, index) => {
    atMs += exponential(rng, 1_000 / jobsPerSecond)
    const tokens = Math.min(8 * meanTokens, Math.max(1, Math.round(exponential(rng, meanTokens))))
    return { atMs, tokens, prompt: `Job ${index}: say ${tokens} words` }
  })
}
