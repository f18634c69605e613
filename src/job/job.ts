import { checkInteger, checkNonNegative, checkPositive, checkText } from '../core/check.ts'

/** What kind of work a job is; bandit state and objectives are kept per class. The names below are usual, any other will do. */
export type WorkloadClass = 'interactive' | 'batch' | 'critical' | (string & {})

/** One inference request, as far as choosing a peer for it needs to know. */
export interface Job {
  /** Unique per job. All attempts at a job share it. */
  readonly id: string
  readonly model: string
  readonly workloadClass: WorkloadClass
  /** Tokens to read, ≥ 0. */
  readonly promptTokens: number
  /** Tokens it will probably produce, ≥ 1; the request's limit where nothing better is known. */
  readonly expectedOutputTokens: number
  /** The job is worth nothing after this many milliseconds. > 0 */
  readonly deadlineMs: number
}

/**
 * Reading a token costs a peer about a twentieth of producing one (prefill is batched, decode is not).
 * Used by published per-token rules in the same proportion, so that comparisons are like for like.
 */
const PROMPT_TOKENS_PER_OUTPUT_TOKEN = 20

/** The size of a piece of work in output-token equivalents, at least 1. */
export function workTokens(promptTokens: number, outputTokens: number): number {
  return Math.max(1, outputTokens + promptTokens / PROMPT_TOKENS_PER_OUTPUT_TOKEN)
}

/** @throws ERR_INVALID_OPTION naming the field */
export function checkJob(job: Job): Job {
  checkText('job.id', job.id)
  checkText('job.model', job.model)
  checkText('job.workloadClass', job.workloadClass)
  checkNonNegative('job.promptTokens', job.promptTokens)
  checkInteger('job.expectedOutputTokens', Math.ceil(job.expectedOutputTokens), { min: 1 })
  checkPositive('job.deadlineMs', job.deadlineMs)
  return job
}
