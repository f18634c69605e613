import { checkFinite, checkInteger, checkNonNegative, checkPositive, checkRatio, checkText } from '../../core/check.ts'
import { constant } from './factor-over-time.ts'
import type { FactorOverTime } from './factor-over-time.ts'

export interface BatchingEngineOptions {
  /** Names the engine in errors, and seeds which jobs it fails. */
  readonly name: string
  /** Decode speed of one job that runs alone, tokens/s > 0. */
  readonly tokensPerSecond: number
  /** Speed of reading the prompt of one job that runs alone, tokens/s > 0. @default 20 × tokensPerSecond */
  readonly prefillTokensPerSecond?: number
  /** Jobs that run side by side, ≥ 1. @default 4 */
  readonly slots?: number
  /** With n jobs running each is slower by 1 + slowdown·(n − 1). ≥ 0, @default 0.15 */
  readonly slowdown?: number
  /** Jobs that may wait for a slot, ≥ 0; more are refused as overloaded. @default 16 */
  readonly queueLimit?: number
  /** Least time between two pieces of one job's text, ms > 0. The first and the last token never wait. @default 50 */
  readonly frameMs?: number
  /** Length of an answer to a prompt that asks for none, tokens ≥ 1; Infinity for as long as the request allows. @default Infinity */
  readonly answerTokens?: number
  /** Share of jobs that fail somewhere on their way, 0–1. @default 0 */
  readonly failureRatio?: number
  /** With the name and the job's id it decides which jobs fail and where; an equal engine fails the same ones. @default 0 */
  readonly seed?: number
  /**
   * What else the machine does: its speed over time, as a factor. Read at every event and at least once a frame, so a change
   * takes effect within `frameMs`. @default always 1
   */
  readonly speed?: FactorOverTime
}

export type ResolvedBatchingEngineOptions = Required<BatchingEngineOptions>

const DEFAULTS = {
  slots: 4,
  // As measured for batched decoding on one GPU: four jobs side by side give 2.8 times the tokens of one.
  slowdown: 0.15,
  queueLimit: 16,
  frameMs: 50,
  answerTokens: Infinity,
  failureRatio: 0,
  seed: 0,
  speed: constant(1)
} as const satisfies Partial<BatchingEngineOptions>

/** Prefill reads the whole prompt in parallel; the same proportion as in the size of a job (job/job.ts). */
const PREFILL_PER_DECODE = 20

/** @throws ERR_INVALID_OPTION naming the option */
export function resolveEngineOptions(options: BatchingEngineOptions): ResolvedBatchingEngineOptions {
  const resolved = { prefillTokensPerSecond: PREFILL_PER_DECODE * options.tokensPerSecond, ...DEFAULTS, ...options }
  checkText('name', resolved.name)
  checkPositive('tokensPerSecond', resolved.tokensPerSecond)
  checkPositive('prefillTokensPerSecond', resolved.prefillTokensPerSecond)
  checkInteger('slots', resolved.slots, { min: 1 })
  checkNonNegative('slowdown', resolved.slowdown)
  checkInteger('queueLimit', resolved.queueLimit)
  checkPositive('frameMs', resolved.frameMs)
  if (resolved.answerTokens !== Infinity) checkInteger('answerTokens', resolved.answerTokens, { min: 1 })
  checkRatio('failureRatio', resolved.failureRatio)
  checkFinite('seed', resolved.seed)
  return resolved
}

/** Tokens/s of each of `running` jobs side by side, ≥ 1. */
export function tokensPerSecondEach(options: ResolvedBatchingEngineOptions, running: number): number {
  return options.tokensPerSecond / (1 + options.slowdown * (running - 1))
}

/** Decode speed of the whole engine with all slots busy, tokens/s, at `atMs` of its own time. */
export function capacityTokensPerSecond(options: BatchingEngineOptions, atMs = 0): number {
  const resolved = resolveEngineOptions(options)
  return resolved.slots * tokensPerSecondEach(resolved, resolved.slots) * resolved.speed(atMs)
}
