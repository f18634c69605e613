import { type AbortOptions, deadline, sleep } from '../core/abort.ts'
import { checkInteger, checkPositive } from '../core/check.ts'
import type { Clock, Timers } from '../core/clock.ts'
import { isPeerbanditError, messageOf, PeerbanditError } from '../core/errors.ts'
import type { ApiCall } from '../job/api-call.ts'
import type { Decision, PeerId } from '../job/decision.ts'
import type { Job } from '../job/job.ts'
import type { FailureReason } from '../job/outcome.ts'
import type { Lease } from '../selector/lease.ts'
import type { Selector } from '../selector/selector.ts'
import { Attempt } from './attempt.ts'
import { failureReasonOf } from './failure.ts'
import type { DoneEvent, InferenceRequest, TokensEvent, Transport } from './transport.ts'

export interface JobRouterComponents {
  readonly selector: Selector
  readonly transport: Transport
  readonly clock: Clock
  readonly timers: Timers
  /** Who could run the job now. Asked again before every attempt. */
  readonly candidates: (job: Job) => readonly PeerId[]
}

export interface JobRouterOptions {
  /** Attempts at a job, each at another peer while there is one; those that a full peer refused do not count. ≥ 1 @default 3 */
  readonly maxAttempts?: number
  /** Longest wait for the first token of an attempt, ms. @default 15000 */
  readonly firstTokenTimeoutMs?: number
  /** Longest wait between two pieces of a stream, ms. @default 5000 */
  readonly stallTimeoutMs?: number
}

/** A job on its way: what was decided, the tokens, and how attempts ended. */
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

const DEFAULTS = { maxAttempts: 3, firstTokenTimeoutMs: 15_000, stallTimeoutMs: 5_000 }
type Resolved = Required<JobRouterOptions>

/** A full pool is looked at again when a lease ends, and this often for cool-downs that run out. */
const WAIT_FOR_PLACE_MS = 250

export function jobRouter(components: JobRouterComponents, options: JobRouterOptions = {}): JobRouter {
  const resolved: Resolved = { ...DEFAULTS, ...options }
  checkInteger('maxAttempts', resolved.maxAttempts, { min: 1 })
  checkPositive('firstTokenTimeoutMs', resolved.firstTokenTimeoutMs)
  checkPositive('stallTimeoutMs', resolved.stallTimeoutMs)
  return { run: (job, prompt, { signal } = {}) => runJob(components, resolved, { job, prompt, signal }) }
}

interface Request {
  readonly job: Job
  readonly prompt: Prompt
}

async function* runJob(
  components: JobRouterComponents,
  options: Resolved,
  { job, prompt, signal }: Request & AbortOptions
): AsyncGenerator<JobEvent> {
  const whole = deadline(components.timers, job.deadlineMs, `job ${job.id}`, signal)
  const tried = new Set<PeerId>()
  let lastFailure: unknown
  // Every piece of every answer passes through here. A generator for each attempt would cost several promises more a piece.
  try {
    for (let number = 1, failures = 0; failures < options.maxAttempts; number++) {
      const lease = await acquirePlace(components, job, {
        tried,
        attempt: number,
        retries: options.maxAttempts - failures - 1,
        signal: whole.signal
      })
      tried.add(lease.peer)
      const attempt = new Attempt(components, options, { lease, maxTokens: prompt.maxTokens, signal: whole.signal })
      try {
        yield { kind: 'attempt', decision: lease.decision }
        for await (const event of components.transport.infer(lease.peer, requestOf(job, prompt), { signal: attempt.signal })) {
          yield attempt.take(event)
          if (event.kind !== 'done') continue
          await attempt.ended()
          return
        }
        throw new PeerbanditError(
          'ERR_PROTOCOL',
          `${lease.peer} ended the stream of job ${job.id} without saying that it was done`
        )
      } catch (error) {
        lastFailure = await attempt.failed(error)
        whole.signal.throwIfAborted()
      } finally {
        attempt[Symbol.dispose]()
      }
      yield attemptFailed(lease.decision, lastFailure)
      // Who is full did nothing with the job; it waits for a place until its deadline.
      if (failureReasonOf(lastFailure) !== 'overloaded') failures += 1
    }
    throw jobFailed(job, options.maxAttempts, lastFailure)
  } finally {
    whole[Symbol.dispose]()
  }
}

function requestOf({ id, model, promptTokens }: Job, { text, maxTokens, call }: Prompt): InferenceRequest {
  const request = { jobId: id, model, prompt: text, promptTokens, maxTokens }
  return call === undefined ? request : { ...request, call }
}

function attemptFailed(decision: Decision, error: unknown): JobEvent {
  return { kind: 'attempt-failed', decision, reason: failureReasonOf(error), message: messageOf(error), kept: false }
}

function jobFailed({ id }: Job, attempts: number, cause: unknown): PeerbanditError {
  const message = `job ${id} failed at ${attempts} attempts, the last time because ${messageOf(cause)}`
  return new PeerbanditError('ERR_JOB_FAILED', message, { cause })
}

interface Place {
  readonly tried: Set<PeerId>
  readonly attempt: number
  readonly retries: number
  readonly signal: AbortSignal
}

/** Leases a peer, waiting while every candidate is full or cooling. Peers tried before come back in when nobody else is left. */
async function acquirePlace(
  { selector, timers, candidates }: JobRouterComponents,
  job: Job,
  { tried, attempt, retries, signal }: Place
): Promise<Lease> {
  for (;;) {
    signal.throwIfAborted()
    const pool = candidates(job)
    try {
      return selector.acquire(pool, job, { tried, attempt, retries })
    } catch (error) {
      if (!isPeerbanditError(error, 'ERR_NO_ELIGIBLE_PEER')) throw error
      if (pool.length > 0 && pool.every((peer) => tried.has(peer))) {
        tried.clear()
        continue
      }
      if (pool.length === 0 && tried.size === 0) throw error
    }
    await placeFreed(selector, timers, signal)
  }
}

async function placeFreed(selector: Selector, timers: Timers, signal: AbortSignal): Promise<void> {
  const freed = new AbortController()
  const wake = () => {
    freed.abort()
  }
  const unsubscribe = selector.subscribe((event) => {
    if (event.kind !== 'decided') wake()
  })
  signal.addEventListener('abort', wake)
  await sleep(timers, WAIT_FOR_PLACE_MS, { signal: freed.signal }).catch(() => undefined)
  signal.removeEventListener('abort', wake)
  unsubscribe()
  signal.throwIfAborted()
}
