import { type AbortOptions, deadline, sleep } from '../core/abort.ts'
import { checkInteger, checkPositive } from '../core/check.ts'
import type { Clock, Timers } from '../core/clock.ts'
import { isPeerbanditError, messageOf, PeerbanditError } from '../core/errors.ts'
import type { Decision, PeerId } from '../job/decision.ts'
import type { Job } from '../job/job.ts'
import type { FailureReason } from '../job/outcome.ts'
import type { Lease } from '../selector/lease.ts'
import type { Selector } from '../selector/selector.ts'
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
  /** Attempts at a job, each at another peer while there is one. ≥ 1 @default 3 */
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
  /** The attempt failed; tokens seen so far are void, the next attempt starts anew. */
  | { readonly kind: 'attempt-failed'; readonly decision: Decision; readonly reason: FailureReason; readonly message: string }
  | (DoneEvent & { readonly decision: Decision })

export interface JobRouter {
  /**
   * Runs a job: choose a peer, send, stream, try another peer when that fails. Waits for a place when every peer is full.
   * @throws ERR_JOB_FAILED after the last attempt, ERR_TIMEOUT at the job's deadline, ERR_NO_ELIGIBLE_PEER when there is nobody at
   * all; the signal's reason when it aborts
   */
  run(job: Job, prompt: Prompt, options?: AbortOptions): AsyncIterable<JobEvent>
}

/** What goes to the peer and is no business of the choice. */
export interface Prompt {
  readonly text: string
  /** Most tokens to produce, ≥ 1. */
  readonly maxTokens: number
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

interface Run extends Request {
  /** Aborts at the job's deadline, or when the client leaves. */
  readonly signal: AbortSignal
}

async function* runJob(
  components: JobRouterComponents,
  options: Resolved,
  run: Request & AbortOptions
): AsyncGenerator<JobEvent> {
  const whole = deadline(components.timers, run.job.deadlineMs, `job ${run.job.id}`, run.signal)
  try {
    yield* runAttempts(components, options, { ...run, signal: whole.signal })
  } finally {
    whole[Symbol.dispose]()
  }
}

async function* runAttempts(components: JobRouterComponents, options: Resolved, run: Run): AsyncGenerator<JobEvent> {
  const { job, signal } = run
  const tried = new Set<PeerId>()
  let lastFailure: unknown
  for (let attempt = 1; attempt <= options.maxAttempts; attempt++) {
    const lease = await acquirePlace(components, job, { tried, attempt, signal })
    tried.add(lease.peer)
    try {
      yield* runAttempt(components, options, { ...run, lease })
      return
    } catch (error) {
      signal.throwIfAborted()
      lastFailure = error
    }
    yield {
      kind: 'attempt-failed',
      decision: lease.decision,
      reason: failureReasonOf(lastFailure),
      message: messageOf(lastFailure)
    }
  }
  throw new PeerbanditError(
    'ERR_JOB_FAILED',
    `job ${job.id} failed at ${options.maxAttempts} attempts, the last time because ${messageOf(lastFailure)}`,
    { cause: lastFailure }
  )
}

interface Place {
  readonly tried: Set<PeerId>
  readonly attempt: number
  readonly signal: AbortSignal
}

/** Leases a peer, waiting while every candidate is full or cooling. Peers tried before come back in when nobody else is left. */
async function acquirePlace(
  { selector, timers, candidates }: JobRouterComponents,
  job: Job,
  { tried, attempt, signal }: Place
): Promise<Lease> {
  for (;;) {
    signal.throwIfAborted()
    const pool = candidates(job)
    try {
      return selector.acquire(pool, job, { tried, attempt })
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

interface Attempt extends Run {
  readonly lease: Lease
}

async function* runAttempt(
  { transport, timers }: JobRouterComponents,
  options: Resolved,
  { job, prompt, lease, signal }: Attempt
): AsyncGenerator<JobEvent> {
  const patience = stallGuard(timers, options, lease.peer, signal)
  const request: InferenceRequest = {
    jobId: job.id,
    model: job.model,
    prompt: prompt.text,
    promptTokens: job.promptTokens,
    maxTokens: prompt.maxTokens
  }
  let ended: Promise<void> | undefined
  let seen = 0
  try {
    yield { kind: 'attempt', decision: lease.decision }
    for await (const event of transport.infer(lease.peer, request, { signal: patience.signal })) {
      patience.renew()
      if (event.kind === 'tokens') {
        const count = tokensSeen(event)
        seen += count
        lease.progress(count, event.load)
        yield event
        continue
      }
      ended = lease.complete({
        outputTokens: Math.min(seen, prompt.maxTokens),
        ...(event.load === undefined ? {} : { load: event.load })
      })
      yield { ...event, decision: lease.decision }
      await ended
      return
    }
    throw new PeerbanditError('ERR_PROTOCOL', `${lease.peer} ended the stream of job ${job.id} without saying that it was done`)
  } catch (error) {
    ended ??= endFailed(lease, error, signal)
    await ended
    throw error
  } finally {
    // The consumer stopped reading: the job is cancelled, not failed.
    if (ended === undefined) lease.cancel()
    patience[Symbol.dispose]()
  }
}

/**
 * A peer is credited with the tokens that came, not with those it says it made: never more than there are characters to hold them.
 */
function tokensSeen({ count, text }: TokensEvent): number {
  return Math.min(count, Math.max(1, text.length))
}

/** The client's own cancellation says nothing about the peer; everything else does. */
function endFailed(lease: Lease, error: unknown, whole: AbortSignal): Promise<void> {
  if (whole.aborted && !isPeerbanditError(whole.reason, 'ERR_TIMEOUT')) {
    lease.cancel()
    return Promise.resolve()
  }
  return lease.fail(failureReasonOf(error))
}

interface StallGuard extends Disposable {
  readonly signal: AbortSignal
  renew(): void
}

/** Aborts when the first token, or later the next piece, does not come in time. */
function stallGuard(timers: Timers, options: Resolved, peer: PeerId, outer: AbortSignal): StallGuard {
  const guard = deadline(timers, Infinity, '', outer)
  const wait = (ms: number, what: string) =>
    timers.after(ms, () => {
      guard.abort(new PeerbanditError('ERR_TIMEOUT', `${peer} sent no ${what} within ${ms} ms`))
    })
  let cancel = wait(options.firstTokenTimeoutMs, 'first token')
  return {
    signal: guard.signal,
    renew() {
      cancel()
      cancel = wait(options.stallTimeoutMs, 'further token')
    },
    [Symbol.dispose]() {
      cancel()
      guard[Symbol.dispose]()
    }
  }
}
