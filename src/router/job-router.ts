import type { AbortOptions } from '../core/abort.ts'
import { checkInteger, checkPositive } from '../core/check.ts'
import type { Clock, Timers } from '../core/clock.ts'
import type { ApiCall } from '../job/api-call.ts'
import type { Decision, PeerId } from '../job/decision.ts'
import type { Job } from '../job/job.ts'
import type { FailureReason } from '../job/outcome.ts'
import type { Selector } from '../selector/selector.ts'
import { Hedging, type HedgingOptions } from './hedging.ts'
import { JobRun } from './job-run.ts'
import { Places } from './place.ts'
import type { DoneEvent, TokensEvent, Transport } from './transport.ts'

export interface JobRouterComponents {
  readonly selector: Selector
  readonly transport: Transport
  readonly clock: Clock
  readonly timers: Timers
  /** Who could run the job now. Asked again before every attempt. */
  readonly candidates: (job: Job) => readonly PeerId[]
  /** When the first token of a decision's job was expected, ms after its dispatch: what hedging goes by. @default nothing is known */
  readonly expectedFirstTokenMs?: (decision: Decision) => number | undefined
}

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

/**
 * A job on its way: what was decided, the tokens, and how attempts ended. A job that was sent to a second peer is an attempt of the one that
 * answers; nothing is heard of the other.
 */
export type JobEvent =
  | { readonly kind: 'attempt'; readonly decision: Decision }
  | TokensEvent
  /** The attempt failed. Tokens seen so far stand where they are kept: the next attempt goes on from them. Otherwise they are void. */
  | {
      readonly kind: 'attempt-failed'
      readonly decision: Decision
      readonly reason: FailureReason
      readonly message: string
      readonly kept: boolean
    }
  | (DoneEvent & { readonly decision: Decision })

export interface JobRouter {
  /**
   * Runs a job: choose a peer, send, stream, try another peer when that fails. Waits for a place when every peer is full, or says so.
   * @throws ERR_JOB_FAILED after the last attempt, ERR_TIMEOUT at the job's deadline, ERR_NO_ELIGIBLE_PEER when there is nobody at
   * all, ERR_OVERLOADED when too many jobs wait already, RequestError when the request is at fault; the signal's reason when it aborts
   */
  run(job: Job, prompt: Prompt, options?: RunOptions): AsyncIterable<JobEvent>
}

/** What goes to the peer and is no business of the choice. */
export interface Prompt {
  readonly text: string
  /** Most tokens to produce, ≥ 1. */
  readonly maxTokens: number
  /** What the client asked, where it came through an API. */
  readonly call?: ApiCall
  /**
   * How to go on from an answer that was cut off; undefined where it cannot be gone on from.
   * @param text so far @param tokens that it is, ≥ 1
   */
  readonly resume?: (text: string, tokens: number) => Prompt | undefined
}

/** Of one job. */
export interface RunOptions extends AbortOptions {
  /** Which of the candidates may have it. @default all */
  readonly accepts?: (peer: PeerId) => boolean
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
    places: new Places(components.selector, components.timers, resolved.maxWaiting),
    hedging: hedging === undefined ? undefined : new Hedging(hedging)
  }
  return { run: (job, prompt, run = {}) => new JobRun(shared, resolved, { job, prompt, ...run }).events() }
}
