import { deadline, type DisposableSignal } from '../core/abort.ts'
import type { Clock, Timers } from '../core/clock.ts'
import { messageOf, PeerbanditError } from '../core/errors.ts'
import type { Decision, PeerId } from '../job/decision.ts'
import type { Job } from '../job/job.ts'
import type { Lease } from '../selector/lease.ts'
import type { Selector } from '../selector/selector.ts'
import { Attempt, type Patience } from './attempt.ts'
import { failureReasonOf } from './failure.ts'
import type { Hedging } from './hedging.ts'
import { type Answer, isLate, Race } from './hedge-race.ts'
import type { JobEvent, Prompt, RunOptions } from './job-event.ts'
import type { PlaceRequest, Places } from './place.ts'
import { type InferenceEvent, RequestError, type Transport } from './transport.ts'

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

/** What all jobs of a router share. */
export interface JobRunComponents extends JobRouterComponents {
  readonly places: Places
  readonly hedging: Hedging | undefined
}

export interface JobRunOptions extends Patience {
  readonly maxAttempts: number
}

interface Request extends RunOptions {
  readonly job: Job
  readonly prompt: Prompt
}

/** The answer so far. */
interface Heard {
  text: string
  tokens: number
}

/** One job end to end: a place, a peer, its answer, and another peer when that fails. */
export class JobRun {
  readonly #components: JobRunComponents
  readonly #options: JobRunOptions
  readonly #job: Job
  readonly #accepts: RunOptions['accepts']
  readonly #whole: DisposableSignal
  readonly #tried = new Set<PeerId>()
  /** What was asked, and what of it is still to be answered. */
  readonly #asked: Prompt
  #prompt: Prompt
  #heard: Heard = { text: '', tokens: 0 }
  #number = 0
  #failures = 0

  constructor(components: JobRunComponents, options: JobRunOptions, { job, prompt, signal, accepts }: Request) {
    this.#components = components
    this.#options = options
    this.#job = job
    this.#asked = prompt
    this.#prompt = prompt
    this.#accepts = accepts
    this.#whole = deadline(components.timers, job.deadlineMs, `job ${job.id}`, signal)
  }

  // Every piece of every answer passes through here. A generator for each attempt would cost several promises more a piece.
  async *events(): AsyncGenerator<JobEvent> {
    let lastFailure: unknown
    try {
      while (this.#failures < this.#options.maxAttempts) {
        const lease = await this.#components.places.acquire(this.#job, this.#place())
        let attempt = this.#start(lease)
        let reading = true
        try {
          yield { kind: 'attempt', decision: lease.decision }
          const { hedging } = this.#components
          const race = new Race(attempt)
          let next = await (hedging === undefined ? attempt.next() : this.#first(race, hedging))
          if (race.leader !== attempt) {
            attempt = race.leader
            yield { kind: 'attempt', decision: attempt.lease.decision }
          }
          for (; next.done !== true; next = await attempt.next()) {
            yield this.#heardOf(attempt, next.value)
            if (next.value.kind !== 'done') continue
            await attempt.ended()
            return
          }
          throw unfinished(attempt.lease.peer, this.#job)
        } catch (error) {
          reading = false
          lastFailure = await attempt.failed(error)
          if (lastFailure instanceof RequestError) throw lastFailure
          this.#whole.signal.throwIfAborted()
        } finally {
          if (reading) await attempt.leave()
          attempt.release()
        }
        yield this.#failed(attempt.lease.decision, lastFailure)
      }
      throw jobFailed(this.#job, this.#options.maxAttempts, lastFailure)
    } finally {
      this.#whole[Symbol.dispose]()
    }
  }

  #place(): PlaceRequest {
    const { candidates } = this.#components
    const accepts = this.#accepts
    this.#number += 1
    return {
      pool: accepts === undefined ? () => candidates(this.#job) : () => candidates(this.#job).filter(accepts),
      choosy: accepts !== undefined,
      tried: this.#tried,
      attempt: this.#number,
      retries: this.#options.maxAttempts - this.#failures - 1,
      signal: this.#whole.signal
    }
  }

  #start(lease: Lease): Attempt {
    this.#tried.add(lease.peer)
    const { id, model, promptTokens } = this.#job
    const { text, maxTokens, call } = this.#prompt
    const request = { jobId: id, model, prompt: text, promptTokens, maxTokens, ...(call === undefined ? {} : { call }) }
    return new Attempt(this.#components, this.#options, { lease, request, signal: this.#whole.signal })
  }

  /** The first event of an attempt; of two, if it is late and there is a second sending to spend, of the one that answers first. */
  async #first(race: Race, hedging: Hedging): Promise<Answer> {
    const { timers, expectedFirstTokenMs } = this.#components
    const { leader } = race
    const expectedMs = expectedFirstTokenMs?.(leader.lease.decision)
    if (expectedMs === undefined) return leader.next()
    hedging.sent()
    const delayMs = hedging.delayMs(expectedMs)
    try {
      const first = leader.next()
      if (delayMs === undefined || !(await isLate(first, timers, delayMs))) return await first
      const second = this.#second(hedging)
      return await (second === undefined ? first : race.against(first, second))
    } finally {
      // Of one that was given up it is at least so late.
      hedging.observe(expectedMs, leader.elapsedMs)
    }
  }

  #second(hedging: Hedging): Attempt | undefined {
    if (!hedging.spend()) return undefined
    const lease = this.#components.places.another(this.#job, this.#place())
    if (lease !== undefined) return this.#start(lease)
    hedging.giveBack()
    return undefined
  }

  #heardOf(attempt: Attempt, event: InferenceEvent): JobEvent {
    if (event.kind === 'tokens') {
      this.#heard.text += event.text
      this.#heard.tokens += event.count
    }
    return attempt.take(event)
  }

  #failed(decision: Decision, error: unknown): JobEvent {
    const reason = failureReasonOf(error)
    // Who is full did nothing with the job; it waits for a place until its deadline.
    if (reason !== 'overloaded') this.#failures += 1
    const { text, tokens } = this.#heard
    // Who said nothing leaves what others said as it is. What cannot be gone on from is void with all that came before it.
    if (tokens > 0) this.#prompt = this.#prompt.resume?.(text, tokens) ?? this.#asked
    this.#heard = { text: '', tokens: 0 }
    return { kind: 'attempt-failed', decision, reason, message: messageOf(error), kept: this.#prompt !== this.#asked }
  }
}

function unfinished(peer: PeerId, { id }: Job): PeerbanditError {
  return new PeerbanditError('ERR_PROTOCOL', `${peer} ended the stream of job ${id} without saying that it was done`)
}

function jobFailed({ id }: Job, attempts: number, cause: unknown): PeerbanditError {
  const message = `job ${id} failed at ${attempts} attempts, the last time because ${messageOf(cause)}`
  return new PeerbanditError('ERR_JOB_FAILED', message, { cause })
}
