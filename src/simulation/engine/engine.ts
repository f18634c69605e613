import { checkNonNegative } from '../../core/check.ts'
import type { AbortOptions } from '../../core/abort.ts'
import type { Clock, Timers } from '../../core/clock.ts'
import { pcg32, seedFrom } from '../../core/rng.ts'
import type { LoadReport } from '../../job/outcome.ts'
import { EngineError } from '../../router/transport.ts'
import type { DoneEvent, Engine, InferenceEvent, InferenceRequest, TokensEvent } from '../../router/transport.ts'
import { EngineJob, type JobListener } from './engine-job.ts'
import { resolveEngineOptions, tokensPerSecondEach } from './engine-options.ts'
import type { BatchingEngineOptions, ResolvedBatchingEngineOptions } from './engine-options.ts'
import { SpeedMeter } from './engine-speed-meter.ts'
import { answerTokensOf, promptTokensOf } from './prompt.ts'

export interface EngineComponents {
  readonly clock: Clock
  readonly timers: Timers
}

/** A job that an engine has. */
interface StartedJob {
  /** All text that is due and was not taken yet, as one piece. */
  take(): TokensEvent | undefined
  /** What ends the job well. @throws EngineError when it failed */
  done(): DoneEvent
  /** Gives the job up, and its slot at once; its listener hears nothing more. Changes nothing when the job has ended. */
  stop(): void
}

/** An engine whose behaviour can be changed while it runs. */
export interface BatchingEngine extends Engine {
  /**
   * Starts a job at once; its listener is told of its text and its end in the moment of each. What `infer` is made of.
   * @throws EngineError when it is refused
   */
  start(request: InferenceRequest, listener: JobListener): StartedJob
  /** Multiplies all speeds from now on, ≥ 0; 0 stops all work without ending it. */
  setSpeedFactor(factor: number): void
  /** An engine that is not available refuses new jobs with an engine failure; those that it has go on. */
  setAvailable(available: boolean): void
  /** What is left of each job, in tokens produced: those that run, then those that wait, in order. No report has it. */
  backlog(): number[]
}

/** Shorter waits are below the resolution of a clock that counts milliseconds in a double. */
const SHORTEST_STEP_MS = 1e-3

class SharedGpu implements BatchingEngine {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #options: ResolvedBatchingEngineOptions
  readonly #startMs: number
  readonly #meter = new SpeedMeter()
  #running: EngineJob[] = []
  #queue: EngineJob[] = []
  /** Those whose listeners are to be told something. */
  #news: EngineJob[] = []
  #atMs: number
  #speedFactor = 1
  #available = true
  #anyTokens = false
  #cancelTimer: () => void = () => undefined
  /** Whether the two below hold from `#atMs` on: nothing has changed since they were planned. */
  #planned = false
  #tokensPerMs = 0
  #stepMs = 0

  constructor(components: EngineComponents, options: ResolvedBatchingEngineOptions) {
    this.#clock = components.clock
    this.#timers = components.timers
    this.#options = options
    this.#startMs = components.clock.now()
    this.#atMs = this.#startMs
  }

  async *infer(request: InferenceRequest, { signal }: AbortOptions = {}): AsyncGenerator<InferenceEvent, void, undefined> {
    signal?.throwIfAborted()
    let ended = false
    let wake: () => void = () => undefined
    const job = this.start(request, {
      text: () => {
        wake()
      },
      ended: () => {
        ended = true
        wake()
      }
    })
    const stop = () => {
      job.stop()
      wake()
    }
    signal?.addEventListener('abort', stop, { once: true })
    try {
      for (;;) {
        signal?.throwIfAborted()
        const piece = job.take()
        if (piece !== undefined) yield piece
        else if (ended) break
        else await new Promise<void>((resolve) => (wake = resolve))
      }
      yield job.done()
    } finally {
      signal?.removeEventListener('abort', stop)
      job.stop()
    }
  }

  start(request: InferenceRequest, listener: JobListener): StartedJob {
    const job = this.#admit(request, listener)
    return {
      take: () => job.take(),
      done: () => {
        if (job.fails) throw new EngineError('engine', `${this.#options.name} failed while it ran job ${request.jobId}`)
        return { kind: 'done', promptTokens: promptTokensOf(request), outputTokens: job.outputTokens, load: this.load() }
      },
      stop: () => {
        this.#remove(job)
      }
    }
  }

  load(): LoadReport {
    return {
      slots: this.#options.slots,
      running: this.#running.length,
      queued: this.#queue.length,
      tokensPerSecond: this.#anyTokens ? this.#meter.tokensPerSecond : 0
    }
  }

  setSpeedFactor(factor: number): void {
    checkNonNegative('speed factor', factor)
    this.#catchUp()
    this.#speedFactor = factor
    this.#goOn()
  }

  setAvailable(available: boolean): void {
    this.#available = available
  }

  backlog(): number[] {
    this.#catchUp()
    this.#tell()
    return [...this.#running, ...this.#queue].map((job) => job.remainingWork)
  }

  #admit(request: InferenceRequest, listener: JobListener): EngineJob {
    const { name, queueLimit, slots } = this.#options
    if (!this.#available) throw new EngineError('engine', `${name} is not available`)
    this.#catchUp()
    if (this.#running.length >= slots && this.#queue.length >= queueLimit) {
      this.#tell()
      throw new EngineError('overloaded', `${name} is full: ${slots} jobs running and ${queueLimit} waiting`)
    }
    const job = this.#plan(request, listener)
    this.#queue.push(job)
    this.#goOn()
    return job
  }

  #plan(request: InferenceRequest, listener: JobListener): EngineJob {
    const { frameMs, prefillTokensPerSecond, tokensPerSecond } = this.#options
    const outputTokens = answerTokensOf(request, this.#options.answerTokens)
    const prefillWork = (promptTokensOf(request) * tokensPerSecond) / prefillTokensPerSecond
    const failsAtWork = this.#failingShare(request.jobId) * (prefillWork + outputTokens)
    return new EngineJob({ prefillWork, outputTokens, failsAtWork, frameMs }, listener)
  }

  /** After which share of its work a job fails, 0–1; Infinity for one that does not. */
  #failingShare(jobId: string): number {
    const { failureRatio, name, seed } = this.#options
    if (failureRatio === 0) return Infinity
    const fate = pcg32(seedFrom(seed, name, jobId))
    return fate.next() < failureRatio ? fate.next() : Infinity
  }

  #remove(job: EngineJob): void {
    if (job.ended) return
    job.stopped = true
    this.#catchUp()
    this.#running = this.#running.filter((other) => other !== job)
    this.#queue = this.#queue.filter((other) => other !== job)
    this.#goOn()
  }

  #fillSlots(): void {
    while (this.#running.length < this.#options.slots) {
      const next = this.#queue.shift()
      if (next === undefined) break
      this.#running.push(next)
    }
  }

  /** Plans how fast each job goes from now on, and for how long: until a job's next event, or a frame, when the speed is read again. */
  #planStep(): void {
    const { frameMs, speed } = this.#options
    const factor = this.#speedFactor * checkNonNegative('speed', speed(this.#atMs - this.#startMs))
    const tokensPerMs = (tokensPerSecondEach(this.#options, this.#running.length) * factor) / 1000
    let stepMs = frameMs
    if (tokensPerMs > 0) {
      for (const job of this.#running) stepMs = Math.min(stepMs, job.nextEventMs(tokensPerMs, this.#atMs))
      stepMs = Math.max(stepMs, SHORTEST_STEP_MS)
    }
    this.#tokensPerMs = tokensPerMs
    this.#stepMs = stepMs
    this.#planned = true
  }

  /**
   * Does the work of the time since the last call, event by event: a job that ended on the way left its share to the others
   * from that moment on, however late the timer comes.
   */
  #catchUp(): void {
    const nowMs = this.#clock.now()
    while (this.#running.length > 0 && this.#atMs < nowMs) {
      if (!this.#planned) this.#planStep()
      this.#planned = false
      const toMs = Math.min(nowMs, this.#atMs + this.#stepMs)
      const elapsedMs = toMs - this.#atMs
      this.#atMs = toMs
      this.#meter.add(this.#tokensPerMs * elapsedMs, elapsedMs)
      this.#work(this.#tokensPerMs * elapsedMs)
    }
    this.#atMs = nowMs
  }

  /** Adds work to every job that runs. */
  #work(work: number): void {
    let ended = 0
    for (const job of this.#running) {
      if (job.progress(work, this.#atMs) && !this.#news.includes(job)) this.#news.push(job)
      this.#anyTokens ||= job.hasTokens
      if (job.ended) ended += 1
    }
    if (ended === 0) return
    this.#running = this.#running.filter((job) => !job.ended)
    this.#fillSlots()
  }

  #goOn(): void {
    this.#fillSlots()
    this.#cancelTimer()
    this.#planned = false
    if (this.#running.length > 0) {
      this.#planStep()
      this.#cancelTimer = this.#timers.after(this.#stepMs, this.#onTimer)
    }
    this.#tell()
  }

  readonly #onTimer = () => {
    this.#catchUp()
    this.#goOn()
  }

  /** Tells the listeners when all is up to date: they may look at the engine, start jobs and stop them. */
  #tell(): void {
    if (this.#news.length === 0) return
    const news = this.#news
    this.#news = []
    for (const job of news) if (!job.stopped) job.listener.text()
    for (const job of news) if (!job.stopped && job.ended) job.listener.ended()
  }
}

/**
 * A simulated GPU that decodes several jobs side by side (processor sharing): with n running, each gets
 * `tokensPerSecond / (1 + slowdown·(n − 1))`, and reads its prompt under the same slow-down. Jobs beyond the slots wait in
 * order of arrival; beyond the queue they are refused. A job starts when its iterable is first asked for an event, and leaves
 * its slot when the iterable ends, throws or is returned, or at once when the signal aborts. Text is filler.
 * @throws ERR_INVALID_OPTION; the iterables throw EngineError or the signal's reason
 */
export function batchingEngine(components: EngineComponents, options: BatchingEngineOptions): BatchingEngine {
  return new SharedGpu(components, resolveEngineOptions(options))
}
